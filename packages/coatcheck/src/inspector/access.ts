import { inProduction } from '../core/inspecting.ts'
import type { WebRequest } from '../web.ts'

/** Why a request is not let in where no `authorize` says who may. */
export const REFUSALS = {
  production: 'Without `authorize` the inspector answers in development only, and NODE_ENV is `production` here.',
  unknown:
    'The inspector does not know from which address this request comes. Pass what the server gives besides the request as its second argument, such as `c.env` of Hono on Node, or give it `authorize`.',
  remote: 'Without `authorize` the inspector answers requests of this machine only, and this one comes from elsewhere.',
  host: 'Without `authorize` the inspector answers requests for localhost only, and this one names another host.',
  proxied:
    'Without `authorize` the inspector answers no request that came through a proxy, since that hides where it comes from.',
} as const

export type AccessRefusal = keyof typeof REFUSALS

const FORWARDED = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'cf-connecting-ip',
]

/** undefined: the request was sent by somebody at this very machine, as far as can be told. `info`: see `addressOf`. */
export function refusalOf(request: WebRequest, info: unknown): AccessRefusal | undefined {
  if (inProduction()) return 'production'
  const address = addressOf(request, info)
  if (address === undefined) return 'unknown'
  if (!isLoopback(address)) return 'remote'
  if (FORWARDED.some((name) => request.headers.get(name) !== null)) return 'proxied'
  // A page of another site that had its name lead to this machine (DNS rebinding) still has to name that site.
  const { hostname } = new URL(request.url)
  const [asked = ''] = /^(?:\[[^\]]*\]|[^:]*)/.exec(request.headers.get('host') ?? hostname) ?? []
  return isLocalName(hostname) && isLocalName(asked) ? undefined : 'host'
}

/**
 * The address at the other end of the connection, where servers say it: Node's `req`, the environment that @hono/node-server gives, Deno's `info`,
 * Bun's server, srvx's `request.ip`; or the address itself.
 */
export function addressOf(request: WebRequest, info: unknown): string | undefined {
  if (typeof info === 'string') return info
  const { socket, incoming, remoteAddr, requestIP } = (info ?? {}) as Info
  if (typeof requestIP === 'function') return textOf((Reflect.apply(requestIP, info, [request]) as Address)?.address)
  const { ip } = request as { readonly ip?: unknown }
  return textOf(incoming?.socket?.remoteAddress ?? socket?.remoteAddress ?? remoteAddr?.hostname ?? ip)
}

type Address = { readonly address?: unknown } | null | undefined
interface Socket {
  readonly remoteAddress?: unknown
}
interface Info {
  readonly socket?: Socket | null
  readonly incoming?: { readonly socket?: Socket | null } | null
  readonly remoteAddr?: { readonly hostname?: unknown } | null
  readonly requestIP?: unknown
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const isLoopback = (address: string): boolean => /^(?:::ffff:)?127\.\d+\.\d+\.\d+$|^(?:0:){7}1$|^::1$/i.test(address)

const isLocalName = (host: string): boolean => /^(?:(?:[\w-]+\.)*localhost|127\.\d+\.\d+\.\d+|\[::1\])$/i.test(host)
