import { createRequire } from 'node:module'
import Fastify, { type FastifyInstance, type FastifyPluginCallback, type FastifyReply, type FastifyRequest } from 'fastify'
import { onTestFinished } from 'vitest'
import coatcheck, {
  fastifySecureSession,
  type SecureSession,
  type SecureSessionOptions,
  type Session,
  type SessionOptions,
} from '../../src/adapters/middleware/fastify.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { createJar, type Jar } from '../../src/testing/index.ts'
import type { Site } from '../differential/visits.ts'
import { type Browser, browser } from './browser.ts'

/** Fastify's own plugins, without their types: those of the two session plugins name the same property differently (F42). */
const load = createRequire(import.meta.url)
type Plugin = FastifyPluginCallback<Record<string, unknown>>
const named = (name: string): Plugin => load(`@fastify/${name}`)

export const upstream: Readonly<Record<'cookie' | 'session' | 'secureSession' | 'csrf' | 'flash', () => Plugin>> = {
  cookie: () => named('cookie'),
  session: () => named('session'),
  secureSession: () => named('secure-session'),
  csrf: () => named('csrf-protection'),
  flash: () => named('flash'),
}

/** The application on a port of its own. */
export async function listening(app: FastifyInstance): Promise<Site> {
  const base = await app.listen({ port: 0, host: '127.0.0.1' })
  return {
    base,
    close() {
      app.server.closeAllConnections()
      void app.close()
    },
  }
}

export const SECRET: string = 'a secret that is long enough for all'
export const KEY: Buffer = Buffer.alloc(32, 'a key for all')
export const given: SessionOptions = { secret: SECRET, saveUninitialized: false, rolling: false, cookie: { secure: false } }

export type Request = FastifyRequest & { session: Session }
export type Act = (request: Request, reply: FastifyReply) => unknown
export type Use = (app: FastifyInstance) => void

/** An application with these pages, and visitors of it. */
export async function site(
  pages: Record<string, Act>,
  use: Use = ours(),
  app: FastifyInstance = Fastify(),
): Promise<{ readonly app: FastifyInstance; readonly base: string; visitor(jar?: Jar): Browser }> {
  use(app)
  app.register(async (scope) => {
    for (const [path, act] of Object.entries(pages)) scope.all(path, (request, reply) => act(request as Request, reply))
  })
  const { base, close } = await listening(app)
  onTestFinished(close)
  return { app, base, visitor: (jar = createJar()): Browser => browser(base, jar) }
}

export const told = (response: Promise<Response>): Promise<string> => response.then((each) => each.text())
export const count: Act = async ({ session }) => {
  const n = ((session.get('n') as number | undefined) ?? 0) + 1
  session.set('n', n)
  return String(n)
}
export const show: Act = async ({ session }) => session.data()
export const leave: Act = async ({ session }) => {
  const secure = session as unknown as SecureSession
  if (session.destroy) await session.destroy()
  else secure.delete()
  return 'gone'
}

export const secure =
  (options: SecureSessionOptions = { key: KEY }): Use =>
  (app) =>
    void app.register(fastifySecureSession, options)
export const withStore = (): Use => secure({ key: KEY, store: memoryStore() })
export const ours =
  (options: SessionOptions = {}): Use =>
  (app) =>
    void app.register(coatcheck, { ...given, ...options })
export const theirs =
  (options: object = {}): Use =>
  (app) =>
    void app.register(upstream.cookie()).register(upstream.session(), { ...given, store: textStore(), ...options })

type Done = (error?: Error | null, value?: unknown) => void

/** A store as @fastify/session's documents have it, that keeps texts: its own keeps the very objects. */
export function textStore(): { readonly rows: ReadonlyMap<string, string> } & Readonly<
  Record<'get' | 'set' | 'destroy', unknown>
> {
  const rows = new Map<string, string>()
  return {
    rows,
    get: (id: string, done: Done) => void setImmediate(() => done(null, JSON.parse(rows.get(id) ?? 'null'))),
    set: (id: string, session: unknown, done: Done) => {
      rows.set(id, JSON.stringify(session))
      setImmediate(done)
    },
    destroy: (id: string, done: Done) => {
      rows.delete(id)
      setImmediate(done)
    },
  }
}
