import { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'
import { SessionError } from '../../errors.ts'
import type { MemcachedReply } from './client.ts'

interface Asked {
  resolve(reply: MemcachedReply): void
  reject(error: SessionError): void
}

/** No answer has a longer first line; what has is no memcached. */
const LONGEST_LINE = 2_048
const MOST_ASKED = 10_000
/** Bytes that wait for the server to take them. */
const MOST_UNSENT = 67_108_864

/** Says meta commands on a socket, one after the other without waiting, and hands the answers out in the same order. */
export class Wire {
  readonly #socket: Socket
  readonly #timeout: number
  readonly #asked: Asked[] = []
  #timer: ReturnType<typeof setTimeout> | undefined
  #received: Buffer = Buffer.alloc(0)
  #failure: SessionError | undefined

  constructor(socket: Socket, timeout: number) {
    this.#socket = socket
    this.#timeout = timeout
    socket.on('data', (chunk: Buffer) => this.#hear(chunk))
    socket.on('error', (error) => this.end('cannot be reached', error))
    socket.on('close', () => this.end('closed the connection'))
  }

  get isOver(): boolean {
    return this.#failure !== undefined
  }

  ask(command: string, value?: Uint8Array): Promise<MemcachedReply> {
    if (this.#failure) return Promise.reject(this.#failure)
    if (this.#asked.length >= MOST_ASKED || this.#socket.writableLength > MOST_UNSENT)
      return Promise.reject(failed('has too much to do: more is asked than it answers'))
    const words = value === undefined ? [`${command}\r\n`] : [`${command}\r\n`, value, '\r\n']
    this.#socket.cork()
    for (const word of words) this.#socket.write(word)
    this.#socket.uncork()
    const { promise, resolve, reject } = Promise.withResolvers<MemcachedReply>()
    this.#asked.push({ resolve, reject })
    if (!this.#timer) this.#wait()
    return promise
  }

  /** Fails what is asked and was not answered; nobody knows whether it was done. */
  end(what: string, cause?: unknown): void {
    if (this.#failure) return
    const failure = failed(what, cause)
    this.#failure = failure
    clearTimeout(this.#timer)
    this.#socket.destroy()
    for (const { reject } of this.#asked.splice(0)) reject(failure)
  }

  /** Counts from the last answer, or from when something was asked after a silence. */
  #wait(): void {
    clearTimeout(this.#timer)
    this.#timer = this.#asked.length
      ? setTimeout(() => this.end(`did not answer within ${this.#timeout / 1000} seconds`), this.#timeout)
      : undefined
  }

  #hear(chunk: Buffer): void {
    this.#received = this.#received.length ? Buffer.concat([this.#received, chunk]) : chunk
    for (let reply = this.#next(); reply; reply = this.#next()) {
      const asked = this.#asked.shift()
      if (!asked) {
        this.end('said something that it was not asked')
        return
      }
      const [line, value] = reply
      const [code = '', ...flags] = line.split(' ')
      if (/^[A-Z]{2}$/.test(code)) asked.resolve({ code, flags, ...(value && { value }) })
      else asked.reject(failed(`answered ${JSON.stringify(line)}`))
      // The server may have taken a part of a value for a command.
      if (/^(CLIENT_)?ERROR/.test(line)) this.end('did not understand what it was asked')
      else this.#wait()
    }
  }

  /** The next whole answer, taken off what was received. */
  #next(): readonly [line: string, value?: Buffer] | undefined {
    const received = this.#received
    const end = received.indexOf('\r\n')
    if (end > LONGEST_LINE || (end < 0 && received.length > LONGEST_LINE)) this.end('speaks another protocol')
    if (end < 0 || this.#failure) return undefined
    const line = received.toString('latin1', 0, end)
    const from = end + 2
    const [, size] = /^VA (\d+)/.exec(line) ?? []
    if (size === undefined) {
      this.#received = received.subarray(from)
      return [line]
    }
    const to = from + Number(size)
    if (received.length < to + 2) return undefined
    this.#received = received.subarray(to + 2)
    return [line, received.subarray(from, to)]
  }
}

export function failed(what: string, cause?: unknown): SessionError {
  const isTooLarge = /too large/.test(what)
  return new SessionError('STORE_FAILED', `memcached ${what}.`, {
    ...(cause !== undefined && { cause }),
    ...(isTooLarge && {
      fix: 'Set `maxBytes` of the store to 1024 bytes less than the server takes (`-I`). memcached has dropped what was there before.',
    }),
  })
}
