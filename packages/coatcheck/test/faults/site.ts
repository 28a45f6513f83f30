import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import { withSession } from '../../src/adapters/node.ts'
import type { AdapterOptions } from '../../src/core/options/table.ts'
import type { Session } from '../../src/core/session/types.ts'
import { type Sessions, sessionsOf } from '../../src/core/sessions.ts'
import { createJar, type Jar, type RequestContext } from '../../src/testing/jar.ts'
import { type Clock, clockFrom } from '../helpers/clock.ts'
import { serving } from '../helpers/serving.ts'

export const SECRET = 'kq3vX0n1tWq8m2Zp5sYc7uJb4rEd6fGh'
export const OTHER_SECRET = 'Vb9xLw2cTz7nQm4kRj8pHs5gDf3yUa6e'

export type Page = (session: Session, req: IncomingMessage, res: ServerResponse) => unknown

/** An app with a fault: a server of node:http, and what its developer asks. */
export interface App {
  readonly sessions: Sessions
  readonly clock: Clock
  readonly port: number
  /** The code for the request that came last. */
  why(): Promise<string>
}

export interface AppOptions extends Partial<AdapterOptions> {
  readonly clock?: Clock
  /** What stands around the app: a proxy, another middleware. */
  readonly around?: (req: IncomingMessage, res: ServerResponse, next: () => void) => void
}

/** Serves an app. `/in` signs in, `/out` signs out, `/guest` begins a session, and any other page shows it; `page` goes before them. */
export async function app({ clock = clockFrom(), around, ...options }: AppOptions = {}, page?: Page): Promise<App> {
  const sessions = sessionsOf<Record<string, unknown>, Record<string, unknown>>({
    ...(!options.store && { secrets: SECRET }),
    now: clock.now,
    ...options,
  })
  let last: IncomingMessage | undefined
  const listener = withSession(sessions, async (req: IncomingMessage, res: ServerResponse) => {
    last = req
    const session = await sessions.open(req)
    if (page) await page(session, req, res)
    else {
      if (req.url === '/in') session.signIn('ada')
      if (req.url === '/out') session.signOut()
      if (req.url === '/guest') session.set('seen', true)
    }
    if (!res.writableEnded) res.end(session.owner ?? 'stranger')
  })
  const server: Server = createServer((req, res) => (around ? around(req, res, () => listener(req, res)) : listener(req, res)))
  const { port } = await serving(server)
  return {
    sessions,
    clock,
    port,
    async why() {
      if (!last) throw new Error('No request came.')
      return (await sessions.explain(last)).code
    },
  }
}

export interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** How a browser makes a request, besides from where. */
export interface How extends RequestContext {
  readonly headers?: Readonly<Record<string, string>>
  /** As `fetch` says it: without cookies. */
  readonly omits?: boolean
  /** What the request is for. Default `document`, or `image` within another page. */
  readonly dest?: string
  readonly mode?: string
  /** The instance that a balancer leads to. */
  readonly to?: App
}

export interface Browser {
  readonly jar: Jar
  go(url: string, how?: How): Promise<Answer>
}

/** A browser whose requests for any host go to the app on loopback; what is https ends in a proxy before it. */
export function browserOf(site: App): Browser {
  const jar = createJar({ now: site.clock.now })
  return {
    jar,
    async go(address, how = {}) {
      const url = new URL(address)
      const cookies = how.omits ? '' : jar.header(url, how)
      const isSecure = url.protocol === 'https:'
      const { from, within } = how
      const other = within ?? from
      const headers: Record<string, string> = {
        host: url.host,
        'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0',
        'accept-language': 'en',
        ...(isSecure && {
          'x-forwarded-proto': 'https',
          'sec-fetch-site': other === undefined ? 'none' : siteOf(other) === siteOf(address) ? 'same-site' : 'cross-site',
          'sec-fetch-mode': how.mode ?? (within === undefined ? 'navigate' : 'no-cors'),
          'sec-fetch-dest': how.dest ?? (within === undefined ? 'document' : 'image'),
        }),
        ...(cookies !== '' && { cookie: cookies }),
        ...how.headers,
      }
      const answer = await send((how.to ?? site).port, url.pathname + url.search, how.method ?? 'GET', headers)
      if (!how.omits) for (const line of answer.headers['set-cookie'] ?? []) jar.set(line, url, how)
      return answer
    },
  }
}

const siteOf = (url: string): string => new URL(url).hostname.split('.').slice(-2).join('.')

function send(port: number, path: string, method: string, headers: Record<string, string>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers }, (res) => {
      let body = ''
      res.setEncoding('utf8')
      res.on('data', (part: string) => {
        body += part
      })
      res.on('end', () => resolve({ status: res.statusCode, headers: res.headers, body }))
      res.on('error', reject)
    })
    sent.on('error', reject)
    sent.end()
  })
}
