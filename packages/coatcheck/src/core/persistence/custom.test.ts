import { describe, expect, test } from 'vitest'
import { DAY } from '../../../test/helpers/clock.ts'
import { tellsNothing } from '../../../test/helpers/discretion.ts'
import { COOKIE, discretion, NEWER_SECRET, type Person, SECRET, type Site, site } from '../../../test/helpers/site.ts'
import { createKeyring } from '../../crypto/keyring.ts'
import type { IdFormat } from '../../migrate/format.ts'
import type { AdapterOptions } from '../options/options.ts'
import { type CustomStorage, customPersistence, type IdFormats } from './custom.ts'

/** An application's table of sessions, whose rows are numbered. */
class Table implements CustomStorage {
  readonly rows = new Map<string, { data: Record<string, unknown>; expires: Date }>()
  readonly calls: string[] = []
  #last = 0
  before: (call: string) => unknown = () => {}

  async create(data: Record<string, unknown>, expires: Date): Promise<string> {
    await this.#called('create')
    const id = String(++this.#last)
    this.rows.set(id, { data, expires })
    return id
  }
  async read(id: string): Promise<Record<string, unknown> | null> {
    await this.#called('read')
    return this.rows.get(id)?.data ?? null
  }
  async update(id: string, data: Record<string, unknown>, expires: Date): Promise<void> {
    await this.#called('update')
    this.rows.set(id, { data, expires })
  }
  async delete(id: string): Promise<void> {
    await this.#called('delete')
    this.rows.delete(id)
  }
  async #called(call: string): Promise<void> {
    this.calls.push(call)
    await this.before(call)
  }
}

function office(options: Partial<AdapterOptions> = {}): Site & { table: Table } {
  const table = new Table()
  return Object.assign(site({ persistence: customPersistence(table), ...options }), { table })
}

async function guest(s: Site, values: Record<string, unknown> = { name: 'ada' }): Promise<Person> {
  const person = s.person()
  await person.does((session) => Object.assign(session.data, values))
  return person
}

function holding(s: Site, ticket: string | undefined): Person {
  const person = s.person()
  person.browser.plant(`${COOKIE}=${ticket}; Path=/; Secure; HttpOnly; Max-Age=34560000`)
  return person
}

const lines = (answer: Response) => answer.headers.getSetCookie()
const down = () => {
  throw new Error('no database')
}

