import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { SessionEvent } from '../src/core/model/events.ts'
import type { Session } from '../src/core/session/types.ts'
import type { Store } from '../src/stores/store.ts'
import { type Visitor, visitor } from '../src/testing/visitor.ts'
import { type Build, type Edit, packed } from './helpers/builds.ts'
import { type Clock, clockFrom } from './helpers/clock.ts'
import { SECRET } from './helpers/site.ts'

// Two releases serve one store and one browser in turns: this tree, and one that is newer, each built and packed.

const folder = join(import.meta.dirname, '..', '.cache', 'two-builds')

/** What a newer release may write into every envelope, beside a value and into what leads on. */
const MORE: readonly Edit[] = [
  {
    file: 'core/model/contents.ts',
    from: 'const fields = { format: FORMAT, ...more,',
    to: "const fields = { format: FORMAT, seal: ['of', { the: 'newer' }], ...more,",
  },
  {
    file: 'core/model/entry-text.ts',
    from: 'if (until === undefined && id === undefined && !more) return',
    to: `if (text.startsWith('"kind:')) return JSON.stringify({ kind: text, i: id })\n  if (false) return`,
  },
  {
    file: 'core/model/entry-text.ts',
    from: 'const others = JSON.stringify({ x: until, i: id, ...more }).slice(1)',
    to: "const others = JSON.stringify({ x: until, i: id, by: 'newer', ...more }).slice(1)",
  },
  {
    file: 'core/model/entry-text.ts',
    from: 'if (v === undefined && r === undefined) return Entry.opaque(raw)',
    to: 'if ("kind" in raw) return Entry.parsed(false, JSON.parse(String(raw.kind)))\n  if (v === undefined && r === undefined) return Entry.opaque(raw)',
  },
  {
    file: 'core/model/sealed-text.ts',
    from: 'const fields = JSON.stringify({ ...more,',
    to: "const fields = JSON.stringify({ seal: ['of', { the: 'newer' }], ...more,",
  },
  {
    file: 'core/model/sealed-text.ts',
    from: 'const isPlain = !(entry.rich',
    to: "const isPlain = !(entry.text.startsWith('\"kind:') || entry.rich",
  },
  {
    file: 'core/persistence/stored/id-rotation.ts',
    from: 'const forwarding: Forwarding = { kind,',
    to: "const forwarding: Forwarding = { via: ['newer'], kind,",
  },
]
const FORMAT: readonly Edit[] = [
  { file: 'core/model/contents.ts', from: 'const FORMAT = 1', to: 'const FORMAT = 2' },
  { file: 'core/model/contents.ts', from: 'if (format !== FORMAT)', to: 'if (format !== FORMAT && format !== 1)' },
  { file: 'core/model/sealed-text.ts', from: 'const FORMAT = 2', to: 'const FORMAT = 3' },
  { file: 'core/model/sealed-text.ts', from: 'if (format !== FORMAT ||', to: 'if ((format !== FORMAT && format !== 2) ||' },
]
const TICKETS: readonly Edit[] = [
  { file: 'crypto/keyring.ts', from: 'version: 1,', to: 'version: 3,' },
  { file: 'crypto/keyring.ts', from: 'version: 2,', to: 'version: 4,' },
]

/** A release that knows nothing of `core/model/standing.ts`. */
const OLDER: readonly Edit[] = [
  {
    file: 'core/model/standing.ts',
    from: 'authOf({ more: { auth } }: Contents)',
    to: 'authOf({ more: { auth0: auth } }: Contents)',
  },
  { file: 'core/model/standing.ts', from: 'noteOf({ more: { note } }:', to: 'noteOf({ more: { note0: note } }:' },
  {
    file: 'core/model/standing.ts',
    from: '({ more: { impersonator } }: Contents)',
    to: '({ more: { impersonator0: impersonator } }: Contents)',
  },
  { file: 'core/model/moves.ts', from: 'beside({ ...own, owner }, fields)', to: '({ ...own, owner })' },
  { file: 'core/persistence/stored/id-rotation.ts', from: "kind === 'switch' &&", to: 'false &&' },
]

let a: Build
let b: Build
let older: Build
let format: Build
let tickets: Build

