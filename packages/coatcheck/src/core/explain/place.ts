/** The address that a request was made to, as the browser knows it, as far as that can be told. */
export interface Place {
  readonly method?: string | undefined
  readonly scheme?: 'http' | 'https' | undefined
  /** In lower case, without the port. */
  readonly host?: string | undefined
  /** Without the query: it may hold what nobody is to read. */
  readonly path?: string | undefined
}

type Shape = Readonly<Record<string, unknown>>
type Header = (name: string) => string | undefined

const isObject = (value: unknown): value is Shape => (typeof value === 'object' || typeof value === 'function') && value !== null

/** Where the request is in what frameworks hand on: contexts, events, requests. */
const WITHIN = ['request', 'req', 'raw', 'node', 'event']

/** `given`: what stands for the request in its framework. A proxy's word for the scheme counts: nothing is decided by it. */
export function placeOf(given: unknown, header: Header): Place {
  const request = requestIn(given, 3)
  const url = typeof request?.url === 'string' ? parsed(request.url) : undefined
  const forwarded = header('x-forwarded-proto')?.split(',')[0]?.trim() ?? /proto="?(https?)/i.exec(header('forwarded') ?? '')?.[1]
  const scheme = (forwarded ?? url?.scheme ?? socketScheme(request))?.toLowerCase()
  const host = header('x-forwarded-host')?.split(',')[0]?.trim() ?? header('host') ?? url?.host
  return {
    method: typeof request?.method === 'string' ? request.method.toUpperCase() : undefined,
    scheme: scheme === 'http' || scheme === 'https' ? scheme : undefined,
    host: host?.toLowerCase().replace(/:\d+$/, ''),
    path: url?.path,
  }
}

function requestIn(given: unknown, depth: number): Shape | undefined {
  if (!isObject(given)) return undefined
  try {
    if (typeof given.url === 'string') return given
    if (depth === 0) return undefined
    for (const name of WITHIN) {
      const found = requestIn(given[name], depth - 1)
      if (found) return found
    }
  } catch {
    // Some objects of frameworks throw when they are looked at.
  }
  return undefined
}

function parsed(url: string): { scheme?: string; host?: string; path?: string } {
  const [, scheme, host, path = '/'] = /^(?:([a-z]+):\/\/([^/?#]*))?([^?#]*)/i.exec(url) ?? []
  return { ...(scheme && host !== undefined && { scheme, host }), path: path === '' ? '/' : path }
}

function socketScheme(request: Shape | undefined): string | undefined {
  const socket = request?.socket
  return isObject(socket) ? (socket.encrypted ? 'https' : 'http') : undefined
}

/** A name of this very machine, whose http browsers trust (W3C Secure Contexts 3.1; Safari does not). */
export const isLoopback = (host: string | undefined): boolean =>
  host !== undefined && /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\])$/.test(host)
