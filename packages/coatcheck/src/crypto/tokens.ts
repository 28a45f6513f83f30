import { SessionError } from '../errors.ts'
import { Recent } from '../recent.ts'
import { decode, encode } from './base64url.ts'
import { concat, toUtf8 } from './bytes.ts'
import { andThen, type Maybe } from './maybe.ts'
import type { Bytes, Primitives } from './primitives.ts'

/** Why a token is refused. `forged`: this key did not write it for this purpose and context. */
export type TokenFault = 'malformed' | 'unknown-version' | 'unknown-key' | 'revoked-key' | 'forged'

/** A secret, and what it is used for: `write` at most one, which reads as well; what `renew` opens is stale; `refuse` opens nothing. */
export interface Key {
  readonly secret: string
  readonly use: 'write' | 'read' | 'renew' | 'refuse'
}

/** Each text is a secret that reads: the first writes, what the others open is stale. */
export type Keys = readonly (string | Key)[]

/** What a token held. */
export interface Content {
  readonly bytes: Bytes
  readonly stale: boolean
}

/** What is done to the content of tokens under one key. `bound` is authenticated with it. */
export interface Tool {
  write(bound: Bytes, content: Bytes): Maybe<readonly Bytes[]>
  /** The content of a whole token, whose body begins at `HEAD`; `undefined` when this key did not write it with the same `bound`. */
  read(bound: Bytes, token: Bytes): Maybe<Bytes | undefined>
}

/** One version of token. */
export interface Format {
  readonly version: number
  /** How many bytes the body has without any content. */
  readonly least: number
  /** Genuine tokens are remembered: most visitors send theirs many times in a row. Not for what a token hides. */
  readonly remembers?: true
  makeTool(key: Bytes, primitives: Primitives): Maybe<Tool>
}

export interface Tokens {
  write(purpose: string, context: readonly string[], content: Bytes): Maybe<string>
  read(purpose: string, context: readonly string[], token: string): Maybe<Content | TokenFault>
  /** Whether the secret that writes wrote this token, by what it begins with; false where no key of this purpose was used yet. */
  isNewest(purpose: string, token: string): boolean
}

/** One secret, for one version and one purpose. */
interface Pen extends Tool {
  /** What its tokens begin with: the version and the secret's key id. */
  readonly head: Bytes
  /** As text, as far as it tells nothing of what follows. */
  readonly start: string
  readonly use: Key['use']
  bind(context: readonly string[]): Bytes
  /** What a token held that this secret was seen to have written for the same context. */
  seen(context: readonly string[], token: string): Content | undefined
  /** Remembers it, where the format does. */
  see(context: readonly string[], token: string, content: Content): void
}

interface Pens {
  readonly writer: Pen | undefined
  readonly all: readonly Pen[]
}

const KEY_ID = 4
/** So many genuine tokens are remembered for each secret and purpose, and twice as many at most. */
const MOST_SEEN = 5000
/** Bytes before the body. */
export const HEAD: number = 1 + KEY_ID
/** Characters that hold the head of every token and the least of its body; a multiple of four, so that they can be decoded by themselves. */
const LONG = 256

/** Tokens of one format, as base64url of version (1 byte), key id (4 bytes) and body. */
export function createTokens(secrets: () => Keys, format: Format, using: () => Primitives): Tokens {
  const { version, least } = format
  const kept = new Map<string, Pens>()

  // The pens are kept and not their promise, which may fail, or belong to a request that is cancelled.
  const pensFor = (purpose: string): Maybe<Pens> =>
    kept.get(purpose) ??
    andThen(all(secrets().map((secret, at) => createPen(keyOf(secret, at), purpose, format, using()))), (made) => {
      const pens = distinct(made)
      kept.set(purpose, pens)
      return pens
    })

  return {
    write: (purpose, context, content) =>
      andThen(pensFor(purpose), ({ writer }) => {
        if (!writer) throw noWriter()
        const { head, bind, write } = writer
        return andThen(write(bind(context), content), (body) => encode(concat(head, ...body)))
      }),

    read(purpose, context, token) {
      const known = kept.get(purpose)?.all.find(({ start }) => token.startsWith(start))
      const seen = known?.seen(context, token)
      if (seen) return seen
      const whole = known && decode(token)
      if (whole && isOf(known, whole)) return open(known, context, token, whole)
      // Junk is told by what it begins with: decoding all of a long text costs more than anything else that is done here.
      const start = decode(token.length > LONG ? token.slice(0, LONG) : token)
      if (start?.[0] === undefined) return 'malformed'
      if (start[0] !== version) return 'unknown-version'
      if (start.length < HEAD + least) return 'malformed'
      return andThen(pensFor(purpose), (pens) => {
        const pen = pens.all.find((each) => isOf(each, start))
        if (!pen) return 'unknown-key'
        const bytes = token.length > LONG ? decode(token) : start
        return bytes ? open(pen, context, token, bytes) : 'malformed'
      })
    },

    isNewest(purpose, token) {
      const writer = kept.get(purpose)?.writer
      return writer !== undefined && token.startsWith(writer.start)
    },
  }

  /** Whether these bytes name this secret, and can hold something. */
  function isOf({ head }: Pen, bytes: Bytes): boolean {
    return bytes.length >= HEAD + least && startsWith(bytes, head)
  }
}

