import { afterEach, describe, expect, test, vi } from 'vitest'
import { type Clock, clockFrom, DAY, HOUR } from '../../../../test/helpers/clock.ts'
import { HUSH, tellsNothing } from '../../../../test/helpers/discretion.ts'
import { gate, settled } from '../../../../test/helpers/gate.ts'
import {
  COOKIE,
  discretion,
  NEWER_SECRET,
  type Person,
  SECRET,
  type Site,
  site,
  WITHOUT_SECRETS,
} from '../../../../test/helpers/site.ts'
import { type Watched, watched } from '../../../../test/helpers/watched.ts'
import { SessionError } from '../../../errors.ts'
import { type MemoryStore, memoryStore } from '../../../stores/memory.ts'
import type { SessionRecord, Store } from '../../../stores/store.ts'
import type { Engine } from '../../engine.ts'
import type { AdapterOptions } from '../../options/options.ts'
import type { Session } from '../../session/types.ts'

interface Shop extends Site {
  readonly watch: Watched
  readonly records: MemoryStore
}

function shop(options: Partial<AdapterOptions> & { without?: string[] } = {}, surroundings: Partial<Engine> = {}): Shop {
  const { without, ...rest } = options
  const clock = clockFrom()
  const records = memoryStore({ now: () => 0 }) // it forgets nothing by itself
  const watch = watched(records, without)
  return Object.assign(site({ clock, store: watch.store, ...rest }, surroundings), { watch, records })
}

/** The same sessions under other options: after a deployment. */
function redeployed({ clock, watch, records }: Shop, options: Partial<AdapterOptions>): Shop {
  return Object.assign(site({ clock, store: watch.store, ...options }), { watch, records })
}

/** The same browser, at another deployment. */
function moved(to: Site, from: Person): Person {
  const person = to.person()
  person.browser.plant(`${COOKIE}=${from.ticket}; Path=/; Secure; HttpOnly; Max-Age=34560000`)
  return person
}

const lines = (answer: Response) => answer.headers.getSetCookie()
const add = (n: unknown) => Number(n ?? 0) + 1
const down = () => {
  throw new Error('connection refused')
}

async function all(store: Store): Promise<Map<string, SessionRecord>> {
  const { keys } = (await store.list?.(undefined, 1000)) ?? { keys: [] }
  const found = await Promise.all(keys.map(async (key) => [key, (await store.read(key))?.record] as const))
  return new Map(found.flatMap(([key, record]) => (record ? [[key, record] as const] : [])))
}

/** Writes over a record, as somebody with access to the store could. */
async function forge(store: Store, key: string, change: (record: SessionRecord) => Partial<SessionRecord>): Promise<void> {
  const found = await store.read(key)
  if (!found) throw new Error('no such record')
  await store.update(key, { ...found.record, ...change(found.record) }, found.version)
}

async function guest(s: Site, values: Record<string, unknown> = { name: 'ada' }): Promise<Person> {
  const person = s.person()
  await person.does((session) => Object.assign(session.data, values))
  return person
}

describe('promise 3: nothing for nothing', () => {
  const cost = (s: Shop) => ({ reads: s.watch.reads, writes: s.watch.writes })

  test.each<[string, (person: Person) => Promise<Response>]>([
    ['asks for a page without a session', (person) => person.passes()],
    ['is looked at', (person) => person.asks((s) => s.get('a'))],
    [
      'is looked at in every way',
      (person) => person.asks((s) => [s.has('a'), s.keys(), s.entries(), s.flash('x'), s.owner, s.handle]),
    ],
    ['sets and deletes', (person) => person.asks((s) => [s.set('a', 1), s.delete('a')])],
    ['deletes what is not there', (person) => person.asks((s) => s.delete('a'))],
    ['is shown a flash value at once', (person) => person.asks((s) => [s.flash('a', 1), s.flash('a')])],
    ['takes a new id', (person) => person.asks((s) => s.regenerateId())],
    ['signs out', (person) => person.asks((s) => s.signOut({ keep: ['a'] }))],
    ['ends', (person) => person.asks((s) => [s.set('a', 1), s.destroy()])],
    ['signs in and out', (person) => person.asks((s) => [s.signIn('ada'), s.signOut()])],
  ])('a stranger who %s costs no read, no write and no cookie', async (_, visit) => {
    const s = shop()
    const answer = await visit(s.person())
    expect([cost(s), lines(answer), s.events]).toEqual([{ reads: 0, writes: 0 }, [], []])
  })

  test('a thousand strangers leave nothing', async () => {
    const s = shop()
    for (let i = 0; i < 1000; i++) expect(lines(await s.person().asks((session) => session.get('cart')))).toEqual([])
    expect([cost(s), (await all(s.records)).size]).toEqual([{ reads: 0, writes: 0 }, 0])
  })

  test.each<[string, (person: Person) => Promise<Response>, number]>([
    ['is not asked for', (person) => person.passes(), 0],
    ['is looked at', (person) => person.asks((s) => [s.entries(), s.flash('x')]), 1],
    ['is given what it has', (person) => person.asks((s) => [s.set('name', 'ada'), s.set('list', [1, { a: 2 }])]), 1],
    ['is changed and changed back', (person) => person.asks((s) => [s.set('name', 'eve'), s.set('name', 'ada')]), 1],
    [
      'is changed inside and back',
      (person) =>
        person.asks((s) => {
          const list = s.get('list') as unknown[]
          list.push(3)
          list.pop()
        }),
      1,
    ],
    ['is added to and taken from', (person) => person.asks((s) => [s.set('x', 1), s.delete('x')]), 1],
    ['is asked for by three', (person) => person.asks(async (s, request) => [s, request]), 1],
  ])('a session that %s costs what it must', async (_, visit, reads) => {
    const s = shop()
    const ada = await guest(s, { name: 'ada', list: [1, { a: 2 }] })
    s.watch.forget()
    const answer = await visit(ada)
    expect([cost(s), lines(answer)]).toEqual([{ reads, writes: 0 }, []])
  })

  test('a forged ticket costs no read; without secrets it costs one', async () => {
    const ticket = Buffer.alloc(24, 7).toString('base64url')
    for (const [options, reads] of [
      [{}, 0],
      [WITHOUT_SECRETS, 1],
    ] as const) {
      const s = shop(options as Partial<AdapterOptions>)
      const person = s.person()
      person.browser.plant(`${COOKIE}=${ticket}; Path=/; Secure; HttpOnly`)
      expect(await person.does((session) => session.isNew)).toBe(true)
      expect([cost(s), s.refusals.length]).toEqual([{ reads, writes: 0 }, 1])
    }
  })

  test('one change costs one read and one write, however many keys it has', async () => {
    const s = shop()
    const ada = await guest(s)
    s.watch.forget()
    await ada.does((session) => {
      for (let i = 0; i < 20; i++) session.set(`key${i}`, i)
      session.flash('notice', 1)
    })
    expect(s.watch.calls).toEqual(['read', 'update'])
    s.watch.forget()
    await s.person().does((session) => session.set('a', 1))
    expect(s.watch.calls).toEqual(['create'])
    s.watch.forget()
    s.clock.advance(HOUR)
    await ada.does((session) => session.destroy())
    expect(s.watch.calls).toEqual(['read', 'delete'])
  })

  test('V11: an end soon after the beginning leaves a mark for a while, so that a creation carried out once more brings nothing back', async () => {
    const s = shop()
    const ada = await guest(s)
    const [[key, record]] = [...(await all(s.records))] as [[string, SessionRecord]]
    s.watch.forget()
    await ada.does((session) => session.destroy())
    expect(s.watch.calls).toEqual(['read', 'update'])
    expect(await s.records.create(key, record), 'by a client that sends it again').toBe(undefined)
    expect(await ada.thief().does((session) => session.isNew)).toBe(true)
    s.clock.advance(HOUR)
    expect(await s.sessions.prune()).toBe(1)
  })
})

