/** The format of iron-session 8 and 9: the session's values as a seal, and `~2` after it. */
import { andThen, type Maybe } from '../crypto/maybe.ts'
import { checkKinds } from '../errors.ts'
import { remixFlash, withFlash } from './flash-keys.ts'
import type { OldSession, ReaderRequest, SessionReader, UpstreamFormat } from './format.ts'
import { ironSeal, ironUnseal } from './iron.ts'
import { parseValues, toJson } from './json.ts'
import { checked } from './signed.ts'
import { LONGEST } from './text.ts'

export interface IronSessionOptions {
  /** As iron-session was given it, at least 32 characters; of several, each under its number, the highest seals. */
  readonly password: string | Readonly<Record<string, string>>
  readonly cookieName: string
  /** Seconds from writing a session to its end; 0: none. Default 1209600, fourteen days. */
  readonly ttl?: number
}

/** The mark of its format after the seal. The MAC does not cover it, so that it decides about nothing. */
const VERSION = '~2'

/** Of PBKDF2: iron's default. */
const ITERATIONS = 1

/** The sessions of `getIronSession` in one cookie. */
export function ironSession(options: IronSessionOptions): UpstreamFormat {
  const { cookieName, ttl = 1_209_600 } = checkedIron(options)
  const passwords = passwordsOf(options)
  const newest = Math.max(...Object.keys(passwords).map(Number)).toString()
  return {
    format: 'iron-session',
    cookieName,
    read: (value, request) => opened(value, passwords, request),
    write({ values, flash, now }): Maybe<string> {
      const password = { id: newest, secret: passwords[newest] ?? '' }
      const endsAt = ttl > 0 ? now + ttl * 1000 : undefined
      return andThen(ironSeal(toJson(withFlash(values, flash)), password, ITERATIONS, endsAt), (seal) => seal + VERSION)
    },
  }
}

/** The last number of the cookies that `chunk: true` spreads a session over. */
const LAST_CHUNK = 3

/** The sessions of iron-session 9 with `chunk: true`, which lie in `name.0` to `name.3`. To be read besides `ironSession`. */
export function ironSessionChunks(options: IronSessionOptions): SessionReader {
  const passwords = passwordsOf(checkedIron(options))
  return {
    format: 'iron-session',
    cookieName: `${options.cookieName}.0`,
    read(value, request) {
      let whole = value
      for (let number = 1; number <= LAST_CHUNK && whole.length <= LONGEST; number++) {
        const part = request.cookie(`${options.cookieName}.${number}`)
        if (!part) break
        whole += part
      }
      return opened(whole, passwords, request)
    },
  }
}

function opened(
  value: string,
  passwords: Readonly<Record<string, string>>,
  request: ReaderRequest,
): Maybe<OldSession | undefined> {
  if (!value.endsWith(VERSION)) return undefined
  const seal = value.slice(0, -VERSION.length)
  const passwordsFor = (id: string) => (Object.hasOwn(passwords, id) ? [passwords[id] ?? ''] : [])
  return andThen(ironUnseal(seal, passwordsFor, [ITERATIONS], request), (content): OldSession | undefined => {
    const values = content && parseValues(content.text)
    return values && { ...remixFlash(values), unique: seal, ...(content.endsAt && { expiresAt: content.endsAt }) }
  })
}

function checkedIron(options: IronSessionOptions): IronSessionOptions {
  checkKinds(options, { cookieName: 'text', ttl: 'number' })
  return options
}

/** By its number; a password alone has the number 1. */
function passwordsOf({ password }: IronSessionOptions): Readonly<Record<string, string>> {
  const named = typeof password === 'string' ? { 1: password } : { ...password }
  checked('password', Object.values(named), 32)
  return named
}
