import { builtin } from '../../builtin.ts'
import type { HeadersOut } from '../request/response-headers.ts'
import { ABOUT_BODY } from '../request/taken-back.ts'

/** The part of node:http's `ServerResponse` that is used here; the responses of node:http2 have it too. */
export interface NodeResponse {
  statusCode: number
  statusMessage: string
  readonly headersSent: boolean
  readonly writableEnded?: boolean
  getHeader(name: string): number | string | readonly string[] | undefined
  getHeaderNames(): string[]
  setHeader(name: string, value: number | string | readonly string[]): unknown
  appendHeader(name: string, value: string | readonly string[]): unknown
  removeHeader(name: string): void
  addTrailers(trailers: Record<string, string>): void
  writeHead(...args: never[]): unknown
  flushHeaders?(): void
  write(...args: never[]): unknown
  end(...args: never[]): unknown
  destroy(error?: Error): unknown
  on(event: string, listener: Listener): unknown
  emit(event: string): boolean
  rawListeners(event: string): unknown[]
}

export type Listener = (...args: unknown[]) => void

/** A call that sends something. */
export type Call = readonly [name: 'writeHead' | 'flushHeaders' | 'write' | 'end', args: readonly unknown[]]

/** Whether this is a response of node:http or node:http2 itself, and no imitation of one. */
export function isServerResponse(res: object): boolean {
  const http = builtin((node) => node.getBuiltinModule('node:http'))
  if (http?.ServerResponse && res instanceof http.ServerResponse) return true
  // Loading node:http2 costs; a response that can be one of its own has this property.
  const http2 = 'stream' in res ? builtin((node) => node.getBuiltinModule('node:http2')) : undefined
  return http2?.Http2ServerResponse !== undefined && res instanceof http2.Http2ServerResponse
}

/** By their names these are the same for all copies of this library in the process. The number changes with what they stand for. */
const PRETENCE: unique symbol = Symbol.for('coatcheck.pretence.1')

/** A response that looks as if `calls` had been carried out; `own`: what it had of its own before. */
interface Pretence {
  readonly calls: readonly Call[]
  readonly own: readonly (readonly [name: string, was: PropertyDescriptor | undefined])[]
}

interface Pretending extends NodeResponse {
  [PRETENCE]?: Pretence | undefined
}

/** The headers of a response that have not left, to read and to change, also while it is held. */
export function nodeHeaders(res: NodeResponse): HeadersOut {
  const change = (edit: () => unknown): void => {
    if ((res as Pretending)[PRETENCE]) changeHeaders(res, edit)
    else edit()
  }
  const values = (name: string): string[] => [res.getHeader(name) ?? []].flat().map(String)
  return {
    get(name) {
      const value = res.getHeader(name)
      return value === undefined ? null : typeof value === 'string' ? value : values(name).join(', ')
    },
    set: (name, value) => change(() => res.setHeader(name, value)),
    append(name, value) {
      const all = [...values(name), value]
      change(() => res.setHeader(name, name === 'set-cookie' ? all : all.join(', ')))
    },
    delete: (name) => change(() => res.removeHeader(name)),
    getSetCookie: () => values('set-cookie'),
    keys: () => res.getHeaderNames(),
  }
}

/** Changes several headers at once: a held response looks as if nothing had been sent only while `change` runs. */
export function changeHeaders(res: NodeResponse, change: (headers: HeadersOut) => unknown): void {
  const pretending: Pretending = res
  const pretence = pretending[PRETENCE]
  if (pretence) lift(res, pretence)
  pretending[PRETENCE] = undefined
  try {
    change(nodeHeaders(res))
  } finally {
    if (pretence) put(res, pretence)
  }
}

/** Makes ordinary headers, by node's own rules, of what `writeHead` was given, so that all can be seen. What is left to give it. */
export function applyHead(res: NodeResponse, args: readonly unknown[]): readonly unknown[] {
  const [status, reason, more] = args
  const phrase = typeof reason === 'string' ? [reason] : []
  const headers = typeof reason === 'string' ? more : (more ?? reason)
  res.statusCode = Number(status)
  if (Array.isArray(headers)) {
    const pairs = Array.isArray(headers[0]) ? headers : headers.flatMap((name, at) => (at % 2 ? [] : [[name, headers[at + 1]]]))
    for (const [name] of pairs) res.removeHeader(name)
    for (const [name, value] of pairs) res.appendHeader(name, value)
  } else for (const [name, value] of Object.entries(headers ?? {})) res.setHeader(name, value)
  return [res.statusCode, ...phrase]
}

/** Takes back what an answer that is not sent said about itself, for a failure to be answered instead. */
export function takeBack(res: NodeResponse): void {
  for (const name of res.getHeaderNames()) if (ABOUT_BODY.test(name)) res.removeHeader(name)
  res.setHeader('cache-control', 'no-store')
  res.addTrailers({})
  res.statusCode = 500
  if (Object.hasOwn(res, 'statusMessage')) res.statusMessage = ''
}

const held = (res: Pretending): readonly Call[] => res[PRETENCE]?.calls ?? []
const ended = (res: Pretending): boolean => held(res).some(([name]) => name === 'end')
const wrote = (res: Pretending): boolean => held(res).some(([name]) => name === 'write')

/**
 * The same functions for all responses: V8 writes the getters of a property into the hidden class, which it keeps until the next full
 * collection, and with one that knew its response the whole request.
 */
const LOOKS: PropertyDescriptorMap = Object.fromEntries(
  Object.entries<(res: Pretending) => unknown>({
    headersSent: () => true,
    _header: () => 'held',
    finished: ended,
    writableEnded: ended,
    writableFinished: () => false,
    writableNeedDrain: (res) => wrote(res) && !ended(res),
    writableLength: (res) => held(res).reduce((sum, [, [chunk]]) => sum + sizeOf(chunk), 0),
    setHeader: () => refuse,
    setHeaders: () => refuse,
    appendHeader: () => refuse,
    removeHeader: () => refuse,
  }).map(([name, look]) => {
    function get(this: Pretending): unknown {
      return look(this)
    }
    return [name, { configurable: true, get }]
  }),
)

function put(res: Pretending, pretence: Pretence): void {
  res[PRETENCE] = pretence
  Object.defineProperties(res, LOOKS)
}

function lift(res: NodeResponse, { own }: Pretence): void {
  for (const [name, was] of own) {
    if (was) Object.defineProperty(res, name, was)
    else Reflect.deleteProperty(res, name)
  }
}

/**
 * Makes a response that holds `calls` look as if they had been carried out, and returns what takes that away. Frameworks look:
 * h3 answers a second time otherwise, and compression writes a second head (it asks for `_header`).
 */
export function pretend(res: NodeResponse, calls: readonly Call[]): () => void {
  const own = Object.keys(LOOKS).map((name) => [name, Object.getOwnPropertyDescriptor(res, name)] as const)
  const pretence = { calls, own }
  put(res, pretence)
  return () => {
    lift(res, pretence)
    ;(res as Pretending)[PRETENCE] = undefined
  }
}

const sizeOf = (chunk: unknown): number =>
  typeof chunk === 'string' ? chunk.length : chunk instanceof Uint8Array ? chunk.byteLength : 0

/** Throws the error of node:http for a change of headers that were sent. */
export function refuse(): never {
  throw Object.assign(new Error('Cannot change headers after they are sent to the client'), { code: 'ERR_HTTP_HEADERS_SENT' })
}