describe('promise 5: both timeouts', () => {
  test('a visitor who stays away as long as the idle timeout is a stranger, whatever the browser still sends', async () => {
    const s = shop({ idleTimeout: HOUR, absoluteTimeout: DAY })
    const ada = await guest(s)
    s.clock.advance(HOUR - 0.001)
    expect(await ada.does((session) => session.get('name'))).toBe('ada')
    s.clock.advance(HOUR)
    expect(ada.ticket, 'the browser keeps the cookie as long as the session could have lived').toBeDefined()
    expect(await ada.does((session) => [session.isNew, session.get('name')])).toEqual([true, undefined])
    expect(s.refusals).toEqual(['idle-expired'])
  })

  test('a visitor who comes often slides at most once in half the idle window, and only by touch', async () => {
    const s = shop({ idleTimeout: HOUR, absoluteTimeout: DAY })
    const ada = await guest(s)
    const { ticket } = ada
    s.watch.forget()
    let visits = 0
    for (; await ada.does((session) => session.get('name') !== undefined); visits++) {
      expect(s.watch.calls).toEqual(expect.not.arrayContaining(['update', 'create', 'delete']))
      s.clock.advance(60)
    }
    expect(visits, 'until the absolute end, to the minute').toBe(DAY / 60)
    expect(s.watch.writes).toBeLessThanOrEqual((DAY / HOUR) * 2)
    expect(s.watch.writes).toBeGreaterThan(DAY / HOUR)
    await s.person().does((session) => session.get('name'), { headers: { cookie: `${COOKIE}=${ticket}` } })
    expect(s.refusals, 'the browser has dropped it, a thief has not').toEqual(['absolute-expired'])
  })

  test('a store without touch is slid by update, which keeps everything', async () => {
    const s = shop({ idleTimeout: HOUR, absoluteTimeout: DAY, without: ['touch'] })
    const ada = await guest(s)
    s.watch.forget()
    for (let i = 0; i < 40; i++) {
      s.clock.advance(HOUR / 4)
      expect(await ada.does((session) => session.get('name'))).toBe('ada')
    }
    expect(s.watch.calls.filter((call) => call === 'update')).toHaveLength(20)
  })

  test('a change slides as well, and no touch follows it', async () => {
    const s = shop({ idleTimeout: HOUR, absoluteTimeout: DAY })
    const ada = await guest(s)
    s.clock.advance(HOUR * 0.9)
    s.watch.forget()
    await ada.does((session) => session.set('a', 1))
    expect(s.watch.calls).toEqual(['read', 'update'])
    s.clock.advance(HOUR * 0.9)
    expect(await ada.does((session) => session.get('a'))).toBe(1)
  })

  test('a page that never asks for the session does not prolong it', async () => {
    const s = shop({ idleTimeout: HOUR, absoluteTimeout: DAY })
    const ada = await guest(s)
    s.clock.advance(HOUR * 0.7)
    await ada.passes()
    s.clock.advance(HOUR * 0.7)
    expect(await ada.does((session) => session.isNew)).toBe(true)
  })

  test('what has expired is refused by the engine; it is removed before another session begins, and does not come back', async () => {
    const s = shop({ idleTimeout: HOUR, absoluteTimeout: DAY })
    const ada = await guest(s)
    const thief = ada.thief()
    s.clock.advance(2 * HOUR)
    s.watch.forget()
    await ada.does((session) => session.set('name', 'again'))
    expect(s.watch.calls).toEqual(['read', 'delete', 'create'])
    expect(await thief.does((session) => session.isNew)).toBe(true)
    expect((await all(s.records)).size).toBe(1)
    expect(await ada.does((session) => session.get('name'))).toBe('again')
  })

  test('nothing prolongs a session past its absolute end but a sign-in: no change, no new id', async () => {
    const s = shop({ idleTimeout: DAY, absoluteTimeout: DAY })
    const ada = await guest(s)
    s.clock.advance(DAY / 2)
    await ada.does((session) => session.regenerateId())
    await ada.does((session) => session.set('a', 1))
    s.clock.advance(DAY / 2)
    expect(await ada.does((session) => session.isNew)).toBe(true)

    const eve = await guest(s)
    s.clock.advance(DAY / 2)
    await eve.does((session) => session.signIn('eve'))
    s.clock.advance(DAY * 0.9)
    expect(await eve.does((session) => session.owner)).toBe('eve')
  })

  test('a slide that comes too late against a change gives way', async () => {
    const s = shop({ idleTimeout: HOUR, absoluteTimeout: DAY, without: ['touch'] })
    const ada = await guest(s, { n: 1 })
    s.clock.advance(HOUR * 0.9)
    const barrier = gate()
    let first = true
    s.watch.before = (call) => {
      if (call !== 'update' || !first) return undefined
      first = false
      return barrier.pass()
    }
    const reading = ada.begins((session) => session.get('n'))
    await barrier.reached
    const other = redeployed(s, {})
    await moved(other, ada).does((session) => session.set('n', 2))
    barrier.open()
    expect((await reading).value).toBe(1)
    expect(await ada.does((session) => session.get('n'))).toBe(2)
  })
})