function open(pen: Pen, context: readonly string[], token: string, whole: Bytes): Maybe<Content | TokenFault> {
  if (pen.use === 'refuse') return 'revoked-key'
  return andThen(pen.read(pen.bind(context), whole), (bytes) => {
    if (!bytes) return 'forged'
    const content = { bytes, stale: pen.use === 'renew' }
    pen.see(context, token, content)
    return content
  })
}

const keyOf = (given: string | Key, at: number): Key =>
  typeof given === 'string' ? { secret: given, use: at > 0 ? 'renew' : 'write' } : given

function createPen({ secret, use }: Key, purpose: string, format: Format, primitives: Primitives): Maybe<Pen> {
  const version = `version ${format.version}`
  const derive = (length: number, ...use: readonly string[]) => primitives.hkdf(secret, frame(use), length)
  return andThen(derive(KEY_ID, 'key id'), (id) =>
    andThen(derive(32, version, purpose), (key) =>
      andThen(format.makeTool(key, primitives), ({ write, read }) => {
        // The context of a cookie is always the same: the last one is kept.
        let last: readonly string[] | undefined
        let bound: Bytes
        let genuine: Recent<Content> | undefined
        const isLast = (context: readonly string[]) =>
          last?.length === context.length && last.every((part, i) => part === context[i])
        const bind = (context: readonly string[]) => {
          if (isLast(context)) return bound
          last = [...context]
          bound = toUtf8(frame([version, purpose, encode(id), ...last]))
          genuine = format.remembers && new Recent(MOST_SEEN)
          return bound
        }
        const seen = (context: readonly string[], token: string) => (genuine && isLast(context) ? genuine.get(token) : undefined)
        const see = (context: readonly string[], token: string, { bytes, stale }: Content) => {
          // A copy: the memory of the bytes themselves may be a small part of a large one.
          if (genuine && isLast(context)) genuine.set(token, { bytes: new Uint8Array(bytes), stale })
        }
        const head = concat(Uint8Array.of(format.version), id)
        return { head, start: encode(head).slice(0, 6), use, bind, seen, see, write, read }
      }),
    ),
  )
}

/** One text for many, each with its length before it: no other texts make the same. */
function frame(parts: readonly string[]): string {
  return ['coatcheck', ...parts].map((part) => `${part.length}:${part}`).join('')
}

/** Two secrets of one key id would make a token's key a guess, and XAES does not commit to its key. */
function distinct(all: readonly Pen[]): Pens {
  if (all.length > 0 && new Set(all.map(({ head }) => encode(head))).size === all.length)
    return { writer: all.find(({ use }) => use === 'write'), all }
  throw new SessionError('BAD_OPTIONS', 'There are no `secrets`, or two are equal, or two happen to share their key id.')
}

/** Of secrets that may all read, and none write. */
export function noWriter(): SessionError {
  return new SessionError('BAD_OPTIONS', 'None of the `secrets` is active now, so nothing can be written.', {
    fix: 'Give one that is: `from` has passed, and `until` has not.',
  })
}

function startsWith(bytes: Bytes, head: Bytes): boolean {
  for (let i = 0; i < head.length; i++) if (bytes[i] !== head[i]) return false
  return true
}

function all<T>(values: readonly Maybe<T>[]): Maybe<readonly T[]> {
  return values.every((value): value is T => !(value instanceof Promise)) ? values : Promise.all(values)
}
