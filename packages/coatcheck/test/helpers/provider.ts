import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Tokens {
  readonly access: string
  readonly refresh: string
}

/**
 * Gives OAuth tokens as RFC 9700 4.14.2 asks of it: a refresh token is good once, and one that comes again revokes the whole family. With
 * `leeway` the last one may come again, and is answered as before.
 */
export class Provider {
  /** The refresh tokens that came, in order. */
  readonly came: string[] = []
  isRevoked = false
  readonly #leeway: boolean
  #count = 0
  #last: { readonly used: string; readonly given: Tokens } | undefined

  constructor({ leeway = false }: { readonly leeway?: boolean } = {}) {
    this.#leeway = leeway
  }

  /** The newest pair. */
  get newest(): Tokens {
    return { access: `access-${this.#count}`, refresh: `refresh-${this.#count}` }
  }

  refresh(token: string): Tokens {
    this.came.push(token)
    if (this.#leeway && token === this.#last?.used) return this.#last.given
    if (token !== this.newest.refresh) this.isRevoked = true
    if (this.isRevoked) throw new Error('invalid_grant')
    this.#count++
    this.#last = { used: token, given: this.newest }
    return this.newest
  }
}

/** The same over HTTP: `POST /token` with the refresh token as its body. */
export async function serveProvider(
  provider: Provider,
  pause: () => Promise<unknown> = async () => {},
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer(async (req, res) => {
    let token = ''
    for await (const part of req) token += part
    await pause()
    try {
      res.end(JSON.stringify(provider.refresh(token)))
    } catch (error) {
      res.writeHead(400).end((error as Error).message)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/token`, close: () => new Promise((resolve) => server.close(() => resolve())) }
}