describe('promise 9: nothing useful in a stolen store', () => {
  test('keys and owners are digests, and no id is anywhere', async () => {
    const s = shop()
    const ada = await guest(s)
    const before = ada.ticket ?? ''
    await ada.does((session) => session.signIn('ada@app.test'))
    const now = ada.ticket ?? ''
    const records = await all(s.records)
    expect(records.size, 'the pointer and the session').toBe(2)
    const text = JSON.stringify([...records])
    for (const ticket of [before, now]) {
      const id = Buffer.from(ticket, 'base64url').subarray(21).toString('base64url')
      expect(id.length).toBe(32)
      expect(text).not.toContain(ticket)
      expect(text).not.toContain(id)
      expect(text).not.toContain(Buffer.from(id, 'base64url').toString('hex'))
    }
    for (const [key, record] of records) {
      expect(key).toMatch(/^[0-9a-f]{64}$/)
      expect(record.owner ?? 'f'.repeat(64)).toMatch(/^[0-9a-f]{64}$/)
    }
  })

  test('nothing in it opens a session: not a key, not the handle, not what is written in a record', async () => {
    for (const options of [{}, WITHOUT_SECRETS]) {
      const s = shop(options)
      const ada = await guest(s)
      await ada.does((session) => session.signIn('ada'))
      const words = JSON.stringify([...(await all(s.records))]).match(/[\w-]{16,}/g) ?? []
      const keys = [...(await all(s.records)).keys()]
      const bytes = keys.map((key) => Buffer.from(key, 'hex').toString('base64url'))
      const tries = [...words, ...keys, ...bytes, ...bytes.map((text) => text.slice(0, 32))]
      expect(tries.length).toBeGreaterThan(5)
      for (const text of tries) {
        const thief = s.person()
        thief.browser.plant(`${COOKIE}=${text}; Path=/; Secure; HttpOnly`)
        expect(await thief.does((session) => session.isNew), text).toBe(true)
      }
    }
  })

  test('with encryptRecords no value, no flash value and no owner can be read there', async () => {
    const s = shop({ encryptRecords: true })
    const ada = s.person()
    await ada.does((session) => {
      session.set('note', `${HUSH} one`)
      session.flash('notice', `${HUSH} two`)
      session.signIn(`${HUSH}@app.test`)
    })
    await ada.does((session) => session.update('note', (note) => `${note}, three`))
    expect(JSON.stringify([...(await all(s.records))])).not.toContain(HUSH)
    expect(await ada.does((session) => [session.get('note'), session.flash('notice'), session.owner])).toEqual([
      `${HUSH} one, three`,
      `${HUSH} two`,
      `${HUSH}@app.test`,
    ])
  })

  test.each<[string, Partial<AdapterOptions>]>([
    ['in the clear', {}],
    ['sealed', { encryptRecords: true }],
  ])('a record (%s) that was copied under another key opens nobody’s session', async (_, options) => {
    const s = shop(options)
    const ada = await guest(s, { name: 'ada' })
    const eve = await guest(s, { name: 'eve' })
    const [victim, attacker] = await Promise.all([ada, eve].map((person) => person.does((session) => session.handle as string)))
    const stolen = (await s.records.read(victim ?? ''))?.record
    await forge(s.records, attacker ?? '', () => ({ data: stolen?.data ?? '' }))
    s.events.length = 0
    expect(await eve.does((session) => [session.isNew, session.get('name')])).toEqual([true, undefined])
    expect(s.refusals).toEqual([options.encryptRecords ? 'forged' : 'corrupt'])
  })

  test.each<[string, (record: SessionRecord) => Partial<SessionRecord>]>([
    ['another owner', () => ({ owner: 'f'.repeat(64) })],
    ['an earlier beginning', (record) => ({ createdAt: record.createdAt - 1 })],
    ['a later end', (record) => ({ endsAt: record.endsAt + 1 })],
    ['a changed letter', ({ data }) => ({ data: `${data.slice(0, 80)}${data[80] === 'A' ? 'B' : 'A'}${data.slice(81)}` })],
    ['a part of it', ({ data }) => ({ data: data.slice(0, -4) })],
    ['a record in the clear', () => ({ data: '{"format":1,"writes":[],"data":{}}' })],
  ])('a sealed record with %s is refused', async (_, change) => {
    const s = shop({ encryptRecords: true })
    const ada = await guest(s)
    const key = await ada.does((session) => session.handle as string)
    const found = await s.records.read(key)
    if (!found) throw new Error('no record')
    const read = s.watch.store.read.bind(s.watch.store)
    const forged = { ...found, record: { ...found.record, ...change(found.record) } }
    const proxy = site({
      clock: s.clock,
      encryptRecords: true,
      store: { ...s.records, read: async (at) => (at === key ? forged : read(at)) },
    })
    expect(await moved(proxy, ada).does((session) => [session.isNew, session.get('name')])).toEqual([true, undefined])
    expect(['forged', 'malformed', 'corrupt', 'unknown-version', 'unknown-key']).toContain(proxy.refusals[0])
  })
})

describe('promise 6: a record that cannot be read', () => {
  test.each<[string, (record: SessionRecord) => Partial<SessionRecord>, string]>([
    ['no JSON', () => ({ data: 'not json' }), 'malformed'],
    ['cut short', ({ data }) => ({ data: data.slice(0, -5) }), 'corrupt'],
    ['of another format', () => ({ data: '{"v":1,"data":{"__proto__":{"admin":true}}}' }), 'corrupt'],
    ['of a newer release', ({ data }) => ({ data: data.replace('"format":1', '"format":2') }), 'unknown-version'],
    ['without its own key', ({ data }) => ({ data: data.replace(/"key":"[0-9a-f]{4}/, '"key":"0000') }), 'corrupt'],
    ['empty', () => ({ data: '' }), 'malformed'],
    ['with an idle end that is a date', () => ({ expiresAt: '2030-01-01' as unknown as number }), 'corrupt'],
    ['with an idle end in seconds', ({ expiresAt }) => ({ expiresAt: Math.round(expiresAt / 1000) }), 'idle-expired'],
    ['with an idle end past its end', ({ endsAt }) => ({ expiresAt: endsAt + 1 }), 'corrupt'],
  ])('%s: the visitor is a stranger, somebody is told, and the record stays as it is', async (_, change, reason) => {
    const s = shop()
    const ada = await guest(s)
    const key = await ada.does((session) => session.handle as string)
    await forge(s.records, key, change)
    const before = await s.records.read(key)
    s.watch.forget()
    s.events.length = 0
    const answer = await ada.asks((session) => Response.json([session.isNew, session.entries()]))
    expect(await answer.json()).toEqual([true, []])
    expect([lines(answer), s.watch.calls, s.events]).toEqual([[], ['read'], [{ type: 'refused', reason, handle: key }]])
    expect(({} as { admin?: unknown }).admin).toBeUndefined()
    expect(await s.records.read(key)).toEqual(before)
  })

  test('is left as it is when its visitor begins another session, unless it is of a newer release: then none begins', async () => {
    for (const [from, to, begins] of [
      ['"format":1', '"format":0', true],
      ['"format":1', '"format":2', false],
    ] as const) {
      const s = shop()
      const ada = await guest(s)
      const { ticket } = ada
      const key = await ada.does((session) => session.handle as string)
      await forge(s.records, key, ({ data }) => ({ data: data.replace(from, to) }))
      const before = await s.records.read(key)
      const setting = ada.does((session) => session.set('name', 'new'))
      if (begins) await setting
      else
        await expect(setting).rejects.toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining('unknown-version') })
      expect(await s.records.read(key)).toEqual(before)
      expect(ada.ticket === ticket).toBe(!begins)
      expect(await ada.does((session) => [session.readOnly, session.get('name')])).toEqual(
        begins ? [false, 'new'] : [true, undefined],
      )
    }
  })

  test('a value that cannot be decoded is absent, by itself, and somebody is told its key', async () => {
    const s = shop()
    const ada = await guest(s, { bad: new Date(0), good: 1 })
    const key = await ada.does((session) => session.handle as string)
    await forge(s.records, key, ({ data }) => ({ data: data.replace(/"bad":\{"r":[^}]*\}/, '"bad":{"r":[["Person",1],"x"]}') }))
    s.events.length = 0
    expect(await ada.does((session) => [session.get('bad'), session.has('bad'), session.get('good')])).toEqual([
      undefined,
      false,
      1,
    ])
    expect(s.events).toContainEqual({ type: 'unreadable-value', key: 'bad', handle: key })
  })

  test('one that becomes unreadable while a request is under way fails that request, and is not written over', async () => {
    const s = shop()
    const ada = await guest(s)
    const key = await ada.does((session) => session.handle as string)
    await expect(
      ada.does(async (session) => {
        session.set('name', 'eve')
        await forge(s.records, key, ({ data }) => ({ data: data.replace('"format":1', '"format":2') }))
      }),
    ).rejects.toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining('unknown-version') })
    expect((await s.records.read(key))?.record.data).toContain('"format":2')
  })

  test('because its store found it damaged concerns that visitor only, who goes on with a fresh session', async () => {
    const s = shop()
    const [ada, eve] = [await guest(s), await guest(s, { name: 'eve' })]
    const key = await ada.does((session) => session.handle as string)
    const damaged = new SessionError('DAMAGED_RECORD', 'The file is torn.')
    s.watch.before = (_, at) => {
      if (at === key) throw damaged
    }
    s.events.length = 0
    expect(await ada.does((session) => session.isNew)).toBe(true)
    expect(s.events).toEqual([{ type: 'refused', reason: 'corrupt', handle: key, error: damaged }])
    await ada.does((session) => session.set('name', 'new'))
    expect(await ada.does((session) => session.get('name'))).toBe('new')
    expect(await eve.does((session) => session.get('name'))).toBe('eve')
  })

  test('because it was damaged while a request was under way fails that request', async () => {
    const s = shop()
    const ada = await guest(s)
    await expect(
      ada.does((session) => {
        session.set('name', 'eve')
        s.watch.before = (call) => {
          if (call !== 'create') throw new SessionError('DAMAGED_RECORD', 'The file is torn.')
        }
      }),
    ).rejects.toMatchObject({ code: 'DAMAGED_RECORD' })
  })

  test('whatever a store answers, a visitor’s request does not fail with anything but a SessionError', async () => {
    const s = shop()
    const ada = await guest(s)
    const odd: unknown[] = [
      {},
      { record: null, version: 'v' },
      { record: {}, version: 'v' },
      { record: { data: 7 }, version: 'v' },
      7,
      'x',
    ]
    for (const answer of odd) {
      const other = site({ clock: s.clock, store: { ...s.records, read: async () => answer as never } })
      const person = moved(other, ada)
      const error = await person.does((session) => session.isNew).catch((failure: unknown) => failure)
      expect(error === true || (error as { code?: string }).code === 'STORE_FAILED', `${JSON.stringify(answer)} → ${error}`).toBe(
        true,
      )
    }
  })
})

