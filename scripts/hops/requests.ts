import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { type Way, wayOf } from './count.ts'
import { marked } from './mark.ts'

const src = new URL('../../packages/coatcheck/src/', import.meta.url).href

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    if (!url.startsWith(src)) return loaded
    const text = String(loaded.source)
    return { ...loaded, source: marked(fileURLToPath(url).slice(fileURLToPath(src).length).replaceAll('\\', '/'), text) }
  },
})

// Loaded here, and by nothing before: their sources are marked while they load.
const { createSessions } = await import('../../packages/coatcheck/src/index.ts')
const { withSession } = await import('../../packages/coatcheck/src/adapters/fetch.ts')
const { memoryStore } = await import('../../packages/coatcheck/src/stores/memory.ts')

const secrets = 'hops: 6fJ1sXw0bQ3rVn8yKc5uTz2mPd7gEa9h'
const url = 'https://app.test/'

/** The requests whose ways are counted. Each is the third of its kind, so that nothing is made for the first time. */
async function wayOfRequest(stored: boolean, known: boolean): Promise<Way> {
  let time = Date.UTC(2026, 0, 1)
  const now = () => time
  const sessions = createSessions({ secrets, now, ...(stored && { store: memoryStore({ now }) }) })
  const writing = withSession(sessions, async (request) => {
    const session = await sessions.open(request)
    session.set('count', Number(session.get('count') ?? 0) + 1)
    return new Response('ok')
  })
  const reading = withSession(sessions, async (request) => {
    const session = await sessions.open(request)
    return new Response(String(session.get('count')))
  })
  const handle = known ? writing : reading
  let cookie = ''
  const request = () => new Request(url, known && cookie ? { headers: { cookie } } : {})
  for (let n = 0; n < 2; n++) {
    const response = await handle(request())
    cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie
    time += 1000
  }
  if (known && !cookie) throw new Error('The requests before the one that is counted were given no cookie.')
  const last = request()
  return wayOf(() => handle(last))
}

/** A request that reads a session, sets a value and commits it, stored and sealed; and one of nobody, which finds nothing to read. */
export const wayOfEach = async (): Promise<Readonly<Record<'stored' | 'sealed' | 'anonymous', Way>>> => ({
  stored: await wayOfRequest(true, true),
  sealed: await wayOfRequest(false, true),
  anonymous: await wayOfRequest(true, false),
})
