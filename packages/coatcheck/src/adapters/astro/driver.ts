import { clockOf } from '../../clock.ts'
import { LONGEST_AGE } from '../../cookies/cookie.ts'
import { SessionError } from '../../errors.ts'
import { checkedOptions } from '../../stores/shared/options.ts'
import type { SessionRecord, Store } from '../../stores/store.ts'

export interface AstroDriverOptions {
  readonly store: Store
  /** Seconds after the last write after which a session ends. Default 7 days. */
  readonly idleTimeout?: number
  /** Seconds after which a session ends at the latest, counted from its beginning. Default 30 days. */
  readonly absoluteTimeout?: number
  /** Part of the presets `aal1`, `aal2` and `aal3`; a driver sees no sign-in, so it has no effect. */
  readonly freshFor?: number
  /** The clock, in milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number
}

/** The driver that Astro expects as `session.driver`. */
export interface SessionDriver {
  getItem(id: string): Promise<string | null>
  setItem(id: string, text: string): Promise<void>
  removeItem(id: string): Promise<void>
}

/** Kept for a while where a session was, so that a request still under way does not bring it back. */
const ENDED = ''
const HOUR = 3_600_000

/**
 * For those who keep Astro's own session object: a driver over any store of this library. The store sees digests instead of ids,
 * sessions end by their times, and one that was ended stays ended. What Astro itself does to parallel requests it cannot mend: the
 * whole record of the later one counts. Throws `STORE_FAILED` when the store does.
 */
export function astroDriver(options: AstroDriverOptions): SessionDriver {
  const known = ['store', 'idleTimeout', 'absoluteTimeout', 'now', 'freshFor'] as const
  const { store, idleTimeout = 7 * 86_400, absoluteTimeout = 30 * 86_400 } = checkedOptions('astroDriver', options, known)
  const now = clockOf(options.now)
  for (const [name, seconds] of Object.entries({ idleTimeout, absoluteTimeout })) {
    if (!(seconds > 0 && seconds <= LONGEST_AGE))
      throw new SessionError('BAD_OPTIONS', `astroDriver: \`${name}\` is no positive number of seconds, 400 days at most.`)
  }

  function recordOf(data: string, createdAt: number, endsAt: number, lasts: number): SessionRecord {
    return { data, createdAt, endsAt, expiresAt: Math.min(now() + lasts, endsAt) }
  }

  /** Until nobody comes in between. The write names the version it saw: none can undo another without having read it. */
  async function put(id: string, text: string, lasts: number): Promise<void> {
    const key = await digestOf(id)
    for (let attempt = 0; attempt < 100; attempt++) {
      const found = await store.read(key)
      const isOver = found && found.record.expiresAt <= now()
      if (found?.record.data === ENDED) return
      if (!found) {
        const made = await store.create(key, recordOf(text, now(), now() + absoluteTimeout * 1000, lasts))
        if (made !== undefined) return
      } else if (isOver) {
        await store.delete(key, found.version)
      } else {
        const { createdAt, endsAt } = found.record
        if ((await store.update(key, recordOf(text, createdAt, endsAt, lasts), found.version)) !== undefined) return
      }
    }
    throw new SessionError('CONFLICT', 'A session of Astro was written to all the time.')
  }

  return {
    async getItem(id) {
      const found = await store.read(await digestOf(id))
      return !found || found.record.data === ENDED || found.record.expiresAt <= now() ? null : found.record.data
    },
    setItem: (id, text) => put(id, text, idleTimeout * 1000),
    removeItem: (id) => put(id, ENDED, HOUR),
  }
}

/** SHA-256 in hexadecimal: whoever reads the store can open no session with it. */
async function digestOf(id: string): Promise<string> {
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`astro ${id}`))
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
