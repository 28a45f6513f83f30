// Serves so many parallel requests of one session, as one of several processes that share a store.
import { withSession } from '../../src/adapters/fetch.ts'
import { createSessions } from '../../src/index.ts'
import { fileStore } from '../../src/stores/file.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'

const [kind, path = '', secret = '', cookie = '', name = '', count = '0'] = process.argv.slice(2)
const store = kind === 'file' ? fileStore({ directory: path }) : sqliteStore({ path })
const sessions = createSessions<{ n: number; list: string[] }>({ secrets: secret, store })
const serve = withSession(sessions, async (request) => {
  const session = await sessions.open(request)
  session.update('n', (n = 0) => n + 1)
  session.update('list', (list = []) => [...list, new URL(request.url).pathname])
  return new Response()
})
const visit = (at: number) => serve(new Request(`https://app.test/${name}${at}`, { headers: { cookie } }))
const answers = await Promise.allSettled(Array.from({ length: Number(count) }, (_, at) => visit(at)))
const failed = answers.flatMap((answer) => (answer.status === 'rejected' ? [String(answer.reason)] : []))
console.log(JSON.stringify({ kept: answers.length - failed.length, failed: failed.slice(0, 3) }))