beforeAll(async () => {
  await rm(folder, { recursive: true, force: true })
  ;[a, b, format, tickets, older] = (await Promise.all([
    packed(folder, 'this', []),
    packed(folder, 'newer', MORE),
    packed(folder, 'newer-format', FORMAT),
    packed(folder, 'newer-tickets', TICKETS),
    packed(folder, 'older', OLDER),
  ])) as [Build, Build, Build, Build, Build]
})
afterAll(() => rm(folder, { recursive: true, force: true }))

type Act = (session: Session) => unknown

/** What a request came to: the page's answer, or the code of what failed; and whether it said anything to the browser. */
interface Came {
  readonly said?: unknown
  readonly failed?: string
  readonly cookies: number
}

/** One browser, which each release serves in turn. */
interface Browser {
  readonly clock: Clock
  readonly events: SessionEvent[]
  readonly browser: Visitor
  at(build: Build, act: Act): Promise<Came>
  /** The same with the cookies of an earlier moment. */
  with(cookies: Visitor, build: Build, act: Act): Promise<Came>
}

/** `stores`: of each release; undefined for sealed sessions. */
function serve(storeOf: (build: Build) => Store | undefined, more: object = {}): Browser {
  const clock = clockFrom()
  const events: SessionEvent[] = []
  const adapters = new Map<Build, (request: Request) => Promise<Response>>()
  let act: Act = () => {}
  let said: unknown
  const adapter = (build: Build) => {
    const made = adapters.get(build)
    if (made) return made
    const store = storeOf(build)
    const onEvent = (event: SessionEvent) => void events.push(event)
    const sessions = build.createSessions({ secrets: SECRET, now: clock.now, onEvent, ...(store && { store }), ...more })
    const handle = build.withSession(sessions, async (request) => {
      said = await act((await sessions.open(request)) as Session)
      return new Response('ok')
    })
    adapters.set(build, handle)
    return handle
  }
  let served: Build
  const browser = visitor((request) => adapter(served)(request), { now: clock.now })
  const asks = async (who: Visitor, build: Build, what: Act): Promise<Came> => {
    ;[served, act, said] = [build, what, undefined]
    try {
      const response = await who.get('/')
      return { said, cookies: response.headers.getSetCookie().length }
    } catch (error) {
      const { code } = error as { readonly code?: string }
      if (code === undefined) throw error
      return { failed: code, cookies: 0 }
    }
  }
  return { clock, events, browser, at: (build, what) => asks(browser, build, what), with: asks }
}

const KINDS: Record<string, () => Promise<{ readonly open: (build: Build) => Store; readonly look: Store }>> = {
  async 'in memory'() {
    const store = a.memoryStore()
    return { open: () => store, look: store }
  },
  async 'in files'() {
    const directory = join(folder, `files-${Math.random()}`)
    await a.fileStore({ directory }).migrate()
    const open = (build: Build) => build.fileStore({ directory })
    return { open, look: open(a) }
  },
  async 'in SQLite'() {
    const path = join(folder, `sessions-${Math.random()}.sqlite`)
    const opened: { close?: () => unknown }[] = []
    const open = (build: Build) => {
      const store = build.sqliteStore({ path })
      opened.push(store as { close?: () => unknown })
      return store
    }
    const look = open(a)
    await look.migrate?.()
    onTestFinished(async () => {
      for (const store of opened) await store.close?.()
    })
    return { open, look }
  },
}

/** Every record, by its key. */
async function records(store: Store): Promise<Record<string, Record<string, unknown>>> {
  const { keys } = (await store.list?.(undefined, 100)) ?? { keys: [] }
  const found = await Promise.all(keys.map(async (key) => [key, JSON.parse((await store.read(key))?.record.data ?? '{}')]))
  return Object.fromEntries(found)
}

const SEAL = ['of', { the: 'newer' }]
const writesAll: Act = (s) => {
  s.set('plain', 1)
  s.set('rich', new Date(0))
  s.set('short', 1, { ttl: 10_000 })
  s.set('unknown', 'kind:blue')
  s.flash('notice', 'hello')
  s.flash('other', 'kind:green')
}
const look: Act = (s) => [s.owner, s.get('plain'), s.get('rich'), s.get('short'), s.get('unknown'), s.get('mine')]

