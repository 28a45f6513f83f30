// `npm run bench:sockets`: how long after a sign-out the socket of the session closes, in another process, on real engines.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'
import { withSession } from '../packages/coatcheck/src/adapters/fetch.ts'
import { createSessions } from '../packages/coatcheck/src/index.ts'
import type { Store } from '../packages/coatcheck/src/stores/store.ts'
import { openPlace } from '../packages/coatcheck/test/helpers/places.ts'
import { startDatabase } from '../packages/coatcheck/test/stores/mysql.ts'
import { makeFolder, removeFolder } from '../scripts/engine-process.ts'
import { startNats, startPostgres, startRedis } from '../scripts/engine-servers.ts'
import { prepareEngines } from '../scripts/engines.ts'
import { median } from './statistics.ts'

const CHILD = fileURLToPath(new URL('../packages/coatcheck/test/children/sockets.ts', import.meta.url))
const SECRET = 'jH4-kLpQ9_wErTyU2iOpAs7DfGhJ0zXcVbNm'
const SOCKETS = 50

interface Engine {
  readonly url: string
  stop(): unknown
}

const inFolder = async (): Promise<Engine> => {
  const folder = makeFolder('sockets')
  return { url: `${folder}/sessions.sqlite`, stop: () => removeFolder(folder) }
}

const KINDS: Readonly<Record<string, () => Promise<Engine>>> = {
  redis: startRedis,
  postgres: startPostgres,
  nats: startNats,
  mysql: startDatabase,
  sqlite: inFolder,
}

function site(store: Store): (path: string, cookie?: string) => Promise<string> {
  const sessions = createSessions({ secrets: SECRET, store })
  const serve = withSession(sessions, async (request) => {
    const session = await sessions.open(request)
    if (request.url.endsWith('/login')) session.signIn('ada')
    else session.signOut()
    return new Response()
  })
  return async (path, cookie = '') => {
    const response = await serve(new Request(`https://app.test${path}`, { headers: { cookie } }))
    return response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  }
}

/** Milliseconds from the beginning of each sign-out to its response, and to the close of the socket. */
async function measured(kind: string, engine: Engine): Promise<{ readonly signOuts: number[]; readonly closes: number[] }> {
  const { store, close } = await openPlace(kind, engine.url)
  const child = spawn(process.execPath, [CHILD, kind, engine.url, SECRET], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [signOuts, closes]: [number[], number[]] = [[], []]
  try {
    await store.migrate?.()
    const visit = site(store)
    const { value: port } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()
    for (let nth = 0; nth < SOCKETS; nth++) {
      const cookie = await visit('/login')
      const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { headers: { cookie } })
      await new Promise((resolve, reject) => socket.on('message', resolve).on('error', reject))
      const closed = new Promise((resolve) => socket.on('close', resolve)).then(() => performance.now())
      const began = performance.now()
      await visit('/logout', cookie)
      signOuts.push(performance.now() - began)
      closes.push((await closed) - began)
    }
  } finally {
    child.kill('SIGKILL')
    await close()
  }
  return { signOuts, closes }
}

await prepareEngines(['redis', 'postgres', 'nats', 'mariadb'])
console.log(`${SOCKETS} sockets, one after the other; milliseconds from the beginning of the sign-out, median and largest:\n`)
console.log('| store | its response | the socket closes | largest |\n| --- | --- | --- | --- |')
for (const [kind, start] of Object.entries(KINDS)) {
  const engine = await start()
  try {
    const { signOuts, closes } = await measured(kind, engine)
    console.log(
      `| ${[kind, ...[median(signOuts), median(closes), Math.max(...closes)].map((ms) => ms.toFixed(1))].join(' | ')} |`,
    )
  } finally {
    await engine.stop()
  }
}
process.exit(0)
