import cookie from '@fastify/cookie'
import secureSession from '@fastify/secure-session'
import session from '@fastify/session'
import coatcheck, { fastifySecureSession } from 'coatcheck/fastify'
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { counted, MEMORY, openPlace } from '../own/places.ts'
import { type Access, type Page, SECRET } from '../session.ts'
import type { Group, Opened, Tools, Visit } from '../setting.ts'
import { throughNode } from '../visits.ts'

const ATTRIBUTES = { path: '/', httpOnly: true, secure: true, sameSite: 'lax' } as const

/** The page in an application that `register` prepares. */
async function inFastify(page: Page, register: (app: FastifyInstance) => unknown): Promise<Visit> {
  const app = fastify()
  register(app)
  app.get('/', async (request) => page.use((request as FastifyRequest & { session: Access }).session))
  await app.ready()
  return throughNode((req, res) => app.routing(req, res))
}

function stored({ counts }: Tools): Opened {
  const store = new session.MemoryStore(new Map())
  const seen = counts ? counted(store, (method) => /^(get|set|destroy)$/.test(method)) : undefined
  const options = { secret: SECRET, saveUninitialized: false, rolling: false, cookie: ATTRIBUTES, store: seen?.target ?? store }
  return {
    visit: (page) => inFastify(page, (app) => void app.register(cookie).register(session, options)),
    ...(seen && { trips: seen.trips }),
  }
}

function sealed(): Opened {
  const options = { key: Buffer.from(SECRET), cookie: ATTRIBUTES }
  return { visit: (page) => inFastify(page, (app) => void app.register(secureSession, options)) }
}

async function ourStored(tools: Tools): Promise<Opened> {
  const { store, rest } = await openPlace(MEMORY, tools)
  const options = { secret: SECRET, saveUninitialized: false, rolling: false, cookie: ATTRIBUTES, ...(store && { store }) }
  return { visit: (page) => inFastify(page, (app) => void app.register(coatcheck, options)), ...rest }
}

function ourSealed(): Opened {
  const options = { secret: SECRET, cookie: ATTRIBUTES }
  return { visit: (page) => inFastify(page, (app) => void app.register(fastifySecureSession, options)) }
}

export const group: Group = {
  bare: {
    async Fastify() {
      const app = fastify()
      app.get('/', async () => 'ok')
      await app.ready()
      return throughNode((req, res) => app.routing(req, res))
    },
  },
  settings: [
    { name: '@fastify/session, MemoryStore', kind: 'memory', over: 'Fastify', open: stored },
    { name: '@fastify/secure-session', kind: 'sealed', over: 'Fastify', open: sealed },
    { name: 'coatcheck/fastify, memory', kind: 'memory', over: 'Fastify', ours: true, open: ourStored },
    { name: 'coatcheck/fastify, sealed', kind: 'sealed', over: 'Fastify', ours: true, open: ourSealed },
  ],
}
