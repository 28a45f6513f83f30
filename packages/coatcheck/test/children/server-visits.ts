// Serves so many parallel requests of one session, several times each, as one of several servers that share an engine.
import { withSession } from '../../src/adapters/fetch.ts'
import { createSessions } from '../../src/index.ts'
import { openShared } from '../helpers/shared.ts'

const [kind = '', url = '', secret = '', cookie = '', name = '', writers = '0', times = '0'] = process.argv.slice(2)
const { store, close } = await openShared(kind, url)
const sessions = createSessions<{ n: number; list: string[] }>({ secrets: secret, store })
const serve = withSession(sessions, async (request) => {
  const session = await sessions.open(request)
  if (session.owner !== 'ada') return new Response('a stranger', { status: 403 })
  session.update('n', (n = 0) => n + 1)
  session.update('list', (list = []) => [...list, new URL(request.url).pathname])
  return new Response()
})

const statuses: number[] = []
async function visits(writer: number): Promise<void> {
  for (let n = 0; n < Number(times); n++) {
    const answer = await serve(new Request(`https://app.test/${name}.${writer}.${n}`, { headers: { cookie } }))
    statuses.push(answer.status)
    if (answer.status === 403) return
  }
}
console.log('begins')
const done = await Promise.allSettled(Array.from({ length: Number(writers) }, (_, writer) => visits(writer)))
const failed = done.flatMap((each) => (each.status === 'rejected' ? [String(each.reason)] : []))
console.log(JSON.stringify({ kept: statuses.filter((status) => status === 200).length, failed: failed.slice(0, 3) }))
await close()