describe.each(Object.entries(KINDS))('B0: two builds on one store, %s', (_, make) => {
  it('B0: what a newer release added survives every write and every new id', async () => {
    const { open, look: store } = await make()
    const visit = serve(open)
    expect(await visit.at(b, writesAll)).toMatchObject({ cookies: 1 })
    const value = { v: 1, by: 'newer' }
    const kept = {
      format: 1,
      seal: SEAL,
      data: { plain: value, rich: { r: [['Date', new Date(0).toISOString()]], by: 'newer' }, unknown: { kind: '"kind:blue"' } },
      flash: { other: { kind: '"kind:green"' } },
    }
    const acts: [string, Act][] = [
      ['a write', (s) => s.set('mine', 1)],
      ['an update', (s) => s.update('mine', (n) => Number(n) + 1)],
      ['a delete', (s) => s.delete('mine')],
      ['a flash value that is shown', (s) => expect(s.flash('notice')).toBe('hello')],
      ['one that is left', (s) => s.flash('mine', 'x')],
      ['a new id', (s) => s.regenerateId()],
      ['a new id with a write', (s) => [s.regenerateId(), s.set('mine', 3)]],
      ['a sign-in', (s) => s.signIn('ada')],
      ['a second one', (s) => s.signIn('ada')],
    ]
    for (const [what, act] of acts) {
      expect((await visit.at(a, act)).failed, what).toBeUndefined()
      const all = Object.values(await records(store))
      expect(all.length).toBeGreaterThan(0)
      for (const record of all) expect(record, `after ${what}`).toMatchObject(kept)
      // The newer release goes on with what this one wrote, and this one with that.
      expect((await visit.at(b, (s) => [s.get('plain'), s.get('unknown'), s.owner])).said).toEqual([
        1,
        'kind:blue',
        what.startsWith('a s') ? 'ada' : undefined,
      ])
    }
    visit.clock.advance(4 * 86_400)
    await visit.at(a, (s) => s.get('plain')) // moves the idle end
    const last = (await visit.at(a, (s) => s.handle)).said as string
    expect((await records(store))[last]).toMatchObject(kept)
    expect((await visit.at(a, look)).said).toEqual(['ada', 1, new Date(0), undefined, undefined, 3])
    expect(visit.events).toContainEqual(expect.objectContaining({ type: 'unreadable-value', key: 'unknown' }))
    expect((await visit.at(a, (s) => s.flash('other'))).said).toBeUndefined()
    expect((await visit.at(b, (s) => s.flash('other'))).said).toBe('kind:green')
  })

  it('B0: what it added to a record that leads on survives the mark that the old ticket was used', async () => {
    const { open, look: store } = await make()
    const visit = serve(open)
    await visit.at(b, writesAll)
    const old = visit.browser.steal()
    const key = (await visit.at(a, (s) => s.handle)).said as string
    await visit.at(b, (s) => s.signIn('ada'))
    expect((await visit.with(old, a, (s) => [s.owner, s.get('plain')])).said, 'within its time').toEqual([undefined, 1])
    expect(await visit.with(old, a, (s) => s.set('mine', 1))).toMatchObject({ cookies: 0 })
    expect((await visit.at(b, (s) => [s.owner, s.get('mine'), s.get('unknown')])).said).toEqual(['ada', 1, 'kind:blue'])
    visit.clock.advance(100)
    expect((await visit.with(old, a, (s) => [s.readOnly, s.keys()])).said).toEqual([true, []])
    expect(visit.events.filter(({ type }) => type === 'replayed')).toHaveLength(1)
    const led = (await records(store))[key]
    expect(led).toMatchObject({ seal: SEAL, to: { via: ['newer'], kind: 'signIn', replayed: expect.any(String) } })
    expect(led).toMatchObject({ data: { unknown: { kind: '"kind:blue"' } } })
    expect((await visit.with(old, b, (s) => [s.readOnly, s.keys()])).said).toEqual([true, []])
    expect(visit.events.filter(({ type }) => type === 'replayed')).toHaveLength(1)
  })

  it('B0: a record of a format that is not known is left alone, and so is the cookie', async () => {
    const { open, look: store } = await make()
    const visit = serve(open)
    await visit.at(a, (s) => s.set('plain', 1))
    await visit.at(format, (s) => s.set('more', 2))
    const before = JSON.stringify(await records(store))
    expect(before).toContain('"format":2')
    const cookies = JSON.stringify(visit.browser.cookies())
    for (const seconds of [0, 700, 86_400]) {
      visit.clock.advance(seconds)
      expect(await visit.at(a, (s) => [s.isNew, s.readOnly, s.keys()])).toEqual({ said: [true, true, []], cookies: 0 })
      for (const act of [(s: Session) => s.set('a', 1), (s: Session) => s.signOut(), (s: Session) => s.destroy()]) {
        expect(await visit.at(a, act)).toEqual({ failed: 'STORE_FAILED', cookies: 0 })
      }
    }
    expect(JSON.stringify(await records(store))).toBe(before)
    expect(JSON.stringify(visit.browser.cookies())).toBe(cookies)
    expect((await visit.at(format, (s) => s.entries())).said).toEqual([
      ['plain', 1],
      ['more', 2],
    ])
  })

  it('B0: also where the newer release comes in between, or led the session on', async () => {
    const { open, look: store } = await make()
    const visit = serve(open)
    await visit.at(a, (s) => s.set('plain', 1))
    const old = visit.browser.steal()
    for (const [act, meanwhile] of [
      [(s: Session) => s.set('a', 1), (s: Session) => s.set('more', 2)],
      [(s: Session) => s.destroy(), (s: Session) => s.regenerateId()],
    ]) {
      const elsewhere = visit.browser.steal()
      const came = await visit.with(elsewhere, a, async (s) => {
        act?.(s)
        await visit.at(format, meanwhile as Act)
      })
      expect(came).toEqual({ failed: 'STORE_FAILED', cookies: 0 })
    }
    const before = JSON.stringify(await records(store))
    for (const seconds of [0, 100, 700]) {
      visit.clock.advance(seconds)
      expect(await visit.with(old, a, (s) => s.destroy())).toMatchObject({ failed: 'STORE_FAILED', cookies: 0 })
    }
    expect(JSON.stringify(await records(store))).toBe(before)
    expect((await visit.at(format, (s) => s.keys())).said).toEqual(['plain', 'more'])
  })
})

