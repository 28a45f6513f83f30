import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createPool } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Running, startMariadb, startPostgres, startRedis } from '../../../scripts/engine-servers.ts'
import type { EngineName } from '../../../scripts/engines.ts'
import { withSession } from '../src/adapters/fetch.ts'
import { createSessions } from '../src/index.ts'
import { isLeftOut } from './helpers/engines.ts'
import { openShared } from './helpers/shared.ts'

const CHILD = fileURLToPath(new URL('./children/server-visits.ts', import.meta.url))
const SECRET = 'jH4-kLpQ9_wErTyU2iOpAs7DfGhJ0zXcVbNm'
const WRITERS = 32

const ENGINES = {
  redis: () => startRedis(),
  postgres: () => startPostgres(),
  async mariadb() {
    const running = await startMariadb()
    const pool = createPool(running.url)
    await pool.query('CREATE DATABASE app')
    await pool.end()
    return { ...running, url: `${running.url}app` }
  },
}

const present = Object.entries(ENGINES).filter(([name]) => !isLeftOut(name as EngineName))

describe.each(present)('two servers that share one %s', (kind, start) => {
  let engine: Running
  let shared: Awaited<ReturnType<typeof openShared>>
  beforeAll(async () => {
    engine = await start()
    shared = await openShared(kind, engine.url)
    await shared.store.migrate?.()
  })
  afterAll(async () => {
    await shared.close()
    await engine.stop()
  })

  const site = () => {
    const sessions = createSessions<{ n: number; list: string[] }>({ secrets: SECRET, store: shared.store })
    return withSession(sessions, async (request) => {
      const session = await sessions.open(request)
      const { pathname } = new URL(request.url)
      if (pathname === '/login') session.signIn('ada')
      if (pathname === '/logout') session.signOut()
      return Response.json({ owner: session.owner, n: session.get('n'), list: session.get('list') ?? [] })
    })
  }
  const visit = (path: string, cookie = '') => site()(new Request(`https://app.test${path}`, { headers: { cookie } }))
  const signedIn = async (): Promise<string> => (await visit('/login')).headers.getSetCookie()[0]?.split(';')[0] ?? ''

  function server(name: string, cookie: string, times: number): ChildProcess {
    const args = [CHILD, kind, engine.url, SECRET, cookie, name, String(WRITERS), String(times)]
    return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  }
  async function lines(child: ChildProcess): Promise<string[]> {
    const said: string[] = []
    if (child.stdout) for await (const line of createInterface({ input: child.stdout })) said.push(line)
    return said
  }

  it('with 32 writers each on one session, which lose nothing', async () => {
    const cookie = await signedIn()
    const said = await Promise.all(['a', 'b'].map((name) => lines(server(name, cookie, 8))))
    expect(said.map(([, report]) => JSON.parse(report ?? ''))).toEqual(
      Array.from({ length: 2 }, () => ({ kept: WRITERS * 8, failed: [] })),
    )
    const { n, list } = (await (await visit('/', cookie)).json()) as { n: number; list: string[] }
    expect([n, list.length, new Set(list).size]).toEqual(Array.from({ length: 3 }, () => 2 * WRITERS * 8))
  })

  it('with 32 writers each on one session, whose sign-out is final', async () => {
    const cookie = await signedIn()
    const servers = ['a', 'b'].map((name) => server(name, cookie, 1_000_000))
    // They write until they are strangers, which is what ends them.
    const said = servers.map(lines)
    await Promise.all(servers.map(({ stdout }) => stdout && once(stdout, 'data')))
    while (((await (await visit('/', cookie)).json()) as { n?: number }).n === undefined)
      await new Promise((resolve) => setTimeout(resolve, 10))
    await visit('/logout', cookie)
    expect(await (await visit('/', cookie)).json()).toEqual({ list: [] })
    const reports = (await Promise.all(said)).map(([, report]) => JSON.parse(report ?? ''))
    expect(reports.map(({ failed }) => failed)).toEqual([[], []])
    expect(await (await visit('/', cookie)).json()).toEqual({ list: [] })
  })
})