describe('promise 7: a broken store', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  test.each<[string, (person: Person) => Promise<unknown>, boolean]>([
    ['read', (person) => person.does((session) => session.get('name')), false],
    ['update', (person) => person.does((session) => session.set('name', 'eve')), false],
    ['delete', (person) => person.does((session) => session.destroy()), true],
    ['update', (person) => person.does((session) => session.destroy()), false],
    ['create', (person) => person.does((session) => session.signIn('ada')), false],
    ['update', (person) => person.does((session) => session.regenerateId()), false],
    ['touch', (person) => person.does((session) => session.get('name')), true],
  ])('that fails at %s is loud, and logs nobody out', async (call, act, late) => {
    const s = shop()
    const ada = await guest(s)
    const { ticket } = ada
    if (late) s.clock.advance(4 * DAY)
    s.watch.before = (which) => (which === call ? down() : undefined)
    await expect(act(ada)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining(`"${call}"`),
      cause: expect.objectContaining({ message: 'connection refused' }),
    })
    expect(ada.ticket).toBe(ticket)
    s.watch.before = () => {}
    expect(await ada.does((session) => session.get('name'))).toBe('ada')
  })

  test('that throws nothing, or throws at once, is told the same way', async () => {
    const s = shop()
    const ada = await guest(s)
    for (const read of [
      () => {
        throw undefined
      },
      () => Promise.reject(null),
      () => {
        throw new TypeError('not async')
      },
    ]) {
      const broken = site({ clock: s.clock, store: { ...s.records, read } })
      await expect(moved(broken, ada).does((session) => session.get('name'))).rejects.toMatchObject({ code: 'STORE_FAILED' })
    }
  })

  test('whose own error has a code keeps it', async () => {
    const records = memoryStore({ maxSessions: 1 })
    const s = site({ store: records })
    await s.person().does((session) => session.signIn('ada'))
    await expect(s.person().does((session) => session.signIn('eve'))).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('memory store is full'),
    })
  })

  test.each(['read', 'update', 'delete', 'create'])('that does not answer "%s" within two seconds is down', async (call) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const s = shop()
    const ada = await guest(s)
    const { ticket } = ada
    s.clock.advance(HOUR) // an end of a new session would not be a delete
    const barrier = gate()
    s.watch.before = (which) => (which === call ? barrier.pass() : undefined)
    const acts: Record<string, (person: Person) => Promise<unknown>> = {
      read: (person) => person.does((session) => session.get('name')),
      update: (person) => person.does((session) => session.set('name', 'eve')),
      delete: (person) => person.does((session) => session.destroy()),
      create: (person) => person.does((session) => session.signIn('ada')),
    }
    const visit = acts[call]?.(ada).catch((error: unknown) => error)
    await barrier.reached
    await vi.advanceTimersByTimeAsync(1999)
    const early = await Promise.race([visit, Promise.resolve('still waiting')])
    expect(early).toBe('still waiting')
    await vi.advanceTimersByTimeAsync(1)
    expect(await visit).toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringMatching(new RegExp(`"${call}" within 2 seconds`)),
    })
    expect(ada.ticket).toBe(ticket)
    barrier.open()
    await settled()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('leaves no timer behind when it answers', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const s = shop({ storeTimeout: 600 })
    const ada = await guest(s)
    await ada.does((session) => session.regenerateId())
    s.watch.before = down
    await expect(ada.does((session) => session.get('name'))).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect(vi.getTimerCount()).toBe(0)
  })

  test('whose write arrives after all has written it, and nothing is lost for it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const s = shop()
    const ada = await guest(s, { n: 1 })
    const barrier = gate()
    s.watch.before = (call) => (call === 'update' ? barrier.pass() : undefined)
    const visit = ada.does((session) => session.update('n', add)).catch((error: unknown) => error)
    await barrier.reached
    await vi.advanceTimersByTimeAsync(2000)
    expect(await visit).toMatchObject({ code: 'STORE_FAILED', fix: expect.stringContaining('may or may not') })
    s.watch.before = () => {}
    barrier.open()
    await settled()
    expect(await ada.does((session) => session.update('n', add))).toBe(3)
    expect(await ada.does((session) => session.get('n'))).toBe(3)
  })
})