describe.each(['sealed', 'stored'])('B0: tickets of a newer version, %s', (kind) => {
  it('B0: are left alone, and what they open lives', async () => {
    const store = a.memoryStore()
    const visit = serve(() => (kind === 'stored' ? store : undefined))
    await visit.at(tickets, (s) => s.set('more', 2))
    const cookies = JSON.stringify(visit.browser.cookies())
    expect(await visit.at(a, (s) => [s.isNew, s.readOnly, s.keys()])).toEqual({ said: [true, true, []], cookies: 0 })
    for (const act of [(s: Session) => s.set('a', 1), (s: Session) => s.signOut(), (s: Session) => s.destroy()]) {
      expect(await visit.at(a, act)).toEqual({ failed: 'STORE_FAILED', cookies: 0 })
    }
    expect(JSON.stringify(visit.browser.cookies())).toBe(cookies)
    expect((await visit.at(tickets, (s) => s.get('more'))).said).toBe(2)
  })
})

describe('B0: a sealed session', () => {
  it('B0: keeps what a newer release added, through every write and new id', async () => {
    const visit = serve(() => undefined)
    await visit.at(b, writesAll)
    for (const act of [
      (s: Session) => s.set('mine', 1),
      (s: Session) => s.delete('mine'),
      (s: Session) => s.flash('notice'),
      (s: Session) => s.regenerateId(),
      (s: Session) => s.signIn('ada'),
    ]) {
      expect(await visit.at(a, act)).toMatchObject({ cookies: 1 })
      expect((await visit.at(b, (s) => [s.get('plain'), s.get('unknown')])).said).toEqual([1, 'kind:blue'])
    }
    expect((await visit.at(a, look)).said).toEqual(['ada', 1, new Date(0), 1, undefined, undefined])
    expect((await visit.at(b, (s) => s.flash('other'))).said).toBe('kind:green')
  })

  it('B0: of a format that is not known is left alone, and goes on at the newer release', async () => {
    const visit = serve(() => undefined)
    await visit.at(a, (s) => s.set('plain', 1))
    await visit.at(format, (s) => s.set('more', 2))
    const cookies = JSON.stringify(visit.browser.cookies())
    for (const seconds of [0, 700, 86_400]) {
      visit.clock.advance(seconds)
      expect(await visit.at(a, (s) => [s.isNew, s.readOnly, s.keys()])).toEqual({ said: [true, true, []], cookies: 0 })
      for (const act of [(s: Session) => s.set('a', 1), (s: Session) => s.signOut(), (s: Session) => s.destroy()]) {
        expect(await visit.at(a, act)).toEqual({ failed: 'STORE_FAILED', cookies: 0 })
      }
    }
    expect(JSON.stringify(visit.browser.cookies())).toBe(cookies)
    expect((await visit.at(format, (s) => s.keys())).said).toEqual(['plain', 'more'])
  })
})

