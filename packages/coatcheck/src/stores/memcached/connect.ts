import { Buffer } from 'node:buffer'
import { connect } from 'node:net'
import { randomText } from '../../crypto/random.ts'
import { SessionError } from '../../errors.ts'
import type { MemcachedClient, MemcachedConnection } from './client.ts'
import { failed, Wire } from './wire.ts'

export interface MemcachedClientOptions {
  /** Name or address. Default `127.0.0.1`. */
  readonly host?: string
  /** Default 11211. */
  readonly port?: number
  /** Milliseconds without a connection, or without an answer while one is due, after which the connection is given up. Default 2000. */
  readonly timeout?: number
}

export interface OwnMemcachedClient extends MemcachedClient {
  /** Ends the connection; whatever waits for an answer fails. */
  close(): void
}

/** No prefix ends with a colon, so that no record is ever kept here. */
const RUN = 'coatcheck::run'

/**
 * A client of one memcached 1.6, which connects at the first call, and again at the next call after the connection was lost. Everything goes over one connection, in the order
 * of the calls, and nothing is sent twice. Throws `BAD_OPTIONS` for wrong options; calls reject with `STORE_FAILED`.
 */
export function memcachedClient(options: MemcachedClientOptions = {}): OwnMemcachedClient {
  const { host = '127.0.0.1', port = 11_211, timeout = 2_000 } = options
  if (typeof host !== 'string' || host === '') throw wrong('`host` must be a name or an address')
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw wrong('`port` must be 1 to 65535')
  if (!(timeout >= 1 && timeout <= 2_147_483_647)) throw wrong('`timeout` must be milliseconds, at least 1')
  let wire: Wire | undefined
  let connecting: Promise<MemcachedConnection> | undefined
  let isClosed = false

  async function open(): Promise<MemcachedConnection> {
    const socket = connect({ host, port, noDelay: true })
    const own = new Wire(socket, timeout)
    wire = own
    try {
      // Asked at once: they go out when the connection is there, and their time runs.
      const name = Buffer.from(randomText(9))
      const [, { value }] = await Promise.all([own.ask(`ms ${RUN} ${name.length} ME`, name), own.ask(`mg ${RUN} v`)])
      const run = value?.toString() ?? ''
      if (!/^[\w-]{12}$/.test(run)) throw failed('does not keep what it is told')
      return { run, ask: (command, sent) => own.ask(command, sent) }
    } catch (error) {
      own.end('cannot be used', error)
      throw error
    }
  }

  return {
    async connection() {
      if (isClosed) throw failed('has been left: this client is closed')
      if (!connecting || wire?.isOver) connecting = open()
      return connecting
    },
    close() {
      isClosed = true
      wire?.end('has been left: this client is closed')
    },
  }
}

const wrong = (what: string): SessionError => new SessionError('BAD_OPTIONS', `memcachedClient: ${what}.`)