describe('promise 10: secrets rotate', () => {
  const rotating = { secrets: [NEWER_SECRET, SECRET] }
  const rotated = { secrets: NEWER_SECRET }

  test('without a logout: a ticket of the old secret is read without a word, and renewed with the next change', async () => {
    const before = shop()
    const ada = await guest(before)
    const during = redeployed(before, rotating)
    const visitor = moved(during, ada)
    const old = visitor.ticket
    during.watch.forget()
    const reading = await visitor.asks((session) => session.get('name'))
    expect([lines(reading), during.watch.calls, during.refusals]).toEqual([[], ['read'], []])
    const writing = await visitor.asks((session) => session.set('a', 1))
    expect(lines(writing)).toHaveLength(1)
    expect(visitor.ticket).not.toBe(old)
    expect(lines(await visitor.asks((session) => session.set('a', 2))), 'once').toEqual([])
    const after = redeployed(before, rotated)
    expect(await moved(after, visitor).does((session) => [session.get('name'), session.get('a')])).toEqual(['ada', 2])
    expect((await all(before.records)).size, 'it is the same session').toBe(1)
  })

  test('a slide renews the ticket as well', async () => {
    const before = shop()
    const ada = await guest(before)
    const visitor = moved(redeployed(before, rotating), ada)
    before.clock.advance(4 * DAY)
    expect(lines(await visitor.asks((session) => session.get('name')))).toHaveLength(1)
    expect(await moved(redeployed(before, rotated), visitor).does((session) => session.get('name'))).toBe('ada')
  })

  test('dropping one kills exactly its tickets', async () => {
    const before = shop()
    const [ada, eve] = [await guest(before, { name: 'ada' }), await guest(before, { name: 'eve' })]
    const during = redeployed(before, rotating)
    const renewed = moved(during, ada)
    await renewed.does((session) => session.set('a', 1))
    const fresh = await guest(during, { name: 'kay' })
    const after = redeployed(before, rotated)
    after.watch.forget()
    expect(await moved(after, eve).does((session) => session.isNew)).toBe(true)
    expect([after.refusals, after.watch.calls], 'refused before anything is read').toEqual([['unknown-key'], []])
    expect(await moved(after, renewed).does((session) => session.get('name'))).toBe('ada')
    expect(await moved(after, fresh).does((session) => session.get('name'))).toBe('kay')
  })

  test('new tickets are of the newest secret from the first moment', async () => {
    const during = shop(rotating)
    const ada = await guest(during)
    expect(await moved(redeployed(during, rotated), ada).does((session) => session.get('name'))).toBe('ada')
    expect(await moved(redeployed(during, { secrets: SECRET }), ada).does((session) => session.isNew)).toBe(true)
  })

  test.each<[string, (visitor: Person, clock: Clock) => Promise<unknown>]>([
    ['a change', (visitor) => visitor.does((session) => session.set('a', 1))],
    [
      'a slide',
      (visitor, clock) => {
        clock.advance(4 * DAY)
        return visitor.does((session) => session.get('name'))
      },
    ],
    ['a new id', (visitor) => visitor.does((session) => session.regenerateId())],
  ])('a sealed record of the old secret is sealed anew by %s', async (_, act) => {
    const before = shop({ encryptRecords: true })
    const ada = await guest(before)
    const during = redeployed(before, { ...rotating, encryptRecords: true })
    const visitor = moved(during, ada)
    expect(await visitor.does((session) => session.get('name'))).toBe('ada')
    await act(visitor, before.clock)
    const after = redeployed(before, { ...rotated, encryptRecords: true })
    expect(await moved(after, visitor).does((session) => session.get('name'))).toBe('ada')
  })

  test('a sealed record of an unknown secret is neither changed nor removed', async () => {
    const before = shop({ encryptRecords: true })
    const ada = await guest(before)
    const key = await ada.does((session) => session.handle as string)
    const record = await before.records.read(key)
    const during = redeployed(before, { ...rotating, encryptRecords: true })
    // The ticket is renewed without touching the record: two halves of one site, one of which does not seal records anew.
    const visitor = moved(during, ada)
    const after = redeployed(before, { ...rotated, encryptRecords: true })
    for (const act of [(session: Session) => session.set('name', 'eve'), (session: Session) => session.destroy()]) {
      await expect(moved(after, visitor).does(act)).rejects.toMatchObject({ code: 'KEY_UNKNOWN' })
    }
    expect(await before.records.read(key)).toEqual(record)
    after.clock.advance(HOUR) // no roll-out takes as long: the secret was dropped
    await moved(after, visitor).does((session) => session.set('name', 'eve'))
    expect(await before.records.read(key)).toEqual(record)
    expect(await moved(redeployed(before, { encryptRecords: true }), ada).does((session) => session.get('name'))).toBe('ada')
  })
})

test('V8: a client resends the write that leads on, is refused, and then nothing can be read: the error says that neither ticket may be good', async () => {
  const records = memoryStore()
  let isResending = false
  const store: Store = {
    ...records,
    async read(key) {
      if (isResending) down()
      return records.read(key)
    },
    async update(key, record, version) {
      const first = await records.update(key, record, version)
      return isResending ? records.update(key, record, version) : first
    },
  }
  const s = shop({ store })
  const ada = await guest(s)
  const renewed = ada.does((session) => {
    isResending = true
    session.regenerateId()
  })
  await expect(renewed).rejects.toThrow('not known whether the old ticket or the new one is good')
})

test('V6: a sign-in that joins another, and cannot read its new id for want of the secret, is told so and stores nothing', async () => {
  const before = shop()
  const after = redeployed(before, { secrets: [NEWER_SECRET, SECRET] })
  const ada = await guest(before)
  const otherTab = moved(after, ada)
  const late = ada.does(async (session) => {
    await otherTab.does((other) => other.signIn('ada'))
    session.signIn('ada')
    session.set('tab', 1)
  })
  await expect(late).rejects.toMatchObject({ code: 'KEY_UNKNOWN' })
  expect(await otherTab.does((session) => [session.owner, session.get('tab')])).toEqual(['ada', undefined])
})

