import { SessionError } from '../errors.ts'
import { decode, encode } from './base64url.ts'
import { concat, fromUtf8, toUtf8 } from './bytes.ts'
import { andThen, type Maybe } from './maybe.ts'
import { platform } from './platform.ts'
import type { Bytes, Primitives } from './primitives.ts'
import { randomBytes } from './random.ts'
import { createXaes, type Xaes } from './xaes.ts'

export interface Opened {
  readonly text: string
  /** Opened by a secret that is not the newest. */
  readonly stale: boolean
}

export interface Verified {
  readonly bytes: Uint8Array
  /** Verified by a secret that is not the newest. */
  readonly stale: boolean
}

/** Why a token is refused. `forged`: this key did not write it for this purpose and context. */
export type TokenFault = 'malformed' | 'unknown-version' | 'unknown-key' | 'forged'

/**
 * Writes tokens with the newest secret and reads those of all. A token is bound to its purpose and its context (say, the
 * cookie's name): it can be read with the same ones only. Purposes are few and fixed, as each has a key that is kept. Strings are well-formed text.
 */
export interface Keyring {
  /** A token that hides `text`. */
  seal(purpose: string, context: readonly string[], text: string): Maybe<string>
  /** Never throws for what a token holds. */
  open(purpose: string, context: readonly string[], token: string): Maybe<Opened | TokenFault>
  /** A token that shows `bytes`, with a MAC that proves who wrote it. */
  sign(purpose: string, context: readonly string[], bytes: Uint8Array): Maybe<string>
  /** Never throws for what a token holds. */
  verify(purpose: string, context: readonly string[], token: string): Maybe<Verified | TokenFault>
}

// A token is base64url of: version (1 byte), key id (4), then
//   signed: MAC (16: HMAC-SHA256, truncated), the bytes shown
//   sealed: nonce (24), ciphertext, tag (16): XAES-256-GCM
const SIGNED = 1
const SEALED = 2
const HEAD = 5
const MAC = 16
const NONCE = 24
const TAG = 16

type Mac = (head: Bytes, body: Bytes) => Maybe<Bytes>

/** One secret, for one version of token and one purpose. */
interface Pen<T> {
  /** What its tokens begin with: the version and the key id. */
  readonly head: Bytes
  readonly stale: boolean
  readonly tool: T
  /** What it authenticates beside the content. */
  readonly bind: (context: readonly string[]) => Bytes
}

type Pens<T> = readonly [newest: Pen<T>, ...older: Pen<T>[]]

/** Nothing is derived, read or drawn here: keys are made when their purpose is first needed, once. */
export function createKeyring(secrets: readonly string[], primitives?: Primitives): Keyring {
  const using = () => primitives ?? platform()

  const pens = <T>(version: number, make: (key: Bytes) => Maybe<T>) =>
    remember((purpose) => {
      const each = secrets.map((secret, age): Maybe<Pen<T>> => {
        const derive = (length: number, ...use: readonly string[]) => using().hkdf(secret, frame(use), length)
        return andThen(derive(HEAD - 1, 'key id'), (id) =>
          andThen(derive(32, `version ${version}`, purpose), (key) =>
            andThen(make(key), (tool) => {
              const bound = [`version ${version}`, purpose, encode(id)]
              const bind = latest((context) => toUtf8(frame([...bound, ...context])))
              return { head: concat(Uint8Array.of(version), id), stale: age > 0, tool, bind }
            }),
          ),
        )
      })
      return andThen(all(each), distinct)
    })
  const sealers = pens<Xaes>(SEALED, (key) => createXaes(key, using()))
  const signers = pens<Mac>(SIGNED, (key) => using().hmac(key))

  return {
    seal: (purpose, context, text) =>
      andThen(sealers(purpose), ([{ head, tool, bind }]) => {
        const nonce = randomBytes(NONCE)
        return andThen(tool.seal(nonce, bind(context), toUtf8(text)), (sealed) => encode(concat(head, nonce, ...sealed)))
      }),

    open(purpose, context, token) {
      const bytes = parse(token, SEALED, NONCE + TAG)
      if (typeof bytes === 'string') return bytes
      return andThen(sealers(purpose), (pens): Maybe<Opened | TokenFault> => {
        const pen = find(pens, bytes)
        if (!pen) return 'unknown-key'
        const nonce = bytes.subarray(HEAD, HEAD + NONCE)
        return andThen(pen.tool.open(nonce, pen.bind(context), bytes.subarray(HEAD + NONCE)), (plaintext) => {
          if (!plaintext) return 'forged'
          const text = fromUtf8(plaintext)
          return text === undefined ? 'malformed' : { text, stale: pen.stale }
        })
      })
    },

    sign(purpose, context, bytes) {
      const shown = new Uint8Array(bytes)
      return andThen(signers(purpose), ([{ head, tool, bind }]) =>
        andThen(tool(bind(context), shown), (mac) => encode(concat(head, mac.subarray(0, MAC), shown))),
      )
    },

    verify(purpose, context, token) {
      const bytes = parse(token, SIGNED, MAC)
      if (typeof bytes === 'string') return bytes
      return andThen(signers(purpose), (pens): Maybe<Verified | TokenFault> => {
        const pen = find(pens, bytes)
        if (!pen) return 'unknown-key'
        const shown = bytes.subarray(HEAD + MAC)
        return andThen(pen.tool(pen.bind(context), shown), (mac) =>
          using().equal(mac.subarray(0, MAC), bytes.subarray(HEAD, HEAD + MAC)) ? { bytes: shown, stale: pen.stale } : 'forged',
        )
      })
    },
  }
}

