/** The formats of koa-session: base64 of JSON in the cookie, or an id there and a record in its store; signed by keygrip. */
import { andThen, type Maybe } from '../crypto/maybe.ts'
import { checkKinds } from '../errors.ts'
import type { OldSession, SessionReader } from './format.ts'
import { isObject, parseJson, type Values, valuesOf } from './json.ts'
import { type Verifier, verifierOf } from './keygrip.ts'
import { asked } from './stored.ts'
import { LONGEST, textFromBase64 } from './text.ts'

/** The needed part of koa-session's store. */
export interface KoaStore {
  get(key: string, maxAge: never, options: never): unknown
  destroy(key: string, options: never): unknown
}

export interface KoaSessionOptions {
  /** `app.keys`, as a list or a Keygrip. Not needed when `signed` is false. */
  readonly keys?: readonly string[] | Verifier | undefined
  /** The cookie's name. Default `koa.sess`. */
  readonly key?: string
  /** Whether the cookies were signed. Default true. */
  readonly signed?: boolean
  /** Where the records are. Default: the cookie holds the session. */
  readonly store?: KoaStore
  /** The option `decode` of koa-session. Default: base64 of JSON. */
  readonly decode?: (text: string) => unknown
}

/** The sessions of koa-session 5 to 7. What its store throws is `STORE_FAILED`. */
export function koaSession(options: KoaSessionOptions): SessionReader {
  checkKinds(options, { key: 'text', store: ['object', 'function'], decode: 'function' })
  const { key = 'koa.sess', store, decode, signed = true } = options
  const areGenuine = signed ? verifierOf(key, options.keys) : undefined

  async function find(id: string, from: KoaStore, now: number): Promise<OldSession | undefined> {
    // A store may give the very object that it keeps: what is handed on must be nobody else's.
    const copy = await asked('get', async () => JSON.stringify(await from.get(id, undefined as never, {} as never)))
    const record = parseJson(copy ?? '')
    if (!isObject(record)) return { values: {}, unique: id, gone: true }
    // Whoever reads the store can present the key of a record of ours, which opens nothing.
    const values = 'coatcheck' in record ? undefined : living(record, now)
    if (!values) return undefined
    const forget = () => asked('destroy', async () => void (await from.destroy(id, {} as never)))
    return { ...values, unique: id, forget }
  }

  function inCookie(value: string, now: number): OldSession | undefined {
    const record = decode ? decoded(decode, value) : parseJson(textFromBase64(value) ?? '')
    return isObject(record) ? living(record, now) : undefined
  }

  return {
    format: 'koa-session',
    cookieName: key,
    read(value, request) {
      const text = /^"(.*)"$/s.exec(value)?.[1] ?? value
      if (text === '' || text.length > LONGEST) return undefined
      const genuine = areGenuine ? areGenuine(text, request) : request.mayTry?.() !== false
      return andThen(genuine, (is): Maybe<OldSession | undefined> => {
        if (!is) return undefined
        return store ? find(text, store, request.now) : inCookie(text, request.now)
      })
    },
  }
}

/** The values of a record whose time has not passed; what begins with `_` is koa-session's own. */
function living({ _expire, ...record }: Readonly<Record<string, unknown>>, now: number): OldSession | undefined {
  if (typeof _expire === 'number' && _expire < now) return undefined
  const values = valuesOf(Object.fromEntries(Object.entries(record).filter(([name]) => !name.startsWith('_')))) as Values
  return { values, ...(typeof _expire === 'number' && { expiresAt: _expire }) }
}

function decoded(decode: (text: string) => unknown, value: string): unknown {
  try {
    return parseJson(JSON.stringify(decode(value)) ?? '')
  } catch {
    return undefined
  }
}
