/** The format of express-session: a signed id in the cookie, and a record in its store. */
import { andThen } from '../crypto/maybe.ts'
import { checkKinds } from '../errors.ts'
import type { SessionReader } from './format.ts'
import { checked, type Secret, signer } from './signed.ts'
import { type ExpressStore, inStore } from './stored.ts'
import { unescaped } from './text.ts'

export type { ExpressStore }

export interface ExpressSessionOptions {
  /** As express-session was given it. */
  readonly secret: Secret | readonly Secret[]
  readonly store: ExpressStore
  /** Its option `name`. Default `connect.sid`. */
  readonly cookieName?: string
}

/** "s:", whatever of it is percent-encoded: nothing else is decoded. */
const PREFIX = /^"?(?:s|%73)(?::|%3a)/i

/** The sessions of express-session: `s:<id>.<MAC>` in the cookie. What its store reports is `STORE_FAILED`. */
export function expressSession(options: ExpressSessionOptions): SessionReader {
  checkKinds(options, { store: ['object', 'function'], cookieName: 'text' })
  const { secret, store, cookieName = 'connect.sid' } = options
  const { unsign } = signer(checked('secret', [secret].flat()))

  return {
    format: 'express-session',
    cookieName,
    read(value, request) {
      const text = PREFIX.test(value) ? unescaped(value) : undefined
      if (!text?.startsWith('s:')) return undefined
      return andThen(unsign(text.slice('s:'.length), request), (sid) => (sid ? inStore(store, sid, request.now) : undefined))
    },
  }
}