/** The token's bytes, when it is of this version and not too short. */
function parse(token: string, version: number, least: number): Bytes | TokenFault {
  const bytes = decode(token)
  if (bytes?.[0] === undefined) return 'malformed'
  if (bytes[0] !== version) return 'unknown-version'
  return bytes.length < HEAD + least ? 'malformed' : bytes
}

function find<T>(pens: Pens<T>, bytes: Bytes): Pen<T> | undefined {
  return pens.find(({ head }) => startsWith(bytes, head))
}

function startsWith(bytes: Bytes, head: Bytes): boolean {
  for (let i = 0; i < HEAD; i++) if (bytes[i] !== head[i]) return false
  return true
}

/** Two secrets of one key id would make a token's key a guess, and XAES does not commit to its key. */
function distinct<T>([newest, ...older]: readonly Pen<T>[]): Pens<T> {
  if (!newest) throw new SessionError('BAD_OPTIONS', 'A token was to be written or read, and there are no `secrets`.')
  if (new Set([newest, ...older].map(({ head }) => encode(head))).size <= older.length) {
    throw new SessionError('BAD_OPTIONS', 'Two of the `secrets` are equal, or happen to share their key id.', {
      fix: 'Give every secret once; if they do differ, make a new one in place of the newest.',
    })
  }
  return [newest, ...older]
}

/** One text for many, each with its length before it: no other texts make the same. */
function frame(parts: readonly string[]): string {
  return ['coatcheck', ...parts].map((part) => `${part.length}:${part}`).join('')
}

/** Keeps what was made for each name: the value, not its promise, which may fail or belong to a request that was cancelled. */
function remember<T>(make: (name: string) => Maybe<T>): (name: string) => Maybe<T> {
  const made = new Map<string, T>()
  return (name) =>
    made.get(name) ??
    andThen(make(name), (value) => {
      made.set(name, value)
      return value
    })
}

/** Keeps the last thing made: the context of a cookie is always the same. */
function latest<T>(make: (parts: readonly string[]) => T): (parts: readonly string[]) => T {
  let last: { readonly parts: readonly string[]; readonly value: T } | undefined
  return (parts) => {
    if (last?.parts.length !== parts.length || !last.parts.every((part, i) => part === parts[i])) {
      last = { parts: [...parts], value: make(parts) }
    }
    return last.value
  }
}

function all<T>(values: readonly Maybe<T>[]): Maybe<readonly T[]> {
  return values.every((value): value is T => !(value instanceof Promise)) ? values : Promise.all(values)
}
