import { adapterOf, type Session, type Sessions } from '../core/adapter.ts'
import { type CrossSiteEvent, type CrossSiteOptions, rulesOf } from '../csrf/options.ts'
import { type AnyRequest, type SeenRequest, seenOf } from '../csrf/request.ts'
import { teller } from '../csrf/telling.ts'
import { isWebSocket, type RefusedReason, verdictOn } from '../csrf/verdict.ts'
import { UpgradeRefused } from './websocket/refused.ts'
import { OpenSocket, type SocketSession } from './websocket/socket-session.ts'

export type { AnySocket, Closable, Disconnectable } from './websocket/closing.ts'
export type { SessionView, SocketSession } from './websocket/socket-session.ts'
export type { AnyRequest, CrossSiteEvent, RefusedReason, Session }
export { UpgradeRefused }

export interface SocketOptions extends Pick<CrossSiteOptions, 'origins' | 'allowWithoutOrigin' | 'onEvent' | 'now'> {
  /**
   * Origins whose pages may open sockets besides those of the address that the request was sent to, such as `https://shop.example`: the
   * site's public name where a proxy gives this server another Host. Scheme, host and port are compared exactly. Default: none.
   */
  readonly origins?: readonly string[]
  /** Lets clients in that send no `Origin`: programs, since every browser sends it with an upgrade. Default false. */
  readonly allowWithoutOrigin?: boolean
}

/** The part of the socket of node:http's event `upgrade` that is used here. */
export interface UpgradeSocket {
  on(event: 'error', listener: () => void): unknown
  off(event: 'error', listener: () => void): unknown
  end(text: string): unknown
}

/** The part of node:http's `IncomingMessage` that is used here. */
export interface UpgradeRequest {
  readonly headers: { readonly [name: string]: string | string[] | undefined }
}

/** What `socketSessions` makes. Methods may be passed on detached from the object. */
export interface SocketSessions<Data extends object, Flash extends object> {
  /**
   * Opens the session of an upgrade, for whatever stands for its request: a `Request` (crossws, Bun, Deno), Node's `req` (`socket.request` of
   * socket.io), Hono's `c`, h3's `event`. A visitor without a session gets none: nothing is stored, and no cookie is sent. Rejects with
   * `UpgradeRefused` for a page of another site, whose `response` is a 403, and with `STORE_FAILED` when the store cannot be read.
   */
  open(request: AnyRequest): Promise<SocketSession<Data, Flash>>
  /**
   * The same for the event `upgrade` of a server of node:http: what is refused is answered 403, a store that fails 503, and else `accept` is
   * called, which hands the three to a WebSocket server.
   */
  upgrade(req: UpgradeRequest, socket: UpgradeSocket, accept: (session: SocketSession<Data, Flash>) => void): Promise<void>
}

const READ_ONLY = 'Change it in `run()` of the socket, which reads it again and says whether the change was kept.'

/** A polling request of socket.io is no upgrade, and opens a connection all the same: there GET counts as what changes something. */
const EVERY_PATH = { changesOnGet: ['/'] }

/**
 * The sessions of sockets: read at the upgrade, checked against other sites, read again when a message asks for it, and closed when they end.
 * Throws `BAD_OPTIONS`.
 */
export function socketSessions<Data extends object, Flash extends object>(
  sessions: Sessions<Data, Flash>,
  options: SocketOptions = {},
): SocketSessions<Data, Flash> {
  const adapter = adapterOf(sessions)
  const rules = rulesOf({ ...options, ...EVERY_PATH })
  const tell = teller(options)

  /** Why this request may not open a socket. */
  function refusalOf(seen: SeenRequest): RefusedReason | undefined {
    const verdict = verdictOn(seen, rules)
    if (verdict.allowed) return undefined
    // Browsers send one with every upgrade (RFC 6455, 4.1). A poll that says where it comes from was judged by that.
    const isProgram = verdict.reason === 'no-origin' && (isWebSocket(seen) || seen.header('sec-fetch-site') === null)
    return isProgram && rules.allowWithoutOrigin ? undefined : verdict.reason
  }

  async function open(request: AnyRequest): Promise<SocketSession<Data, Flash>> {
    const seen = seenOf(request)
    const reason = refusalOf(seen)
    if (reason !== undefined) {
      tell(reason)
      throw new UpgradeRefused(reason)
    }
    const handshake = adapter.readOnly({}, { get: seen.header }, READ_ONLY)
    const opened = await handshake.open()
    handshake.finish(true)
    const guest = () => {
      const none = adapter.detached({ get: () => null })
      none.finish(true)
      return none
    }
    return new OpenSocket(handshake, opened, guest) as unknown as SocketSession<Data, Flash>
  }

  return {
    open,
    async upgrade(req, socket, accept) {
      // A client that goes away meanwhile must not end the process.
      const ignore = (): void => {}
      socket.on('error', ignore)
      let session: SocketSession<Data, Flash>
      try {
        session = await open(req)
      } catch (error) {
        const isRefused = error instanceof UpgradeRefused
        if (!isRefused) console.error('coatcheck: the upgrade failed.', error)
        const text = isRefused ? await error.response.text() : 'Service Unavailable\n'
        socket.end(answer(isRefused ? '403 Forbidden' : '503 Service Unavailable', text))
        return
      }
      socket.off('error', ignore)
      accept(session)
    },
  }
}

const answer = (status: string, text: string): string =>
  `HTTP/1.1 ${status}\r\nconnection: close\r\ncache-control: no-store\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: ${new TextEncoder().encode(text).length}\r\n\r\n${text}`
