import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { withSession } from '../src/adapters/fetch.ts'
import { createSessions } from '../src/index.ts'
import { fileStore } from '../src/stores/file.ts'
import { sqliteStore } from '../src/stores/sqlite.ts'

const child = fileURLToPath(new URL('./children/visits.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'coatcheck-processes-'))
afterAll(() => rmSync(folder, { recursive: true }))

const SECRET = 'jH4-kLpQ9_wErTyU2iOpAs7DfGhJ0zXcVbNm'
const stores = {
  file: { path: join(folder, 'files'), open: (path: string) => fileStore({ directory: path }) },
  sqlite: { path: join(folder, 'sessions.sqlite'), open: (path: string) => sqliteStore({ path }) },
}

for (const [kind, { path, open }] of Object.entries(stores)) {
  test(`promise 1: 4 processes, each with 250 parallel requests of one session in one ${kind} store, count and list exactly`, async () => {
    const sessions = createSessions<{ n: number; list: string[] }>({ secrets: SECRET, store: open(path) })
    const serve = withSession(sessions, async (request) => {
      const session = await sessions.open(request)
      if (session.isNew) session.set('n', 0)
      return Response.json({ n: session.get('n'), list: session.get('list') ?? [] })
    })
    const first = await serve(new Request('https://app.test/'))
    const cookie = first.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const run = (name: string) => promisify(execFile)(process.execPath, [child, kind, path, SECRET, cookie, name, '250'])
    const reports = await Promise.all(['a', 'b', 'c', 'd'].map(run))
    expect(reports.map(({ stdout }) => JSON.parse(stdout))).toEqual(Array.from({ length: 4 }, () => ({ kept: 250, failed: [] })))
    const { n, list } = (await (await serve(new Request('https://app.test/', { headers: { cookie } }))).json()) as {
      n: number
      list: string[]
    }
    expect([n, list.length, new Set(list).size]).toEqual([1000, 1000, 1000])
  })
}