describe('secrets that come later', () => {
  const none = WITHOUT_SECRETS

  test('refuse tickets without a MAC before anything is read, unless they are to be taken', async () => {
    const before = shop(none)
    const ada = await guest(before)
    expect(ada.ticket).toMatch(/^[\w-]{32}$/)
    const strict = redeployed(before, {})
    strict.watch.forget()
    expect(await moved(strict, ada).does((session) => session.isNew)).toBe(true)
    expect([strict.refusals, strict.watch.calls]).toEqual([['forged'], []])

    const lenient = redeployed(before, { acceptUnsigned: true })
    const visitor = moved(lenient, ada)
    expect(lines(await visitor.asks((session) => session.get('name')))).toEqual([])
    expect(lines(await visitor.asks((session) => session.set('a', 1)))).toHaveLength(1)
    expect(await moved(redeployed(before, {}), visitor).does((session) => session.get('name'))).toBe('ada')
  })

  test('and records to be sealed: those in the clear are taken only when they are to be, and sealed with the next change', async () => {
    const before = shop()
    const ada = await guest(before, { name: HUSH })
    const strict = redeployed(before, { encryptRecords: true })
    expect(await moved(strict, ada).does((session) => session.isNew)).toBe(true)
    expect(strict.refusals).toEqual(['corrupt'])
    const lenient = redeployed(before, { encryptRecords: true, acceptUnsigned: true })
    await moved(lenient, ada).does((session) => session.set('a', 1))
    expect(JSON.stringify([...(await all(before.records))])).not.toContain(HUSH)
    expect(await moved(strict, ada).does((session) => session.get('name'))).toBe(HUSH)
  })

  test('and go again: a signed ticket is none without secrets', async () => {
    const before = shop()
    const ada = await guest(before)
    const after = redeployed(before, none)
    after.watch.forget()
    expect(await moved(after, ada).does((session) => session.isNew)).toBe(true)
    expect([after.refusals, after.watch.calls]).toEqual([['malformed'], []])
  })

  test('a sealed ticket is none where sessions are stored, nor the other way round', async () => {
    const sealed = site()
    const ada = await guest(sealed)
    const s = shop()
    const eve = await guest(s)
    s.watch.forget()
    expect(await moved(s, ada).does((session) => session.isNew)).toBe(true)
    expect(s.watch.calls).toEqual([])
    expect(await moved(sealed, eve).does((session) => session.isNew)).toBe(true)
  })

  test('a ticket of one cookie is none in another', async () => {
    const s = shop()
    const ada = await guest(s)
    const other = redeployed(s, { cookie: { name: '__Host-other' } })
    other.watch.forget()
    const person = other.person()
    person.browser.plant(`__Host-other=${ada.ticket}; Path=/; Secure; HttpOnly`)
    expect(await person.does((session) => session.isNew)).toBe(true)
    expect([other.refusals, other.watch.calls]).toEqual([['forged'], []])
  })
})

describe('promise 14: a record that is too large', () => {
  const limited = (maxBytes: number, options: Partial<AdapterOptions> = {}) => {
    const records = memoryStore()
    const watch = watched({ ...records, maxBytes })
    return { s: site({ store: watch.store, ...options }), watch, records }
  }

  test('is refused before anything is sent to the store, naming the largest values', async () => {
    const { s, watch } = limited(1512)
    const ada = await guest(s)
    watch.forget()
    await expect(
      ada.does((session) => {
        session.set('big', 'x'.repeat(2000))
        session.set('small', 1)
      }),
    ).rejects.toMatchObject({
      code: 'RECORD_TOO_LARGE',
      message: expect.stringMatching(/488 bytes .*takes 1512.*"big" \(2002 characters\)/),
    })
    expect(watch.calls).toEqual(['read'])
    expect(await ada.does((session) => session.keys())).toEqual(['name'])
    watch.forget()
    await expect(s.person().does((session) => session.set('big', 'x'.repeat(2000)))).rejects.toMatchObject({
      code: 'RECORD_TOO_LARGE',
    })
    expect(watch.calls).toEqual([])
  })

  test.each<[string, Partial<AdapterOptions>]>([
    ['in the clear', {}],
    ['sealed', { encryptRecords: true }],
  ])('is measured in bytes of what is stored (%s): the limit fits, one byte more does not', async (_, options) => {
    const letters = 'é'.repeat(300)
    const { s, records } = limited(10_000, options)
    await s.person().does((session) => session.set('text', letters))
    const [record] = (await all(records)).values()
    const size = Buffer.byteLength(record?.data ?? '') + 1024 // kept free for a new id
    await limited(size, options)
      .s.person()
      .does((session) => session.set('text', letters))
    await expect(
      limited(size - 1, options)
        .s.person()
        .does((session) => session.set('text', letters)),
    ).rejects.toMatchObject({
      code: 'RECORD_TOO_LARGE',
    })
  })

  test.each<[string, Partial<AdapterOptions>]>([
    ['in the clear', {}],
    ['sealed', { encryptRecords: true }],
  ])('is none that leads to a new id, whatever is noted (%s)', async (_, options) => {
    const { s, records } = limited(4000, options)
    const ada = s.person()
    let length = 3000
    const fill = () => ada.does((session) => session.set('text', 'x'.repeat(length)))
    while (await fill().catch((error: { code: string }) => error.code === 'RECORD_TOO_LARGE')) length--
    await ada.does((session) => session.set('text', 'x'.repeat(length - 100))) // the new record holds a write more
    await ada.does((session) => session.regenerateId({ note: 'é'.repeat(127) }))
    const sizes = [...(await all(records)).values()].map(({ data }) => Buffer.byteLength(data))
    expect(sizes).toHaveLength(2)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4000)
  })

  test('fails alone among those written together with it', async () => {
    const { s, watch } = limited(2012)
    const ada = await guest(s)
    const barrier = gate()
    let first = true
    watch.before = (call) => {
      if (call !== 'update' || !first) return undefined
      first = false
      return barrier.pass()
    }
    const visits = ['a', 'b', 'c', 'd'].map((key) =>
      ada
        .begins((session) => session.set(key, key === 'c' ? 'x'.repeat(3000) : key))
        .catch((error: { code: string }) => error.code),
    )
    await barrier.reached
    await settled()
    barrier.open()
    const results = await Promise.all(visits)
    expect(results.map((result) => (typeof result === 'string' ? result : 'stored'))).toEqual([
      'stored',
      'stored',
      'RECORD_TOO_LARGE',
      'stored',
    ])
    expect(await ada.does((session) => session.keys())).toEqual(['name', 'a', 'b', 'd'])
  })

  test('has a limit of its own where the store has none', async () => {
    await expect(
      shop()
        .person()
        .does((session) => session.set('big', 'x'.repeat(5 * 1024 * 1024))),
    ).rejects.toMatchObject({ code: 'RECORD_TOO_LARGE' })
    const fits = shop().person()
    await fits.does((session) => session.set('big', 'x'.repeat(4_000_000)))
    expect(await fits.does((session) => (session.get('big') as string).length)).toBe(4_000_000)
  })
})

