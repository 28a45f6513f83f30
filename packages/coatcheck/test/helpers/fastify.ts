import { createRequire } from 'node:module'
import type { FastifyInstance, FastifyPluginCallback } from 'fastify'
import type { Site } from '../differential/visits.ts'

/** Fastify's own plugins, without their types: those of the two session plugins name the same property differently (F42). */
const load = createRequire(import.meta.url)
const named = (name: string): FastifyPluginCallback => load(`@fastify/${name}`)

export const upstream: Readonly<
  Record<'cookie' | 'session' | 'secureSession' | 'passport' | 'csrf' | 'flash' | 'formbody', () => FastifyPluginCallback>
> = {
  cookie: () => named('cookie'),
  session: () => named('session'),
  secureSession: () => named('secure-session'),
  passport: () => named('passport'),
  csrf: () => named('csrf-protection'),
  flash: () => named('flash'),
  formbody: () => named('formbody'),
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
