/** The format of Remix 3: base64 of a text, a MAC after it. */
import { andThen, type Maybe } from '../crypto/maybe.ts'
import { platform } from '../crypto/platform.ts'
import { type RecordFiles, recordFiles } from './files.ts'
import { remixFlash, withFlash } from './flash-keys.ts'
import type { IdFormat, OldSession, ReaderRequest, UpstreamFormat } from './format.ts'
import { isObject, parseJson, toJson, valuesOf } from './json.ts'
import { checked, signer } from './signed.ts'
import { textFromBase64, textToBase64, unescaped } from './text.ts'

export type { RecordFiles } from './files.ts'
export { storedSessions } from './stored.ts'

/** A text in a cookie, as Remix 3's `createCookie` has it. */
export interface Remix3Value {
  encode(text: string): Maybe<string>
  /** `null` for what is not genuine or cannot be read. */
  decode(value: string, request?: Pick<ReaderRequest, 'mayTry'>): Maybe<string | null>
}

/**
 * The codec of Remix 3's `createCookie`: the first of `secrets` signs, all are accepted; an empty list leaves texts unsigned, for
 * anybody to change.
 */
export function remix3Value(secrets: readonly string[]): Remix3Value {
  const { sign, unsign } = signer(secrets)
  return {
    encode: (text) => (text === '' ? '' : sign(textToBase64(text))),
    decode(value, request) {
      const text = unescaped(value)
      if (text === '') return ''
      return andThen(text === undefined ? text : unsign(text, request), (payload) =>
        payload === undefined ? null : (textFromBase64(payload) ?? null),
      )
    },
  }
}

/**
 * The sessions of `createCookieSessionStorage`, in a cookie of the same name as ours; `{ ...remix3Cookie(secrets), cookieName:
 * 'sess' }` for another. The first of `secrets` signs, all are accepted.
 */
export function remix3Cookie(secrets: readonly string[]): UpstreamFormat {
  const { encode, decode } = remix3Value(checked('secrets', secrets))
  return {
    format: 'remix3',
    read: (value, request) =>
      andThen(decode(value, request), (text): OldSession | undefined => {
        const content = parseJson(text ?? '')
        if (!isObject(content) || typeof content.i !== 'string' || content.i === '') return undefined
        const data = apart(content.d)
        return data && { ...data, unique: content.i }
      }),
    write: ({ id, values, flash = {} }) => encode(toJson({ i: id, d: [values, flash] })),
  }
}

/** The ids that storages with records show in a cookie, signed by the first of `secrets`. */
export function remix3Id(secrets: readonly string[]): IdFormat {
  const { encode, decode } = remix3Value(checked('secrets', secrets))
  return { format: 'remix3', write: encode, read: (value) => andThen(decode(value), (id) => id || undefined) }
}

/**
 * The records of `createFsSessionStorage(dir)`: `[values, flash]` under the SHA-256 of the id, without an end. Flash values stand
 * in the data as `__flash_<key>__`. Where there is no file system: `BAD_OPTIONS`.
 */
export function remix3Files(dir: string): RecordFiles {
  return recordFiles(dir, {
    draw: () => crypto.randomUUID(),
    place: (id) => (id === '' ? undefined : andThen(platform().sha256(id), (hash) => [hash.slice(0, 2), hash.slice(2)] as const)),
    encode(data) {
      const { values, flash } = remixFlash(data)
      return toJson([values, flash])
    },
    decode(content) {
      const data = apart(content)
      return data && { data: withFlash(data.values, data.flash), endsAt: Number.POSITIVE_INFINITY }
    },
  })
}

function apart(pair: unknown) {
  if (!Array.isArray(pair)) return undefined
  const values = valuesOf(pair[0])
  const flash = valuesOf(pair[1])
  return values && flash && { values, flash }
}