describe('promise 1: no lost update', () => {
  test('64 requests at once in one process: each counts, in a handful of writes', async () => {
    const s = shop()
    const ada = await guest(s, { n: 0 })
    s.watch.forget()
    const barrier = gate()
    let first = true
    s.watch.before = (call) => {
      if (call !== 'update' || !first) return undefined
      first = false
      return barrier.pass()
    }
    const visits = Promise.all(
      Array.from({ length: 64 }, (_, i) =>
        ada.begins((session) => {
          session.update('n', add)
          session.set(`key${i}`, i)
        }),
      ),
    )
    await barrier.reached
    await settled()
    barrier.open()
    await visits
    expect(s.watch.writes).toBeLessThanOrEqual(3)
    expect(s.watch.reads, 'what was written is handed over, not read again').toBe(64)
    expect(await ada.does((session) => [session.get('n'), session.keys().length])).toEqual([64, 65])
  })

  test('a request that had opened the session before another wrote to it writes at the first try, in one process', async () => {
    const s = shop()
    const ada = await guest(s, { n: 0 })
    await ada.does(async (session) => {
      session.update('n', add)
      await ada.begins((other) => other.update('n', add))
      s.watch.forget()
    })
    expect(s.watch.calls).toEqual(['update'])
    expect(await ada.does((session) => session.get('n'))).toBe(2)
  })

  test('two processes with 16 requests each: each counts', async () => {
    const here = shop({}, { sleep: async () => {} })
    const there = redeployed(here, {})
    const ada = await guest(here, { n: 0 })
    const eve = moved(there, ada)
    await Promise.all(
      Array.from({ length: 32 }, (_, i) =>
        (i % 2 ? ada : eve).begins((session) => {
          session.update('n', add)
          session.set(`key${i}`, i)
        }),
      ),
    )
    expect(await ada.does((session) => [session.get('n'), session.keys().length])).toEqual([32, 33])
  })

  test('an update whose second run throws fails alone', async () => {
    const s = shop()
    const ada = await guest(s, { stock: 1 })
    const take = (stock: unknown) => {
      if (Number(stock) < 1) throw new RangeError('sold out')
      return Number(stock) - 1
    }
    const sold = await Promise.allSettled(Array.from({ length: 5 }, () => ada.begins((session) => session.update('stock', take))))
    expect(sold.map((one) => (one.status === 'fulfilled' ? 'sold' : String(one.reason)))).toEqual([
      'sold',
      ...Array(4).fill('RangeError: sold out'),
    ])
    expect(await ada.does((session) => session.get('stock'))).toBe(0)
  })

  test('an end goes first, and the rest is dropped', async () => {
    const s = shop()
    const ada = await guest(s, { n: 0 })
    s.clock.advance(HOUR)
    const barrier = gate()
    let first = true
    s.watch.before = (call) => {
      if (call !== 'update' || !first) return undefined
      first = false
      return barrier.pass()
    }
    const writing = ada.begins((session) => session.update('n', add))
    await barrier.reached
    const late = ada.begins((session) => session.update('n', add))
    const end = ada.begins((session) => session.destroy())
    await settled()
    s.watch.forget()
    barrier.open()
    await Promise.all([writing, late, end])
    expect(s.watch.calls).toEqual(['delete'])
    expect((await all(s.records)).size).toBe(0)
    expect(s.events.filter(({ type }) => type === 'dropped')).toHaveLength(1)
  })

  test('one that always comes too late gives up after five seconds with CONFLICT, and its session lives', async () => {
    const clock = clockFrom()
    const records = memoryStore({ now: clock.now })
    let busy = false
    const store: Store = { ...records, update: async (...args) => (busy ? undefined : records.update(...args)) }
    let slept = 0
    const sleep = async (ms: number) => {
      slept++
      clock.advance(Math.max(ms, 1) / 1000)
    }
    const s = site({ clock, store }, { sleep })
    const ada = await guest(s)
    busy = true
    const began = clock.now()
    await expect(ada.does((session) => session.set('name', 'eve'))).rejects.toMatchObject({
      code: 'CONFLICT',
      message: /5 seconds/,
    })
    expect(clock.now() - began).toBeGreaterThan(5000)
    expect(clock.now() - began).toBeLessThan(5100)
    expect(slept).toBeGreaterThan(100)
    const tries = slept
    await settled()
    expect(slept, 'it does not go on behind the answer').toBe(tries)
    busy = false
    await settled()
    expect(await ada.does((session) => session.get('name'))).toBe('ada')
  })

  test('whoever overwrites what it had read and another changed meanwhile is told', async () => {
    const s = shop()
    const ada = await guest(s, { n: 1 })
    await ada.does(async (session) => {
      const n = Number(session.get('n'))
      await ada.begins((other) => other.set('n', 10))
      session.set('n', n + 1)
    })
    const handle = await ada.does((session) => session.handle as string)
    expect(s.events).toContainEqual({ type: 'overwritten', key: 'n', handle })
    expect(await ada.does((session) => session.get('n'))).toBe(2)
  })
})

/** The tickets that these answers give. */
const ticketsOf = (answers: readonly { readonly response: Response }[]) =>
  answers.flatMap(({ response }) => lines(response).map((line) => line.split(/[=;]/)[1]))

/** Requests that all have the session open before one of them goes on. */
async function togetherFrom(person: Person, acts: readonly ((session: Session) => unknown)[]) {
  const barrier = gate()
  let open = 0
  return acts.map((act) =>
    person.begins(async (session) => {
      if (++open === acts.length) barrier.open()
      await barrier.pass()
      act(session)
    }),
  )
}

const atOnce = async (person: Person, acts: readonly ((session: Session) => unknown)[]) =>
  Promise.all(await togetherFrom(person, acts))

test('64 requests at once at a store that answers at once: each counts, in a handful of writes', async () => {
  const store = memoryStore({ now: () => 0 })
  const ada = await guest(shop({ store }), { n: 0 })
  const [key = ''] = [...(await all(store)).keys()]
  const count = async () => Number((await store.read(key))?.version.split('.').at(-1))
  const before = await count()
  await atOnce(
    ada,
    Array.from({ length: 64 }, () => (session) => void session.update('n', add)),
  )
  expect(await ada.does((session) => session.get('n'))).toBe(64)
  expect((await count()) - before).toBeLessThan(6)
})

test('what was altered in the store is seen, also under the version that this process wrote', async () => {
  const inner = memoryStore({ now: () => 0 })
  let forged: string | undefined
  const read: Store['read'] = async (key) => {
    const found = await inner.read(key)
    return found && forged !== undefined ? { ...found, record: { ...found.record, data: forged } } : found
  }
  const ada = await guest(shop({ store: { ...inner, read } }), { n: 1 })
  await ada.does((session) => session.set('n', 2))
  const [{ data = '' } = {}] = (await all(inner)).values()
  forged = data.replace('"v":2', '"v":3')
  expect(await ada.does((session) => session.get('n'))).toBe(3)
})