describe('a session in an application’s own table', () => {
  test('is a plain object there, with what the request made of it', async () => {
    const s = office()
    const ada = s.person()
    await ada.does((session) => {
      session.set('cart', ['coat'])
      session.set('since', new Date(0))
      session.flash('notice', { text: 'hello' })
    })
    expect([...s.table.rows.values()]).toEqual([
      {
        data: { cart: ['coat'], since: new Date(0), __flash_notice__: { text: 'hello' } },
        expires: new Date(s.clock.now() + 30 * DAY * 1000),
      },
    ])
    expect(await ada.does((session) => [session.get('cart'), session.get('since'), session.keys()])).toEqual([
      ['coat'],
      new Date(0),
      ['cart', 'since'],
    ])
    expect(await ada.does((session) => session.flash('notice'))).toEqual({ text: 'hello' })
    expect([...s.table.rows.values()][0]?.data).toEqual({ cart: ['coat'], since: new Date(0) })
    expect(await ada.does((session) => session.flash('notice'))).toBeUndefined()
  })

  test('shares nothing with the table: what is changed there or here afterwards stays there or here', async () => {
    const s = office()
    const cart = ['coat']
    const ada = await guest(s, { cart })
    cart.push('hat')
    const row = [...s.table.rows.values()][0]?.data as { cart: string[] }
    expect(row.cart).toEqual(['coat'])
    await ada.does((session) => {
      const mine = session.get('cart') as string[]
      row.cart.push('scarf')
      expect(mine).toEqual(['coat'])
    })
  })

  test('promise 3: costs nothing for nothing', async () => {
    const s = office()
    await s.person().does((session) => session.get('a'))
    await s.person().passes()
    const ada = await guest(s)
    s.table.calls.length = 0
    const answer = await ada.asks((session) => [session.get('name'), session.set('name', 'ada')])
    expect([s.table.calls, lines(answer)]).toEqual([['read'], []])
    await ada.passes()
    expect(s.table.calls).toEqual(['read'])
  })

  test('promise 1: requests at once that change different keys both count, and an update runs on the fresh value', async () => {
    const s = office()
    const ada = await guest(s, { n: 1 })
    await ada.does(async (session) => {
      session.update('n', (n) => (n as number) + 1)
      session.set('a', 1)
      await ada.begins((other) => {
        other.update('n', (n) => (n as number) + 1)
        other.set('b', 2)
      })
    })
    expect(await ada.does((session) => Object.fromEntries(session.entries()))).toEqual({ n: 3, a: 1, b: 2 })
  })

  test('promise 2: that another request ended stays ended', async () => {
    const s = office()
    const ada = await guest(s)
    const thief = ada.thief()
    const slow = await ada.begins(async (session) => {
      await ada.does((other) => other.destroy())
      session.set('a', 1)
    })
    slow.arrive()
    expect(s.table.rows.size).toBe(0)
    expect(await thief.does((session) => session.isNew)).toBe(true)
    expect(await ada.does((session) => session.isNew)).toBe(true)
  })

  test('promise 8: has another number after a sign-in, and the old one is gone', async () => {
    const s = office()
    const ada = await guest(s)
    const thief = ada.thief()
    await ada.does((session) => session.signIn('ada'))
    expect([...s.table.rows.keys()]).toEqual(['2'])
    expect(await ada.does((session) => [session.owner, session.get('name')])).toEqual(['ada', 'ada'])
    expect(await thief.does((session) => session.isNew)).toBe(true)
    await ada.does((session) => session.regenerateId())
    expect([...s.table.rows.keys()]).toEqual(['3'])
    await ada.does((session) => session.signOut({ keep: ['name'] }))
    expect([...s.table.rows.entries()].map(([id, { data }]) => [id, data])).toEqual([['4', { name: 'ada' }]])
  })

  test('promise 5: ends at its absolute end, which is inside the ticket', async () => {
    const s = office()
    const ada = await guest(s)
    const { ticket } = ada
    s.clock.advance(30 * DAY)
    s.table.calls.length = 0
    expect(await holding(s, ticket).does((session) => session.isNew)).toBe(true)
    expect([s.refusals, s.table.calls]).toEqual([['absolute-expired'], []])
  })
})

describe('a row can be asked for by its ticket only', () => {
  test('not by its number, nor by anything made from it', async () => {
    const s = office()
    await guest(s)
    s.table.calls.length = 0
    const shown = Buffer.from(JSON.stringify(['1', s.clock.now(), s.clock.now() + DAY]))
    for (const ticket of ['1', 'MQ', shown.toString('base64url'), shown.toString(), '["1"]', '{"$ne":null}'])
      expect(await holding(s, ticket).does((session) => session.isNew), ticket).toBe(true)
    expect(s.table.calls).toEqual([])
  })

  test('of this kind: a ticket signed for something else opens nothing', async () => {
    const s = office()
    await guest(s)
    const keyring = createKeyring([SECRET])
    s.table.calls.length = 0
    const bytes = new TextEncoder().encode(JSON.stringify(['1', s.clock.now(), s.clock.now() + DAY]))
    for (const purpose of ['ticket', 'session', 'pointer'])
      expect(await holding(s, await keyring.sign(purpose, [COOKIE], bytes)).does((session) => session.isNew)).toBe(true)
    expect(await holding(s, await keyring.sign('custom', ['other'], bytes)).does((session) => session.isNew)).toBe(true)
    expect([s.table.calls, new Set(s.refusals)]).toEqual([[], new Set(['forged'])])
  })

  test('and whose ticket was signed with the right key by something else does not break the request', async () => {
    const s = office()
    const keyring = createKeyring([SECRET])
    for (const text of ['', 'hello', '{}', 'null', '[]', '[1]', '["1",null,null]', '["1","a","b"]', '[{"$ne":1},1,2]', '\xff']) {
      const ticket = await keyring.sign('custom', [COOKIE], Buffer.from(text, 'latin1'))
      expect(await holding(s, ticket).does((session) => session.isNew), text).toBe(true)
    }
    expect(s.table.calls).toEqual([])
  })

  test('promise 10: of an old secret too, which is renewed with the next change', async () => {
    const before = office()
    const ada = await guest(before)
    const deployed = (secrets: string | string[]) =>
      site({ persistence: customPersistence(before.table), secrets, clock: before.clock })
    const during = holding(deployed([NEWER_SECRET, SECRET]), ada.ticket)
    expect(lines(await during.asks((session) => session.get('name')))).toEqual([])
    expect(lines(await during.asks((session) => session.set('a', 1)))).toHaveLength(1)
    expect(await holding(deployed(NEWER_SECRET), during.ticket).does((session) => session.get('name'))).toBe('ada')
    expect(await holding(deployed(NEWER_SECRET), ada.ticket).does((session) => session.isNew)).toBe(true)
  })
})

