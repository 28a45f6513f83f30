/** The format of Astro 5.7 to 7: the id in the cookie, and a record in devalue's form. */
import { unflatten } from 'devalue'
import { SessionError } from '../errors.ts'
import type { OldSession, SessionReader } from './format.ts'
import { isObject, ownValues } from './json.ts'
import { asked } from './stored.ts'

/** The needed part of Astro's driver: unstorage's, or one of your own. */
export interface AstroDriver {
  getItem(key: string): unknown
  removeItem(key: string): unknown
}

/** Other spellings of an id would name the same record in some stores. */
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** Astro's file driver writes in place: a record may be met half written. How often it is read before it counts as damaged. */
const MOST_LOOKS = 3

/**
 * The sessions of `Astro.session`, in a cookie of the same name as ours; `{ ...astroRecord(driver), cookieName: 'astro-session'
 * }` for another. A value whose `ttl` has passed is left out, and others keep theirs. What the driver throws is `STORE_FAILED`,
 * and a record that cannot be read `DAMAGED_RECORD`.
 */
export function astroRecord(driver: AstroDriver): SessionReader {
  return {
    format: 'astro',
    read: (value, { now, mayTry }) => (ID.test(value) && mayTry?.() !== false ? find(driver, value, now) : undefined),
  }
}

async function find(driver: AstroDriver, id: string, now: number): Promise<OldSession | undefined> {
  for (let looks = 1; ; looks++) {
    const stored = await asked('getItem', () => driver.getItem(id))
    if (stored === null || stored === undefined) return { values: {}, unique: id, gone: true }
    const found = sessionIn(stored, now)
    if (found) return { ...found, unique: id, forget: async () => void (await asked('removeItem', () => driver.removeItem(id))) }
    if (looks === MOST_LOOKS) throw new SessionError('DAMAGED_RECORD', 'A session of Astro cannot be read.')
  }
}

/** Astro encodes these itself. */
const REVIVERS = { URL: (href: string) => new URL(href) }

interface Entry {
  readonly data: unknown
  readonly expires?: unknown
}

/** The text, or what a driver of unstorage made of it: a Map whose entries hold a value, and when it ends. */
function sessionIn(stored: unknown, now: number): Pick<OldSession, 'values' | 'ends'> | undefined {
  try {
    const parsed: unknown = typeof stored === 'string' ? JSON.parse(stored) : stored
    // A mostly empty array names a length without holding it; devalue writes one as [-7, …].
    if (!Array.isArray(parsed) || parsed.some((part) => Array.isArray(part) && part[0] === -7)) return undefined
    const record: unknown = unflatten(parsed, REVIVERS)
    if (!(record instanceof Map)) return undefined
    const living = [...record].filter((pair): pair is [string, Entry] => counts(pair[0], pair[1], now))
    const ends = living.flatMap(([key, { expires }]) =>
      Number.isFinite(expires) ? [[key, Math.floor(Number(expires))] as const] : [],
    )
    return {
      values: ownValues(living.map(([key, { data }]) => [key, data])),
      ends: Object.fromEntries(ends),
    }
  } catch {
    return undefined
  }
}

function counts(key: unknown, entry: unknown, now: number): boolean {
  if (typeof key !== 'string' || !isObject(entry)) return false
  return typeof entry.expires !== 'number' || entry.expires >= now
}