describe('a new id', () => {
  test('is never one that is taken: another is drawn, and the record there is neither read into the session nor changed', async () => {
    const clock = clockFrom()
    const records = memoryStore({ now: clock.now })
    let met = 2
    const tried: string[] = []
    const store: Store = {
      ...records,
      async create(key, record) {
        tried.push(key)
        if (met-- > 0) await records.create(key, { ...record, data: '{"format":1,"key":"","data":{}}' })
        return records.create(key, record)
      },
    }
    const ada = await guest(site({ clock, store }))
    expect(new Set(tried).size).toBe(3)
    expect(await ada.does((session) => session.entries())).toEqual([['name', 'ada']])
    expect((await records.read(tried[0] ?? ''))?.record.data).toContain('"data":{}')
  })

  test('that is taken again and again is a broken store', async () => {
    const records = memoryStore()
    const keys: string[] = []
    const create = async (key: string) => void keys.push(key) as undefined
    const s = site({ store: { ...records, create } })
    await expect(s.person().does((session) => session.set('a', 1))).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect(new Set(keys).size).toBe(3)
  })

  test('whose creation was carried out twice, the first answer lost, is one session', async () => {
    const clock = clockFrom()
    const records = memoryStore({ now: clock.now })
    const twice: Store = {
      ...records,
      create: async (...args) => {
        await records.create(...args)
        return records.create(...args)
      },
      update: async (...args) => {
        await records.update(...args)
        return records.update(...args)
      },
      delete: async (...args) => {
        await records.delete(...args)
        return records.delete(...args)
      },
    }
    const s = site({ clock, store: twice })
    const ada = await guest(s, { n: 0 })
    await ada.does((session) => session.update('n', add))
    await ada.does((session) => session.signIn('ada'))
    await ada.does((session) => session.update('n', add))
    expect(await ada.does((session) => [session.get('n'), session.owner])).toEqual([2, 'ada'])
    expect((await all(records)).size, 'the session and the pointer').toBe(2)
    await ada.does((session) => session.destroy())
    expect(await ada.does((session) => session.isNew)).toBe(true)
  })

  test('that two requests ask for at once is one, and who came second is not told it: somebody else may hold it', async () => {
    const s = shop()
    const ada = await guest(s)
    const answers = await atOnce(ada, [(session) => session.regenerateId(), (session) => session.regenerateId()])
    expect(ticketsOf(answers)).toHaveLength(1)
    const kept = [...(await all(s.records)).values()].filter(({ data }) => !data.includes('"ended"'))
    expect(kept.length, 'the session, and where its old ticket led').toBe(2)
    for (const { arrive } of answers) arrive()
    expect(await ada.does((session) => session.get('name'))).toBe('ada')
  })

  test('that two requests ask for at once can be told to one of them only when there are no secrets', async () => {
    const s = shop(WITHOUT_SECRETS)
    const ada = await guest(s)
    const answers = await atOnce(ada, [(session) => session.regenerateId(), (session) => session.regenerateId()])
    expect(ticketsOf(answers)).toHaveLength(1)
    for (const { arrive } of answers) arrive()
    expect(await ada.does((session) => session.get('name'))).toBe('ada')
  })

  test('V7: that was given up again before the second sign-in could be told it is not told', async () => {
    const s = shop()
    const ada = await guest(s)
    const elsewhere = redeployed(s, {})
    let latest: Person | undefined
    const late = await ada.begins(async (session) => {
      await ada.does((other) => other.signIn('ada'))
      const first = await ada.does((other) => other.handle)
      let reads = 0
      s.watch.before = async (call, key) => {
        if (call !== 'read' || key !== first || ++reads !== 2) return
        latest = moved(elsewhere, ada)
        await latest.does((other) => other.regenerateId())
      }
      session.signIn('ada')
    })
    expect(ticketsOf([late])).toEqual([])
    late.arrive()
    expect(await latest?.does((session) => session.get('name'))).toBe('ada')
  })

  test('for a double click on "sign in" is one, and what both requests stored is there', async () => {
    const s = shop()
    const ada = await guest(s)
    const signIn = (key: string) => (session: Session) => {
      session.signIn('ada')
      session.set(key, 1)
    }
    const answers = await atOnce(ada, [signIn('a'), signIn('b')])
    expect(new Set(ticketsOf(answers)).size).toBe(1)
    expect(ticketsOf(answers)).toHaveLength(2)
    for (const { arrive } of answers.toReversed()) arrive()
    expect(await ada.does((session) => [session.owner, session.get('a'), session.get('b')])).toEqual(['ada', 1, 1])
  })

  test('for a sign-in beside a request that has taken a new id first: nobody is signed in, and the visitor may try again', async () => {
    const s = shop()
    const ada = await guest(s)
    const signingIn = ada.begins(async (session) => {
      await ada.thief().does((other) => other.regenerateId())
      session.signIn('ada')
    })
    await expect(signingIn).rejects.toMatchObject({ code: 'CONFLICT' })
    for (const { data } of (await all(s.records)).values()) expect(data).not.toContain('"owner"')
  })

  test.each([['the sign-in first', false]])(
    'for a sign-in beside a request that takes a new id: the session is signed in (%s)',
    async (_, renewsFirst) => {
      const s = shop()
      const ada = await guest(s)
      const acts = [(session: Session) => session.signIn('ada'), (session: Session) => session.regenerateId()]
      const answers = await atOnce(ada, renewsFirst ? acts.toReversed() : acts)
      const owners = await Promise.all(
        ticketsOf(answers).map((ticket) =>
          s.person().does((session) => session.owner, { headers: { cookie: `${COOKIE}=${ticket}` } }),
        ),
      )
      expect(owners).toContain('ada')
      expect((await all(s.records)).size - owners.length, 'no third session').toBeLessThanOrEqual(2)
    },
  )

  test('is not given to two people who sign in at once from one session: one of them is told CONFLICT', async () => {
    const s = shop()
    const ada = await guest(s)
    const signIn = (owner: string) => (session: Session) => session.signIn(owner)
    const outcome = await Promise.allSettled(await togetherFrom(ada, [signIn('ada'), signIn('eve')]))
    expect(
      outcome.map((one) => (one.status === 'fulfilled' ? 'signed in' : (one.reason as { code: string }).code)).toSorted(),
    ).toEqual(['CONFLICT', 'signed in'])
    for (const one of outcome) if (one.status === 'fulfilled') one.value.arrive()
    expect(['ada', 'eve']).toContain(await ada.does((session) => session.owner))
  })

  test('is told to nobody who was only writing while another request signed in, nor to one that took a new id as a guest', async () => {
    const s = shop()
    const ada = await guest(s)
    const thief = ada.thief()
    const writing = (session: Session) => session.set('late', 1)
    const renewing = (session: Session) => session.regenerateId()
    for (const act of [writing, renewing]) {
      const late = await thief.begins(async (session) => {
        if (ada.ticket === thief.ticket) await ada.does((other) => other.signIn('ada'))
        act(session)
      })
      expect(ticketsOf([late])).toEqual([])
    }
    expect(await ada.does((session) => session.owner)).toBe('ada')
  })

  test('never comes from a visitor: an id that was never given out is not adopted', async () => {
    const s = shop(WITHOUT_SECRETS)
    const planted = Buffer.alloc(24, 1).toString('base64url')
    const victim = s.person()
    victim.browser.plant(`${COOKIE}=${planted}; Path=/; Secure; HttpOnly`)
    const mallory = victim.thief()
    await victim.does((session) => session.set('name', 'ada'))
    await victim.does((session) => session.signIn('ada'))
    expect(victim.ticket).not.toBe(planted)
    expect(await mallory.does((session) => [session.isNew, session.owner])).toEqual([true, undefined])
  })

  test('promise 8: shows for ten seconds what there was, nothing that came after, and is refused then', async () => {
    const s = shop()
    const ada = await guest(s)
    const mallory = ada.thief()
    const answer = await ada.begins((session) => {
      session.signIn('ada')
      session.set('secret', 1)
    })
    const look = (session: Session) => [session.isNew, session.owner, session.get('name'), session.get('secret')]
    expect(await mallory.does(look)).toEqual([false, undefined, 'ada', undefined])
    answer.arrive()
    expect(await ada.does((session) => session.owner)).toBe('ada')
    s.clock.advance(15)
    expect(await mallory.does(look)).toEqual([true, undefined, undefined, undefined])
    expect(s.refusals).toEqual(['replaced'])
  })
})

tellsNothing(discretion)
