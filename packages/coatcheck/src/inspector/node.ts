import { SessionError } from '../errors.ts'
import type { WebRequest, WebResponse } from '../web.ts'

/** The part of node:http's request that is used here; Express and Connect add `originalUrl` and `body`. */
export interface NodeRequest extends AsyncIterable<Uint8Array> {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly originalUrl?: string | undefined
  readonly headers: { readonly [name: string]: string | string[] | undefined }
  readonly socket?: { readonly remoteAddress?: string | undefined; readonly encrypted?: boolean } | null
  /** A form that a parser of the framework has read already. */
  readonly body?: unknown
}

/** The part of node:http's response that is used here. */
export interface NodeAnswer {
  statusCode: number
  setHeader(name: string, value: string): unknown
  write(chunk: Uint8Array): boolean
  end(): unknown
  once(event: 'close' | 'drain', told: () => void): unknown
}

type Handler = (request: WebRequest, info: unknown) => Promise<WebResponse>

/** Longer forms are refused by who reads this. */
const LONGEST = 20_000

/** The same handler for node:http, Connect and Express. */
export function nodeHandler(handle: Handler): (req: NodeRequest, res: NodeAnswer, next?: (error: unknown) => void) => void {
  return (req, res, next) => {
    const failed = (error: unknown): void => {
      if (next) {
        next(error)
        return
      }
      console.error('coatcheck: the inspector failed.', error)
      res.statusCode = 500
      res.end()
    }
    void (async () => {
      await send(await handle(await requestOf(req), req), res)
    })().catch(failed)
  }
}

async function requestOf(req: NodeRequest): Promise<WebRequest> {
  const { method = 'GET', headers, socket } = req
  const given = new Headers()
  for (const [name, value] of Object.entries(headers))
    for (const each of [value].flat()) if (each !== undefined && !name.startsWith(':')) given.append(name, each)
  const host = given.get('host') ?? headers[':authority'] ?? ''
  const url = `http${socket?.encrypted ? 's' : ''}://${host}${req.originalUrl ?? req.url ?? '/'}`
  if (!URL.canParse(url))
    throw new SessionError('BAD_VALUE', 'The request names no host that could be one.', { fix: 'Send a Host header.' })
  const hasBody = method !== 'GET' && method !== 'HEAD'
  return new Request(url, { method, headers: given, ...(hasBody && { body: await bodyOf(req) }) })
}

async function bodyOf(req: NodeRequest): Promise<string> {
  if (typeof req.body === 'string') return req.body
  if (typeof req.body === 'object' && req.body !== null && !ArrayBuffer.isView(req.body))
    return String(new URLSearchParams(Object.entries(req.body).map(([name, value]) => [name, String(value)])))
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of req) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > LONGEST) break
  }
  return text + decoder.decode()
}

async function send({ status, headers, body }: WebResponse, res: NodeAnswer): Promise<void> {
  res.statusCode = status
  headers.forEach((value, name) => {
    res.setHeader(name, value)
  })
  const reader = body?.getReader()
  let isClosed = false
  let drained = (): void => {}
  res.once('close', () => {
    isClosed = true
    drained()
    void reader?.cancel().catch(() => {})
  })
  while (reader && !isClosed) {
    const { done, value } = await reader.read()
    if (done) break
    if (res.write(value) || isClosed) continue
    await new Promise<void>((resolve) => {
      drained = resolve
      res.once('drain', resolve)
    })
  }
  if (!isClosed) res.end()
}