describe('an application’s functions', () => {
  test.each<[string, (person: Person) => Promise<unknown>]>([
    ['create', (person) => person.does((session) => session.signIn('ada'))],
    ['read', (person) => person.does((session) => session.get('name'))],
    ['update', (person) => person.does((session) => session.set('name', 'eve'))],
    ['delete', (person) => person.does((session) => session.destroy())],
  ])('promise 7: that fail at %s are a broken store: loud, with the cause, and nobody is logged out', async (call, act) => {
    const s = office()
    const ada = await guest(s)
    const { ticket } = ada
    s.table.before = (which) => (which === call ? down() : undefined)
    await expect(act(ada)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      cause: expect.objectContaining({ message: 'no database' }),
    })
    expect(ada.ticket).toBe(ticket)
    s.table.before = () => {}
  })

  test('may answer with what no session could store: that key is absent, the rest is there, and it is not written over', async () => {
    class Decimal {
      readonly digits = '1.10'
    }
    const s = office()
    const ada = await guest(s)
    const row = [...s.table.rows.values()][0]
    if (row) row.data = { ...row.data, price: new Decimal() }
    expect(await ada.does((session) => [session.get('name'), session.get('price')])).toEqual(['ada', undefined])
    expect(s.events).toContainEqual(expect.objectContaining({ type: 'unreadable-value', key: 'price' }))
  })

  test.each([undefined, null, '', 7, {}])(
    'that give %j for a new id are told so, and no visitor gets a ticket for it',
    async (id) => {
      const s = office()
      s.table.create = async () => id as string
      await expect(s.person().does((session) => session.set('a', 1))).rejects.toMatchObject({ code: 'STORE_FAILED' })
    },
  )

  test('are not told apart from the engine’s own names by a visitor: no value becomes an owner or a flash value', async () => {
    const s = office()
    const ada = s.person()
    await ada
      .does((session) => {
        session.set('__owner__', 'admin')
        session.set('__flash_notice__', 'forged')
      })
      .catch(() => {})
    expect(await ada.does((session) => [session.owner, session.flash('notice')])).toEqual([undefined, undefined])
  })

  test('get any other key as it is', async () => {
    const s = office()
    const ada = await guest(s, { a: 1, constructor: 2, 'a.b': 3, __flash_: 4 })
    await ada.does((session) => session.set('__proto__', { admin: true }))
    expect(Object.keys([...s.table.rows.values()][0]?.data ?? {})).toEqual(['a', 'constructor', 'a.b', '__flash_', '__proto__'])
    expect(await ada.does((session) => session.get('__proto__'))).toEqual({ admin: true })
    expect(({} as { admin?: unknown }).admin).toBeUndefined()
  })
})

