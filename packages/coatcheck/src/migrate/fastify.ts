/** The format of @fastify/session: a signed id in the cookie, and a record in its store. */
import { andThen, type Maybe } from '../crypto/maybe.ts'
import { checkKinds } from '../errors.ts'
import type { ReaderRequest, SessionReader } from './format.ts'
import { checked, signer } from './signed.ts'
import { type ExpressStore, inStore } from './stored.ts'
import { LONGEST, unescaped } from './text.ts'

export { type SecureKey, type SecureSessionOptions, secureSession } from './fastify/secure-session.ts'

/** A signer as @fastify/cookie has it, such as `new Signer(secrets, 'sha512')`. */
export interface Signer {
  sign(value: string): string
  unsign(signed: string): { readonly valid: boolean; readonly value: string | null }
}

export interface FastifySessionOptions {
  /** As @fastify/session was given it. */
  readonly secret: string | readonly string[] | Signer
  readonly store: ExpressStore
  /** Default `sessionId`. */
  readonly cookieName?: string
  /** Before each value. Default: nothing. */
  readonly cookiePrefix?: string
}

/** The sessions of @fastify/session 8 to 11: `<prefix><id>.<MAC>` in the cookie. What its store reports is `STORE_FAILED`. */
export function fastifySession(options: FastifySessionOptions): SessionReader {
  checkKinds(options, { store: ['object', 'function'], cookieName: 'text', cookiePrefix: 'text' })
  const { secret, store, cookieName = 'sessionId', cookiePrefix = '' } = options
  const unsign = unsignerOf(secret)
  return {
    format: 'fastify-session',
    cookieName,
    read(value, request) {
      const text = unescaped(value)
      if (!text?.startsWith(cookiePrefix)) return undefined
      return andThen(unsign(text.slice(cookiePrefix.length), request), (sid) =>
        sid ? inStore(store, sid, request.now) : undefined,
      )
    },
  }
}

type Unsign = (signed: string, request: ReaderRequest) => Maybe<string | undefined>

function unsignerOf(secret: FastifySessionOptions['secret']): Unsign {
  if (typeof secret !== 'object' || !('unsign' in secret))
    return signer(checked('secret', typeof secret === 'string' ? [secret] : secret)).unsign
  return (signed, { mayTry }) => {
    if (signed.length > LONGEST || mayTry?.() === false) return undefined
    const { valid, value } = secret.unsign(signed)
    return valid && value !== null ? value : undefined
  }
}
