/** The format of h3 1 and 2, and with them Nitro and Nuxt: the whole session as a seal. */
import { andThen, type Maybe } from '../crypto/maybe.ts'
import { bad, checkKinds } from '../errors.ts'
import { remixFlash, withFlash } from './flash-keys.ts'
import type { OldSession, ReaderRequest, UpstreamFormat } from './format.ts'
import { IRON, type IronPassword, ironSeal, ironUnseal } from './iron.ts'
import { isObject, parseJson, toJson, valuesOf } from './json.ts'
import { checked } from './signed.ts'

export interface H3SealOptions {
  /**
   * As h3 was given it, at least 32 characters. Of a list the first seals; of named ones the first as well, and `default` stands
   * for seals without a name.
   */
  readonly password: string | readonly string[] | Readonly<Record<string, string>>
  /** Seconds from the session's creation to its end. Default: no end but the one in the seal. */
  readonly maxAge?: number
  /** Seconds a session lives from the last time it was sealed. h3 2 only. Default: no such end. */
  readonly idleTimeout?: number
  /** Whose seals are written; version 1 opens none of version 2's. Default 2. */
  readonly version?: 1 | 2
  /** Whose seals are read; those of version 2 cost a stranger's junk a slow derivation. Default both. */
  readonly reads?: readonly (1 | 2)[]
}

/** Of PBKDF2, by version. */
const ITERATIONS = { 1: 1, 2: 8192 } as const

/**
 * The sessions of `useSession`, sealed in a cookie of the same name as ours; `{ ...h3Seal(options), cookieName: 'h3' }` for
 * another. The several cookies of h3 2 (`h3.1` and so on) are read too; what is written is one value.
 */
export function h3Seal(options: H3SealOptions): UpstreamFormat {
  checkKinds(options, { maxAge: 'number', idleTimeout: 'number', reads: 'object' })
  const { newest, passwordsFor } = passwordsOf(options.password)
  const { maxAge = 0, idleTimeout = 0, version = 2, reads = [1, 2] } = options
  const versions: readonly unknown[] = [version, ...(Array.isArray(reads) ? reads : [undefined])]
  if (!versions.every((each) => each === 1 || each === 2))
    throw bad('version', 'or `reads` names no version of h3', 'Give 1 or 2; `reads` is a list of these.')
  // The cheap format is tried first.
  const iterations = [...reads].sort().map((each) => ITERATIONS[each])

  return {
    format: 'h3',

    read(value, request) {
      const seal = joined(value, request)
      if (seal === undefined) return undefined
      const opened = ironUnseal(seal, passwordsFor, iterations, request)
      return andThen(opened, (content): OldSession | undefined => {
        const session = parseJson(content?.text ?? '')
        const values = isObject(session) ? valuesOf(session.data ?? {}) : undefined
        if (!content || !isObject(session) || !values || typeof session.id !== 'string' || session.id === '') return undefined
        const createdAt = timeOf(session.createdAt)
        const slidesUntil = endOf(createdAt, maxAge)
        const seen = endOf(timeOf(session.lastSeenAt) ?? createdAt, idleTimeout)
        const expiresAt = Math.min(content.endsAt ?? Number.POSITIVE_INFINITY, slidesUntil, seen)
        if (expiresAt < request.now) return undefined
        return {
          ...remixFlash(values),
          id: session.id,
          // Not the seal: each write makes another one of the same session. With its beginning, for sites that draw ids by other rules.
          unique: `${createdAt ?? ''} ${session.id}`,
          ...(createdAt !== undefined && { createdAt }),
          ...(Number.isFinite(expiresAt) && { expiresAt }),
          ...(idleTimeout > 0 && { slidesUntil }),
        }
      })
    },

    write({ id, values, flash, createdAt, now }): Maybe<string> {
      const seen = idleTimeout > 0 ? { lastSeenAt: now } : {}
      const ttl = maxAge || idleTimeout
      const text = toJson({ id, createdAt, data: withFlash(values, flash), ...seen })
      return ironSeal(text, newest, ITERATIONS[version], ttl > 0 ? now + ttl * 1000 : undefined)
    },
  }
}

/** When what began then ends: never without a limit, and at once when nobody knows when it began. */
function endOf(from: number | undefined, seconds: number): number {
  return seconds > 0 ? (from ?? Number.NEGATIVE_INFINITY) + seconds * 1000 : Number.POSITIVE_INFINITY
}

const timeOf = (value: unknown) => (Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : undefined)

const CHUNKED = /^__chunked__([1-9]\d?|100)$/

/** The salt of the MAC and the MAC, which end a seal: as much of them as the last piece has. */
const FOOT = /^(?:\*?[0-9a-f]{0,64}\*)?[\w-]{0,43}$/
const LONGEST_FOOT = 1 + 64 + 1 + 43

/** The seal that `name`, or `name.1` and its followers, hold. */
function joined(value: string, request: ReaderRequest): string | undefined {
  const count = CHUNKED.exec(value)?.[1]
  if (count === undefined) return value
  const parts: string[] = []
  for (let number = 1; number <= Number(count); number++) {
    const part = request.cookie(`${request.cookieName}.${number}`)
    // The others are looked for only where the first begins a seal.
    if (part === undefined || (number === 1 && !part.startsWith(IRON))) return undefined
    parts.push(part)
  }
  // And joined only where the last ends one.
  return FOOT.test(parts.at(-1)?.slice(-LONGEST_FOOT) ?? '') ? parts.join('') : undefined
}

/** The password that seals, and those that open what was sealed under a name. */
function passwordsOf(password: H3SealOptions['password']): {
  newest: IronPassword
  passwordsFor: (id: string) => readonly string[]
} {
  const list = typeof password === 'string' ? [password] : Array.isArray(password) ? password : undefined
  const named: Readonly<Record<string, string>> = list ? {} : { ...(password as Readonly<Record<string, string>>) }
  const all = checked('password', list ?? Object.values(named), 32)
  const [first = ''] = list ? [''] : Object.keys(named)
  return {
    newest: { id: first === 'default' ? '' : first, secret: all[0] ?? '' },
    passwordsFor(id) {
      // As in h3: a password alone opens seals of every name.
      if (list) return all
      const one = Object.hasOwn(named, id || 'default') ? named[id || 'default'] : undefined
      return one === undefined ? [] : [one]
    },
  }
}
