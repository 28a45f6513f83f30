import type { SessionConfig } from '../../adapters/h3/config.ts'
import { sessionsWith } from '../../adapters/h3/options.ts'
import { configOf } from '../../adapters/iron-session/config.ts'
import type { SessionOptions } from '../../adapters/iron-session/interface.ts'
import type { AdapterOptions } from '../../core/options/options.ts'
import { OPTIONS } from '../../core/options/table.ts'
import { type AnySessions, adapterOf, sessionsOf } from '../../core/sessions.ts'
import type { Store } from '../../stores/store.ts'
import { type Site, siteOf } from './site.ts'

type Exports = Readonly<Record<string, unknown>>

/** Variables that hold the secret where a framework's settings do, and not the module. */
const VARIABLES = ['SESSION_SECRET', 'COATCHECK_SECRET', 'NUXT_SESSION_PASSWORD', 'NITRO_SESSION_PASSWORD']

/**
 * The sessions that a module makes. `made`: those that were made while it was loaded, by whatever adapter; those that its exports make when
 * they are used come to it here. Throws what making them throws.
 */
export async function sitesIn(exports: Exports, made: AnySessions[]): Promise<Site[]> {
  const named = new Map(Object.entries(exports).flatMap(([name, value]) => (isSessions(value) ? [[value, name] as const] : [])))
  const all = new Set<AnySessions>([...named.keys(), ...made])
  if (all.size === 0) for (const [name, value] of Object.entries(exports)) await use(value, name)
  for (const sessions of made) all.add(sessions)
  return [...all].map((sessions) => siteOf(sessions, named.get(sessions)))
}

/** Has an export of what `coatcheck init` writes make its sessions, as the application does. */
async function use(value: unknown, name: string): Promise<void> {
  if (typeof value === 'function') {
    // `useSessions(app)` of Koa and Fastify; the function of Nuxt and Nitro that gives the store. Nobody knows what others do.
    if (name !== 'useSessions' && !(name === 'default' && value.length === 0)) return
    const app = standIn()
    const answer: unknown = await value(app)
    askKoa(app)
    return isStore(answer) ? use(answer, name) : undefined
  }
  if (isStore(value)) return void sessionsOf({ store: value, ...secretsHere() })
  if (!isRecord(value)) return
  if (typeof value.cookieName === 'string' && 'password' in value) return void configOf(value as unknown as SessionOptions)
  if ('password' in value) return void sessionsWith(value as unknown as SessionConfig, 2)
  const known = Object.entries(value).filter(([name]) => name in OPTIONS)
  if (known.some(([name]) => name === 'store' || name === 'secrets'))
    sessionsOf({ ...secretsHere(), ...Object.fromEntries(known) } as AdapterOptions)
}

function secretsHere(): Pick<AdapterOptions, 'secrets'> {
  const secrets = VARIABLES.flatMap((name) => process.env[name] ?? [])
  return secrets.length > 0 ? { secrets } : {}
}

/** Koa's sessions are made when the first request asks for its own. */
function askKoa(app: StandIn): void {
  try {
    Reflect.get(Object.assign(Object.create(app.context), { app }), 'session')
  } catch {} // this is no request
}

interface StandIn {
  readonly context: object
}

/** What takes the place of an application of Koa or Fastify, and has the sessions made: every method is there. */
function standIn(): StandIn {
  const app: Record<PropertyKey, unknown> & StandIn = { keys: [], context: {} }
  const proxy = new Proxy(app, {
    get: (_, name) => (name in app ? app[name] : () => proxy),
    has: () => true,
    set: (_, name, value) => Reflect.set(app, name, value),
  })
  app.register = (plugin: (app: object, options: unknown, done: () => void) => unknown, options: unknown) =>
    plugin(proxy, options, () => {})
  return proxy
}

export function isSessions(value: unknown): value is AnySessions {
  try {
    return isRecord(value) && Boolean(adapterOf(value as unknown as AnySessions))
  } catch {
    return false
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null

const isStore = (value: unknown): value is Store =>
  isRecord(value) && ['read', 'create', 'update', 'delete'].every((name) => typeof value[name] === 'function')