describe('rows with what no session could store', () => {
  test('keep it where it is, flash values as well', async () => {
    const s = office()
    const ada = await guest(s, { a: 1 })
    const id = [...s.table.rows.keys()][0] ?? ''
    const price = new (class Decimal {})()
    s.table.rows.set(id, { data: { a: 1, price, __flash_price__: price }, expires: new Date(s.clock.now() + DAY * 1000) })
    await ada.does((session) => session.set('b', 2))
    expect(s.table.rows.get(id)?.data).toEqual({ a: 1, b: 2, price, __flash_price__: price })
  })

  test('give it up for what is set under its name', async () => {
    const s = office()
    const ada = await guest(s, { a: 1 })
    const id = [...s.table.rows.keys()][0] ?? ''
    const price = new (class Decimal {})()
    s.table.rows.set(id, { data: { a: 1, price, __flash_m__: price }, expires: new Date(s.clock.now() + DAY * 1000) })
    await ada.does((session) => {
      session.set('price', 3)
      session.flash('m', 'new')
    })
    expect(s.table.rows.get(id)?.data).toEqual({ a: 1, price: 3, __flash_m__: 'new' })
  })
})

describe('rows whose ids are shown as another library shows them', () => {
  const upper = (mark: string): IdFormat => ({
    format: mark,
    write: (id) => `${mark}.${id}`,
    read: (value) => (value.startsWith(`${mark}.`) ? value.slice(mark.length + 1) : undefined),
  })
  const bureau = (table: Table, formats: IdFormats, clock?: Site['clock']) =>
    Object.assign(site({ persistence: customPersistence(table, formats), ...(clock && { clock }) }), { table })

  test('are written so, and read so again', async () => {
    const s = bureau(new Table(), { writes: upper('new') })
    const ada = await guest(s)
    expect(ada.ticket).toBe('new.1')
    expect(await ada.does((session) => session.get('name'))).toBe('ada')
    await ada.does((session) => session.regenerateId())
    expect([ada.ticket, [...s.table.rows.keys()]]).toEqual(['new.2', ['2']])
    await ada.does((session) => session.destroy())
    expect([ada.ticket, s.table.rows.size]).toEqual([undefined, 0])
  })

  test('move on to ours with the next write, and back', async () => {
    const table = new Table()
    const old = bureau(table, { writes: upper('old') })
    const person = await guest(old)
    const ours = bureau(table, { reads: [upper('old')] }, old.clock)
    const ada = holding(ours, person.ticket)
    expect(await ada.does((session) => session.get('name'))).toBe('ada')
    expect(ada.ticket).toBe('old.1')
    await ada.does((session) => session.set('n', 1))
    expect(ada.ticket).not.toContain('old.')
    const back = holding(old, ada.ticket)
    expect(await back.does((session) => session.get('n'))).toBe(1)
    await back.does((session) => session.set('n', 2))
    expect(back.ticket).toBe('old.1')
  })

  test('open nothing for an id without a row, and begin under an id of the application’s', async () => {
    const s = bureau(new Table(), { writes: upper('new') })
    const mallory = holding(s, 'new.chosen')
    await mallory.does((session) => session.set('n', 1))
    expect(mallory.ticket).toBe('new.1')
  })

  test('open nothing for an empty id, and the table is not asked', async () => {
    const s = bureau(new Table(), { writes: upper('new') })
    expect(await holding(s, 'new.').does((session) => session.isNew)).toBe(true)
    expect(s.table.calls).toEqual([])
  })

  test('F9: parallel requests of one old id stay in one row', async () => {
    const table = new Table()
    const old = bureau(table, { writes: upper('old') })
    const person = await guest(old)
    const ours = bureau(table, { reads: [upper('old')] }, old.clock)
    await Promise.all([1, 2, 3].map((n) => holding(ours, person.ticket).does((session) => session.set('n', n))))
    expect(table.rows.size).toBe(1)
  })
})

tellsNothing(discretion)
