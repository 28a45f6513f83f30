// A Worker with one site for each store of Cloudflare: `/d1/login`, `/kv/count`, and so on. It runs in workerd.
import { withSession } from '../../src/adapters/fetch.ts'
import { createSessions } from '../../src/index.ts'
import { cloudflareKvStore } from '../../src/stores/cloudflare-kv.ts'
import { d1Store } from '../../src/stores/d1.ts'
import { durableObjectStore } from '../../src/stores/durable-object.ts'
import { answer, type Call, type Env, type Later, later } from './worker-stores.ts'

// It is declared without SQLite, as a class under `new_classes` is.
export { SessionObject as OldObject } from '../../src/stores/durable-object.ts'
export { TriedObject as SessionObject } from './worker-stores.ts'

export class FaultyObject {
  fetch(): Response {
    throw new Error('this object is broken')
  }
}

const STORES = {
  d1: ({ DB }: Env) => d1Store(DB),
  kv: ({ KV }: Env) => cloudflareKvStore(KV),
  objects: ({ SESSIONS }: Env) => durableObjectStore(SESSIONS),
}

interface Data {
  n: number
  list: string[]
}

type Serve = (request: Request) => Promise<Response>
const sites = new Map<string, Serve>()

function siteOf(name: keyof typeof STORES, env: Env): Serve {
  const sessions = createSessions<Data>({ secrets: env.SECRET, store: STORES[name](env) })
  return withSession(sessions, async (request) => {
    const session = await sessions.open(request)
    const { pathname, searchParams } = new URL(request.url)
    const does = pathname.split('/')[2]
    if (does === 'login') session.signIn('ada')
    if (does === 'logout') session.signOut()
    if (does === 'count' && session.owner !== undefined) {
      session.update('n', (n = 0) => n + 1)
      session.update('list', (list = []) => [...list, searchParams.get('item') ?? ''])
    }
    return Response.json({ owner: session.owner, n: session.get('n'), list: session.get('list') ?? [] })
  })
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const name = new URL(request.url).pathname.split('/')[1] ?? ''
    if (name === 'call') return Response.json(await answer((await request.json()) as Call, env))
    if (name === 'later') return Response.json(await later((await request.json()) as Later, env))
    if (!(name in STORES)) return new Response('no such site', { status: 404 })
    const serve = sites.get(name) ?? siteOf(name as keyof typeof STORES, env)
    sites.set(name, serve)
    return serve(request)
  },
}
