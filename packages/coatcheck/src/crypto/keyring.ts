import { fromUtf8, toUtf8 } from './bytes.ts'
import { andThen, type Maybe } from './maybe.ts'
import { platform } from './platform.ts'
import type { Bytes, Primitives } from './primitives.ts'
import { randomBytes } from './random.ts'
import { createTokens, type Format, HEAD, type Keys, type TokenFault } from './tokens.ts'
import { createXaes } from './xaes.ts'

export { type Key, type Keys, noWriter, type TokenFault } from './tokens.ts'

export interface Opened {
  readonly text: string
  /** Opened by a secret that another one has taken the place of. */
  readonly stale: boolean
}

export interface Verified {
  readonly bytes: Uint8Array
  /** Verified by a secret that another one has taken the place of. */
  readonly stale: boolean
}

/**
 * Writes tokens with one secret and reads those of all. A token is bound to its purpose and its context (say, the
 * cookie's name) and can be read with the same ones only. Purposes are few and fixed, as each has keys that are kept. All
 * strings that are written are well-formed. What a token holds never makes reading it throw.
 */
export interface Keyring {
  /** A token that hides `text`. */
  seal(purpose: string, context: readonly string[], text: string): Maybe<string>
  open(purpose: string, context: readonly string[], token: string): Maybe<Opened | TokenFault>
  /** A token that shows `bytes`, with a MAC that proves who wrote it. */
  sign(purpose: string, context: readonly string[], bytes: Uint8Array): Maybe<string>
  verify(purpose: string, context: readonly string[], token: string): Maybe<Verified | TokenFault>
  /** Whether `token`, which was sealed here or opened here before, is of the secret that writes now: nothing else may be taken as opened still. */
  isNewest(purpose: string, token: string): boolean
}

const MAC = 16
const NONCE = 24
const TAG = 16

/** A MAC (HMAC-SHA256, cut to 16 bytes), then what is shown. */
const SIGNED: Format = {
  version: 1,
  least: MAC,
  remembers: true,
  makeTool: (key, { hmac, equal }) =>
    andThen(hmac(key), (mac) => ({
      write: (bound, shown) => andThen(mac(bound, shown), (full) => [full.subarray(0, MAC), shown]),
      read(bound, token) {
        const shown = token.subarray(HEAD + MAC)
        const isGenuine = (full: Bytes) => equal(full.subarray(0, MAC), token.subarray(HEAD, HEAD + MAC))
        return andThen(mac(bound, shown), (full) => (isGenuine(full) ? shown : undefined))
      },
    })),
}

/** A random nonce, then what XAES-256-GCM makes of the text: never compressed, so that its length tells nothing else. */
const SEALED: Format = {
  version: 2,
  least: NONCE + TAG,
  makeTool: (key, primitives) =>
    andThen(createXaes(key, primitives), ({ seal, open }) => ({
      write(bound, text) {
        const nonce = randomBytes(NONCE)
        return andThen(seal(nonce, bound, text), (parts) => [nonce, ...parts])
      },
      read: (bound, token) => open(token.subarray(HEAD, HEAD + NONCE), bound, token.subarray(HEAD + NONCE)),
    })),
}

/** Nothing is derived, read or drawn here: each secret's keys are made when their purpose is first needed, once. */
export function createKeyring(given: Keys | (() => readonly string[]), primitives?: Primitives): Keyring {
  const secrets = typeof given === 'function' ? given : () => given
  const using = () => primitives ?? platform()
  const sealed = createTokens(secrets, SEALED, using)
  const signed = createTokens(secrets, SIGNED, using)
  return {
    seal: (purpose, context, text) => sealed.write(purpose, context, toUtf8(text)),
    open: (purpose, context, token) =>
      andThen(sealed.read(purpose, context, token), (content) => {
        if (typeof content === 'string') return content
        const text = fromUtf8(content.bytes)
        return text === undefined ? 'malformed' : { text, stale: content.stale }
      }),
    sign: (purpose, context, bytes) => signed.write(purpose, context, new Uint8Array(bytes)),
    verify: signed.read,
    isNewest: sealed.isNewest,
  }
}
