import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { build } from 'rolldown'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serving } from '../../test/helpers/serving.ts'
import { SECRET } from '../../test/helpers/site.ts'
import { type Watched, watched } from '../../test/helpers/watched.ts'
import type * as Public from '../adapter.ts'
import type * as Node from '../adapters/node.ts'
import type * as Index from '../index.ts'
import { memoryStore } from '../stores/memory.ts'
import type { Store } from '../stores/store.ts'
import { createJar } from '../testing/jar.ts'

// A bundler makes several copies of one module, and of this library with it (F24): here are two, as files of their own.

type Copy = typeof Public &
  Pick<typeof Index, 'createSessions' | 'SessionError'> & { memoryStore: typeof memoryStore; withNode: typeof Node.withSession }
type Making = 'sharedSessions' | 'createSessions'

let folder = ''
const copies: Copy[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copies-'))
  const source = join(import.meta.dirname, '..')
  const entry = `
    export { createSessions, SessionError } from '${source}/index.ts'
    export * from '${source}/adapter.ts'
    export { memoryStore } from '${source}/stores/memory.ts'
    export { withSession as withNode } from '${source}/adapters/node.ts'`
  await writeFile(join(folder, 'entry.ts'), entry)
  const { output } = await build({
    input: join(folder, 'entry.ts'),
    platform: 'node',
    write: false,
    logLevel: 'warn',
    output: { codeSplitting: false },
  })
  for (const name of ['one', 'two', 'three']) {
    const file = join(folder, `${name}.mjs`)
    await writeFile(file, output[0].code)
    copies.push(await import(/* @vite-ignore */ pathToFileURL(file).href))
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** The module of a site, as each copy runs it: its own client of one database, and its own functions. */
const siteOf = (copy: Copy, making: Making, store: Store, more: object = {}): Index.Sessions => {
  const options = { secrets: SECRET, store: { ...store }, onEvent: () => {}, ...more }
  return making === 'sharedSessions' ? copy.sharedSessions('shop', options) : copy.createSessions(options)
}

const database = (): Watched => watched(memoryStore())

/** One request that passes a middleware and a handler, of which each is in a copy of its own; the names and values that it sets. */
async function passing(
  making: Making,
  store: Store,
  cookie = '',
  [first, second]: [object, object] = [{}, {}],
): Promise<{ lines: string[]; seen: string }> {
  const request = new Request('https://app.test/', { headers: { cookie } })
  const [proxy, handler] = [siteOf(copies[0] as Copy, making, store, first), siteOf(copies[1] as Copy, making, store, second)]
  const [outer, inner] = [(copies[0] as Copy).adapterOf(proxy), (copies[1] as Copy).adapterOf(handler)]
  let seen = ''
  const response = await outer.requestSession(request, request.headers).through(async () => {
    ;(await proxy.open(request)).set('proxy', true)
    return inner.requestSession(request, request.headers).through(async () => {
      const session = await handler.open(request)
      seen = JSON.stringify(session.data)
      session.set('handler', true)
      return new Response('ok')
    })
  })
  return { lines: response.headers.getSetCookie(), seen }
}

const cookiesOf = (lines: readonly string[]): string => {
  const jar = createJar()
  for (const line of lines) jar.set(line, 'https://app.test/')
  return jar.header('https://app.test/')
}

test('the copies are copies', () => {
  expect(new Set(copies.map(({ createSessions }) => createSessions)).size).toBe(3)
})

describe('F24: a request of a new visitor that passes two copies', () => {
  test('is given one record and one Set-Cookie, and loses nothing', async () => {
    const { store, calls } = database()
    const { lines, seen } = await passing('sharedSessions', store)
    expect([lines.length, calls.filter((call) => call === 'create').length, seen]).toEqual([1, 1, '{"proxy":true}'])
    const again = await passing('sharedSessions', store, cookiesOf(lines))
    expect(JSON.parse(again.seen)).toEqual({ proxy: true, handler: true })
  })

  test('without sharing it is given two records, and one of the values is lost', async () => {
    const { store, calls } = database()
    const { lines } = await passing('createSessions', store)
    expect(calls.filter((call) => call === 'create')).toHaveLength(2)
    const again = await passing('createSessions', store, cookiesOf(lines))
    expect(Object.keys(JSON.parse(again.seen))).toHaveLength(1)
  })

  test.each<[string, object]>([
    ['secrets', { secrets: `${SECRET}-another` }],
    ['a cookie', { cookie: { name: '__Host-another' } }],
    ['an idle timeout', { idleTimeout: 60 }],
    ['an absolute timeout', { absoluteTimeout: 60 }],
    ['a header', { header: 'x-another' }],
    ['sealed records', { encryptRecords: true }],
    ['what happens when the store is down', { whenStoreDown: 'read-only' }],
    ['readers of other libraries', { migrateFrom: [] }],
  ])('S12: configurations that differ in %s share nothing', async (_, other) => {
    const { store, calls } = database()
    const { seen } = await passing('sharedSessions', store, '', [{}, other])
    expect([seen, calls.filter((call) => call === 'create').length]).toEqual(['{}', 2])
  })

  test('sites of another name share nothing', () => {
    const [one, two] = copies as [Copy, Copy]
    const request = new Request('https://app.test/')
    const [shop, forum] = [one.sharedSessions('shop', { secrets: SECRET }), two.sharedSessions('forum', { secrets: SECRET })]
    one.adapterOf(shop).requestSession(request, request.headers)
    return expect(forum.open(request)).rejects.toMatchObject({ code: 'NOT_WRAPPED' })
  })
})

describe('records in memory', () => {
  /** What a copy's own `memoryStore` knows of the visitor with this cookie, after it has counted. */
  async function counted(copy: Copy, making: Making, cookie: string, name = 'memory'): Promise<{ n: number; cookie: string }> {
    const options = { secrets: SECRET, store: copy.memoryStore() }
    const sessions =
      making === 'sharedSessions'
        ? copy.sharedSessions<{ n: number }>(name, options)
        : copy.createSessions<{ n: number }>(options)
    const requestSession = copy.adapterOf(sessions).detached(new Headers({ cookie }))
    const n = (await requestSession.open()).update('n', (was) => Number(was ?? 0) + 1)
    await requestSession.commit()
    const line = requestSession.cookies[0]
    return { n: Number(n), cookie: line ? `${line.name}=${line.value}` : cookie }
  }

  test('F24: are the same for all copies, and for one that a development server loads later', async () => {
    let cookie = ''
    const seen: number[] = []
    for (const copy of [...copies, ...copies]) {
      const visit = await counted(copy, 'sharedSessions', cookie)
      seen.push(visit.n)
      cookie = visit.cookie
    }
    expect(seen).toEqual([1, 2, 3, 4, 5, 6])
    expect((await counted(copies[0] as Copy, 'sharedSessions', cookie, 'another site')).n).toBe(1)
  })

  test('without sharing each copy has its own', async () => {
    const first = await counted(copies[0] as Copy, 'createSessions', '')
    expect((await counted(copies[1] as Copy, 'createSessions', first.cookie)).n).toBe(1)
  })
})

describe('between copies', () => {
  test('sessions that one made are known to the adapter of another, and its errors are errors of all', async () => {
    const [one, two] = copies as [Copy, Copy]
    const sessions = one.createSessions({ secrets: SECRET })
    expect((await two.adapterOf(sessions).detached(new Headers()).open()).isNew).toBe(true)
    const error = await sessions.open({} as never).catch((reason: unknown) => reason)
    expect([error instanceof one.SessionError, error instanceof two.SessionError, error instanceof Error]).toEqual([
      true,
      true,
      true,
    ])
    for (const other of [new Error('SessionError'), Object.assign(new Error(), { name: 'SessionError' }), null, 'SessionError'])
      expect(other instanceof two.SessionError).toBe(false)
  })

  test('S12: sessions of a configuration that is written anew are made once for all, unless a function or a store is another', () => {
    const [one, two] = copies as [Copy, Copy]
    const made = (copy: Copy, more: object): object =>
      copy.sessionsFor('trial', { password: SECRET, cookie: { path: '/' }, ...more }, () =>
        copy.createSessions({ secrets: SECRET }),
      )
    const [now, store] = [() => 1, memoryStore()]
    expect(made(one, {})).toBe(made(two, {}))
    expect(made(one, { now, store })).toBe(made(two, { now, store }))
    expect(made(one, { now: () => 1 })).not.toBe(made(two, { now: () => 1 }))
    expect(made(one, { store: one.memoryStore() })).not.toBe(made(two, { store: two.memoryStore() }))
    expect(made(one, {})).not.toBe(made(two, { cookie: { path: '/a' } }))
  })

  test('a response of node:http waits for both, and carries one cookie', async () => {
    const { store, calls } = database()
    const [outer, inner] = [
      siteOf(copies[0] as Copy, 'sharedSessions', store),
      siteOf(copies[1] as Copy, 'sharedSessions', store),
    ]
    const [wrap, wrapAgain] = [(copies[0] as Copy).withNode(outer), (copies[1] as Copy).withNode(inner)]
    const place = await serving((req, res) =>
      wrap(req, res, () =>
        wrapAgain(req, res, async () => {
          ;(await outer.open(req)).set('a', 1)
          ;(await inner.open(req)).set('b', 2)
          res.end(JSON.stringify((await outer.open(req)).data))
        }),
      ),
    )
    const response = await fetch(place.origin)
    expect([await response.json(), response.headers.getSetCookie().length]).toEqual([{ a: 1, b: 2 }, 1])
    expect(calls.filter((call) => call === 'create')).toHaveLength(1)
  })

  test('nothing that prints the global object shows what the registry keeps', async () => {
    const secret = 'never to be seen: 5kVx8Qm2'.padEnd(40, 'x')
    ;(copies[0] as Copy).sharedSessions('hidden', { secrets: secret })
    const shown = inspect(globalThis, { showHidden: true, depth: 6 })
    expect(shown.includes(secret)).toBe(false)
  })
})
