// What the packed package must do on every runtime. Nothing here knows which runtime it is: only the package's own entries are imported.
import * as engine from 'coatcheck'
import * as csrf from 'coatcheck/csrf'
import * as fetchAdapter from 'coatcheck/fetch'
import * as honoAdapter from 'coatcheck/hono'
import * as nodeAdapter from 'coatcheck/node'
import * as memory from 'coatcheck/stores/memory'
import * as testing from 'coatcheck/testing'
import * as websocket from 'coatcheck/websocket'
import { engineSuite } from './engine.mjs'
import { socketSuite } from './sockets.mjs'

const everywhere = { engine, csrf, fetchAdapter, honoAdapter, nodeAdapter, memory, testing, websocket }

/**
 * Runs every test, one after the other, and yields a line for each: `{ name, error? }`. `more` holds the entries that only some runtimes
 * can load (the file store and the SQLite store), and `folder` is where their files may go.
 */
export async function* suite(more = {}, folder = undefined) {
  const tests = []
  const it = (name, body) => tests.push({ name, body })
  describe({ ...everywhere, ...more }, folder, it)
  for (const { name, body } of tests) {
    try {
      await body()
      yield { name }
    } catch (error) {
      yield { name, error: String(error?.stack ?? error) }
    }
  }
  yield { tests: tests.length }
}

function describe(entries, folder, it) {
  for (const [name, entry] of Object.entries(entries)) {
    it(`loads ${name}`, () => {
      if (Object.keys(entry).length === 0) throw new Error(`${name} exports nothing`)
    })
  }
  const { file, sqlite } = entries
  it('csrf: refuses what another site sends, unless it brings a token of the session', async () => {
    const values = new Map()
    const session = { owner: 'ada', get: (key) => values.get(key), set: (key, value) => values.set(key, value) }
    let token = ''
    const guard = csrf.crossSite({ token: () => ({ session, token }) })
    const headers = { 'sec-fetch-site': 'cross-site', cookie: 'a=1' }
    const serve = guard.fetch(() => new Response('done'))
    const send = async () => (await serve(new Request('https://shop.example/', { method: 'POST', headers }))).status
    const statuses = [await send()]
    token = await guard.token(session)
    statuses.push(await send())
    if (String(statuses) !== '403,200') throw new Error(`answered ${statuses}`)
  })
  engineSuite(it, { fileStore: file?.fileStore, sqliteStore: sqlite?.sqliteStore, folder })
  socketSuite(it)
  const expect = ['list', 'listByOwner', 'prune']
  const stores = {
    memory: ({ now }) => ({ store: memory.memoryStore({ now }) }),
    ...(file && { file: () => ({ store: file.fileStore({ directory: `${folder}/suite${++count}` }) }) }),
    ...(sqlite && { sqlite: () => ({ store: sqlite.sqliteStore({ path: `${folder}/suite${++count}.sqlite` }) }) }),
  }
  let count = 0
  for (const [name, open] of Object.entries(stores)) {
    testing.storeSuite({ it: (test, body) => it(`${name} store: ${test}`, body), open, expect, records: 1_000 })
  }
}
