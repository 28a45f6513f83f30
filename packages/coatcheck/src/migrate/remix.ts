/** The format of Remix 1 and 2 and React Router 7 and 8: base64 of JSON, a MAC after it, percent-encoded. */
import { andThen, type Maybe } from '../crypto/maybe.ts'
import { type RecordFiles, recordFiles } from './files.ts'
import { namedValues, remixFlash, withFlash, withoutNames } from './flash-keys.ts'
import type { IdFormat, OldSession, ReaderRequest, UpstreamFormat } from './format.ts'
import { isObject, parseJson, toJson } from './json.ts'
import { signer } from './signed.ts'
import { mayHoldJson, textFromBase64, textToBase64, unescaped } from './text.ts'

export type { RecordFiles } from './files.ts'
export { storedSessions } from './stored.ts'

/** A value of any kind in a cookie, as `createCookie` has it. The text is not percent-encoded yet, or no longer. */
export interface RemixValue {
  encode(value: unknown): Maybe<string>
  /** `null` for a text that is not genuine; where nothing is signed, `{}` for what cannot be read. */
  decode(text: string): Maybe<unknown>
}

/**
 * Stands under the MAC before the JSON of what our `createCookie` signs. Every JSON parser passes over it, and no session begins with it:
 * whatever a visitor may choose there, it opens none (decision 018).
 */
const MARK = ' '

/**
 * The codec of `createCookie`: the first of `secrets` signs, all are accepted; an empty list leaves values unsigned, for anybody
 * to change.
 */
export function remixValue(secrets: readonly string[]): RemixValue {
  const { sign, unsign } = signer(secrets)
  const mark = secrets.length > 0 ? MARK : ''
  return {
    encode: (value) => (value === '' ? '' : sign(textToBase64(mark + (JSON.stringify(value) ?? 'undefined')))),
    decode: (text) =>
      text === ''
        ? ''
        : andThen(unsign(text), (payload) => {
            const value = payload === undefined ? null : parseJson(textFromBase64(payload) ?? '')
            return value === undefined ? {} : value
          }),
  }
}

/** One codec with the percent-encoding around it; undefined for all that is not genuine or cannot be read. */
function remixText(secrets: readonly string[]) {
  const { sign, unsign } = signer(secrets)
  return {
    format: secrets.length > 0 ? 'remix' : 'remix-unsigned',
    write: (json: string) => andThen(sign(textToBase64(json)), encodeURIComponent),
    read: (value: string, request: Pick<ReaderRequest, 'mayTry'> = {}) => {
      const text = unescaped(value)
      return andThen(text !== undefined && mayHoldJson(text) ? unsign(text, request) : undefined, (payload) => {
        const json = payload === undefined ? undefined : textFromBase64(payload)
        return json === undefined || json.startsWith(MARK) ? undefined : parseJson(json)
      })
    },
  }
}

/**
 * The sessions of `createCookieSessionStorage`, in a cookie of the same name as ours; `{ ...remixCookie(secrets), cookieName:
 * '__session' }` for another. The first of `secrets` signs, all are accepted. With an empty list cookies are read and written
 * unsigned: any visitor can then make up a session, so its values prove nothing.
 */
export function remixCookie(secrets: readonly string[]): UpstreamFormat {
  const text = remixText(secrets)
  return {
    format: text.format,
    read: (value, request) =>
      andThen(text.read(value, request), (content): OldSession | undefined => {
        const values = namedValues(content)
        return values && remixFlash(values)
      }),
    write: ({ values, flash }) => text.write(toJson(withoutNames(withFlash(values, flash)))),
  }
}

/**
 * The ids that storages with `createData` and the like show in a cookie: the id as JSON, signed by the first of `secrets`. With
 * an empty list ids are unsigned, and a visitor can name any record there is.
 */
export function remixId(secrets: readonly string[]): IdFormat {
  const text = remixText(secrets)
  return {
    format: text.format,
    write: (id) => text.write(JSON.stringify(rowId(id))),
    read: (value) =>
      andThen(text.read(value), (id) =>
        typeof id === 'number' ? textOfId(id) : typeof id === 'string' && id !== '' ? id : undefined,
      ),
  }
}

/** An id as a text: a database may count its rows, and is to be asked for a number again. */
export const textOfId = (id: string | number): string => (typeof id === 'number' ? `\u0000${id}` : id)

/** The id that a text stands for. */
export const rowId = (text: string): string | number => (text.startsWith('\u0000') ? Number(text.slice(1)) : text)

const ID = /^[0-9a-f]{16}$/

/**
 * The records of `createFileSessionStorage({ dir })`: `dir/0123/456789abcdef` holds `{"data":{…},"expires":"<ISO date>"}`. A
 * record is replaced as a whole and never made anew by an update; `now`, in milliseconds, is the clock. Where there is no file
 * system: `BAD_OPTIONS`.
 */
export function remixFiles(dir: string, now?: () => number): RecordFiles {
  return recordFiles(
    dir,
    {
      draw: () => Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join(''),
      place: (id) => (ID.test(id) ? [id.slice(0, 4), id.slice(4)] : undefined),
      encode: (data, expires) => toJson({ data: withoutNames(data), expires }),
      decode(content) {
        if (!isObject(content)) return undefined
        const data = namedValues(content.data)
        const endsAt = typeof content.expires === 'string' ? Date.parse(content.expires) : Number.POSITIVE_INFINITY
        return data && !Number.isNaN(endsAt) ? { data, endsAt } : undefined
      },
    },
    now,
  )
}
