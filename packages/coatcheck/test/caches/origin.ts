import { once } from 'node:events'
import { createServer, request as send } from 'node:http'
import type { SessionEvent } from '../../src/core/model/events.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import type { Act, Adapter, Held, Serve } from '../helpers/adapters.ts'
import { answerNode, serving } from '../helpers/serving.ts'
import { COOKIE, SECRET } from '../helpers/site.ts'

/** Where a ticket may travel that is in no cookie. */
export const HEADER = 'x-ticket'

/** A site behind an adapter. Its pages are `/<page>/<anything>`; each time one is made, it begins with a new number. */
export interface Origin {
  readonly port: number
  /** So many pages were made so far. */
  made(): number
}

type Page = (
  held: Held,
  shown: (headers?: HeadersInit, status?: number, more?: string) => Promise<Response>,
  request: Request,
) => unknown

const PUBLIC = { 'cache-control': 'public, max-age=60' }
const ETAG = '"of-the-page"'
/** What a handler may say so that a shared cache keeps its page: words that no adapter may leave beside a session. */
const LOUD = {
  'cache-control': 'public, s-maxage=60, max-age=60',
  'cdn-cache-control': 'max-age=60',
  'surrogate-control': 'max-age=60',
  'x-accel-expires': '60',
}

const PAGES: Readonly<Record<string, Page>> = {
  quiet: (_, shown) => shown(PUBLIC),
  loud: (_, shown) => shown(LOUD),
  /** Kept by ages alone. */
  aged: (_, shown) => shown({ 'cache-control': 's-maxage=60' }),
  private: (_, shown) => shown({ 'cache-control': 'private, max-age=60' }),
  async login(held, shown, { headers }) {
    await held.set('name', headers.get('x-name'))
    return shown(LOUD, 302)
  },
  async renew(held, shown) {
    await held.renew?.()
    return shown(LOUD)
  },
  async logout(held, shown) {
    await held.end()
    return shown(LOUD)
  },
  async note(held, shown) {
    await held.set('note', true)
    return shown(LOUD)
  },
  async leave(held, shown) {
    await held.flash?.('said', '+flash')
    return shown(LOUD, held.flash ? 200 : 501)
  },
  take: async (held, shown) => shown(LOUD, 200, String((await held.flash?.('said')) ?? '')),
  conditional: (_, shown, { headers }) =>
    headers.get('if-none-match') === ETAG ? shown({ ...LOUD, etag: ETAG }, 304) : shown({ ...LOUD, etag: ETAG }),
  async partial(_, shown, { headers }) {
    const whole = await shown()
    const text = await whole.text()
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers.get('range') ?? '') ?? []
    if (from === undefined || to === undefined) return new Response(text, { headers: { ...LOUD, 'accept-ranges': 'bytes' } })
    const range = `bytes ${from}-${to}/${text.length}`
    return new Response(text.slice(Number(from), Number(to) + 1), { status: 206, headers: { ...LOUD, 'content-range': range } })
  },
}

/** The pages of an adapter on a real server, until the test is over. */
export async function originOf(adapter: Adapter): Promise<Origin> {
  const events: SessionEvent[] = []
  const onEvent = (event: SessionEvent): void => void events.push(event)
  const serve: Serve = await adapter.serve({ store: memoryStore(), secrets: [SECRET], now: Date.now, onEvent })
  let serial = 0
  const server = createServer(async (req, res) => {
    const url = `https://site.test${req.url}`
    const headers = Object.entries(req.headers).map(([name, value]): [string, string] => [name, String(value)])
    const request = new Request(url, { method: req.method ?? 'GET', headers })
    const page = PAGES[req.url?.split('/')[1] ?? ''] ?? ((_, shown) => shown({ 'cache-control': 'no-store' }, 404))
    const act: Act = async (held) => {
      const number = ++serial
      const shown = async (given: HeadersInit = {}, status = 200, more = ''): Promise<Response> => {
        const body = status === 304 ? null : `${number} ${await held.get('name')}${more} ${'.'.repeat(200)}`
        return new Response(body, { status, headers: given })
      }
      return page(held, shown, request)
    }
    try {
      const answer = await serve(request, act)
      const plain = new Response(answer.body, answer)
      for (const name of ['connection', 'keep-alive', 'transfer-encoding', 'date']) plain.headers.delete(name)
      await answerNode(res, plain)
    } catch (error) {
      res.writeHead(500, { 'cache-control': 'no-store' }).end(String(error))
    }
  })
  const { port } = await serving(server)
  return { port, made: () => serial }
}

/** What came to a visitor. */
export interface Came {
  readonly status: number
  /** The number of the page, and whose it is; the page of a visitor without a name is `undefined`'s. */
  readonly serial: number
  readonly name: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** Somebody with a browser that keeps the site's cookies, and sends one of another script. */
export class Browser {
  readonly #port: number
  readonly #other: string
  #cookie = ''
  #ticket = ''

  constructor(port: number, other = '') {
    this.#port = port
    this.#other = other
  }

  /** What it has that opens a session. */
  get holds(): string {
    return this.#cookie || this.#ticket
  }

  async visit(path: string, more: Record<string, string> = {}, method = 'GET'): Promise<Came> {
    const cookie = [this.#other, this.#cookie].filter(Boolean).join('; ')
    const headers = { ...more, ...(cookie && { cookie }), ...(this.#ticket && { [HEADER]: this.#ticket }) }
    const request = send({ host: '127.0.0.1', port: this.#port, path, method, headers, agent: false }).end()
    const [answer] = await once(request, 'response')
    let body = ''
    for await (const part of answer.setEncoding('utf8')) body += part
    for (const line of answer.headers['set-cookie'] ?? []) {
      const pair = String(line).split(';')[0] ?? ''
      if (pair.startsWith(`${COOKIE}=`)) this.#cookie = pair === `${COOKIE}=` ? '' : pair
    }
    const ticket = answer.headers[HEADER]
    if (ticket !== undefined) this.#ticket = String(ticket)
    const [serial = '', name = ''] = body.split(' ')
    return { status: answer.statusCode ?? 0, serial: Number(serial), name, headers: answer.headers, body }
  }
}