describe.each(['sealed', 'stored'])('B0: who the person is, beside a release that does not know it, %s', (kind) => {
  it('B0: survives its writes and new ids: how sure, until when, the note, who acts, and the own values', async () => {
    const store = a.memoryStore()
    const visit = serve(() => (kind === 'stored' ? store : undefined))
    const said: Act = (s) => [s.owner, s.impersonator, s.level, s.authenticatedAt, s.note(), s.keys()]
    const at = visit.clock.now()
    await visit.at(a, (s) => {
      s.signIn('eve', { level: 'aal1', remember: 40 * 86_400 })
      s.elevate('aal2', { for: 3600 })
      s.note({ device: 'Firefox' })
      s.set('own', 1)
    })
    const acts: Act[] = [(s) => s.set('theirs', 1), (s) => s.regenerateId(), (s) => s.flash('f', 1), (s) => s.delete('gone')]
    for (const act of acts) expect((await visit.at(older, act)).failed).toBeUndefined()
    expect((await visit.at(older, said)).said).toEqual(['eve', undefined, undefined, undefined, undefined, ['own', 'theirs']])
    expect((await visit.at(a, said)).said).toEqual(['eve', undefined, 'aal2', at, { device: 'Firefox' }, ['own', 'theirs']])
    await visit.at(a, (s) => s.impersonate('bob'))
    for (const act of acts) expect((await visit.at(older, act)).failed).toBeUndefined()
    expect((await visit.at(a, said)).said).toEqual(['bob', 'eve', 'aal2', at, { device: 'Firefox' }, ['theirs']])
    visit.clock.advance(39 * 86_400)
    expect((await visit.at(older, (s) => s.owner)).said, 'remembered there as well').toBe('bob')
    await visit.at(a, (s) => s.endImpersonation())
    expect((await visit.at(a, said)).said).toEqual(['eve', undefined, 'aal1', at, { device: 'Firefox' }, ['own', 'theirs']])
    expect((await visit.at(older, (s) => s.owner)).said).toBe('eve')
    visit.clock.advance(86_400)
    for (const build of [a, older]) expect((await visit.at(build, (s) => s.owner)).said).toBeUndefined()
  })

  it('B0: a sign-in there says nothing of how sure it is, or that of the last one here', async () => {
    const store = a.memoryStore()
    const visit = serve(() => (kind === 'stored' ? store : undefined))
    await visit.at(older, (s) => s.signIn('ada'))
    expect((await visit.at(a, (s) => [s.owner, s.authenticatedAt])).said).toEqual(['ada', undefined])
    const at = visit.clock.now()
    await visit.at(a, (s) => s.signIn('ada'))
    visit.clock.advance(60)
    await visit.at(older, (s) => s.signIn('ada'))
    expect((await visit.at(a, (s) => s.authenticatedAt)).said, 'not too new').toBe(at)
    await visit.at(older, (s) => s.signIn('bob'))
    expect((await visit.at(a, (s) => [s.owner, s.authenticatedAt])).said).toEqual(['bob', undefined])
  })
})
