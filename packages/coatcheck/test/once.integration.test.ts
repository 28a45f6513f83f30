import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { makeFolder, removeFolder } from '../../../scripts/engine-process.ts'
import { startPostgres, startRedis } from '../../../scripts/engine-servers.ts'
import type { EngineName } from '../../../scripts/engines.ts'
import { withSession } from '../src/adapters/fetch.ts'
import { createSessions } from '../src/index.ts'
import { fileStore } from '../src/stores/file.ts'
import { sqliteStore } from '../src/stores/sqlite.ts'
import type { Store } from '../src/stores/store.ts'
import { isLeftOut } from './helpers/engines.ts'
import { Provider, serveProvider, type Tokens } from './helpers/provider.ts'
import { openShared } from './helpers/shared.ts'

// 50 parallel requests of one session in each of 3 processes, on real engines, against a provider that gives each refresh token once and
// revokes all when one comes again.

const CHILD = fileURLToPath(new URL('./children/once.ts', import.meta.url))
const SECRET = 'jH4-kLpQ9_wErTyU2iOpAs7DfGhJ0zXcVbNm'
const REQUESTS = 50
const PROCESSES = ['a', 'b', 'c']

interface Place {
  readonly place: string
  readonly store: Store
  close(): Promise<unknown>
}

const onServer = (kind: 'redis' | 'postgres', start: typeof startRedis) => async (): Promise<Place> => {
  const engine = await start()
  const { store, close } = await openShared(kind, engine.url)
  await store.migrate?.()
  return { place: engine.url, store, close: () => close().then(() => engine.stop()) }
}

const inFolder = (open: (folder: string) => Omit<Place, 'close'>) => async (): Promise<Place> => {
  const folder = makeFolder('once')
  const opened = open(folder)
  return {
    ...opened,
    async close() {
      await opened.store.close?.()
      removeFolder(folder)
    },
  }
}

const PLACES: Readonly<Record<string, () => Promise<Place>>> = {
  redis: onServer('redis', startRedis),
  postgres: onServer('postgres', startPostgres),
  sqlite: inFolder((folder) => ({
    place: `${folder}/sessions.sqlite`,
    store: sqliteStore({ path: `${folder}/sessions.sqlite` }),
  })),
  file: inFolder((folder) => ({ place: folder, store: fileStore({ directory: folder }) })),
}

const children: ChildProcess[] = []
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
})

/** A server of its own, which waits until it is told to go; `came` are its answers. */
async function server(...args: string[]): Promise<{ child: ChildProcess; go(): void; came(): Promise<readonly string[]> }> {
  const child = spawn(process.execPath, [CHILD, ...args, String(REQUESTS)], { stdio: ['pipe', 'pipe', 'inherit'] })
  children.push(child)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  expect((await lines.next()).value).toBe('ready')
  return {
    child,
    go: () => void child.stdin?.write('go\n'),
    came: async () => JSON.parse((await lines.next()).value ?? '[]'),
  }
}

async function signedIn(store: Store, tokens: Tokens) {
  const sessions = createSessions<{ tokens: Tokens }>({ secrets: SECRET, store })
  const serve = withSession(sessions, async (request) => {
    const session = await sessions.open(request)
    if (session.isNew) {
      session.signIn('ada')
      session.set('tokens', tokens)
    }
    return Response.json(session.get('tokens'))
  })
  const first = await serve(new Request('https://app.test/'))
  const cookie = first.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const look = async () => (await serve(new Request('https://app.test/', { headers: { cookie } }))).json()
  return { cookie, look }
}

const present = Object.entries(PLACES).filter(([name]) => !isLeftOut(name as EngineName))

// All at once: each waits for its leases most of the time.
describe.concurrent.each(present)('a token is refreshed by 3 processes with 50 requests each, on %s', (kind, start) => {
  it('the provider is asked once, and nobody gets tokens that are not good', async () => {
    const { place, store, close } = await start()
    const provider = new Provider()
    // Longer than a lease lasts, so that it has to be renewed.
    const http = await serveProvider(provider, () => new Promise((resolve) => setTimeout(resolve, 6000)))
    try {
      const { cookie, look } = await signedIn(store, provider.newest)
      const servers = await Promise.all(PROCESSES.map(() => server(kind, place, SECRET, cookie, http.url)))
      for (const { go } of servers) go()
      const came = (await Promise.all(servers.map((each) => each.came()))).flat()
      expect([came.length, [...new Set(came)]]).toEqual([REQUESTS * PROCESSES.length, ['access-1']])
      expect([provider.came, provider.isRevoked]).toEqual([['refresh-0'], false])
      expect(await look()).toEqual(provider.newest)
    } finally {
      await http.close()
      await close()
    }
  })

  it('the process that asks is killed, and the others go on, where the provider lets the last token come again', async () => {
    const { place, store, close } = await start()
    const provider = new Provider({ leeway: true })
    const asked = Promise.withResolvers<void>()
    let isFirst = true
    const http = await serveProvider(provider, async () => {
      if (!isFirst) return
      isFirst = false
      asked.resolve()
      await new Promise((resolve) => setTimeout(resolve, 500))
    })
    try {
      const { cookie, look } = await signedIn(store, provider.newest)
      const [dies, ...others] = await Promise.all(PROCESSES.map(() => server(kind, place, SECRET, cookie, http.url)))
      dies?.go()
      await asked.promise
      dies?.child.kill('SIGKILL')
      for (const { go } of others) go()
      const came = (await Promise.all(others.map((each) => each.came()))).flat()
      expect([came.length, [...new Set(came)]]).toEqual([REQUESTS * 2, ['access-1']])
      expect([provider.came, provider.isRevoked]).toEqual([['refresh-0', 'refresh-0'], false])
      expect(await look()).toEqual(provider.newest)
    } finally {
      await http.close()
      await close()
    }
  })
})
