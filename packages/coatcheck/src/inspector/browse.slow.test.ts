import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { ownerDigest } from '../core/inspecting.ts'
import { createSessions } from '../index.ts'
import { inspector } from '../inspector.ts'
import { sqliteStore } from '../stores/sqlite.ts'
import type { Store } from '../stores/store.ts'

const MANY = 1_000_000
const NOW = Date.parse('2026-11-22T09:00:00Z')
/** Of every so many sessions one is of ada; all others are of guests. */
const ADAS = 50_000

/** The same store, with a count of what is read and listed. */
function counted(store: Store): { readonly store: Store; counts(): { readonly read: number; readonly listed: number } } {
  let [read, listed] = [0, 0]
  return {
    store: {
      ...store,
      read: (key) => {
        read++
        return store.read(key)
      },
      async readMany(keys) {
        read += keys.length
        return (await store.readMany?.(keys)) ?? []
      },
      async list(after, limit) {
        const page = (await store.list?.(after, limit)) ?? { keys: [] }
        listed += page.keys.length
        return page
      },
      async listByOwner(owner) {
        const keys = (await store.listByOwner?.(owner)) ?? []
        listed += keys.length
        return keys
      },
    },
    counts() {
      const counts = { read, listed }
      read = 0
      listed = 0
      return counts
    },
  }
}

describe('among a million sessions', () => {
  it('every page reads as many records as it shows, wherever it is, and each query goes by an index', async () => {
    const database = new DatabaseSync(':memory:')
    const sqlite = sqliteStore({ database })
    await sqlite.migrate()
    const ada = await ownerDigest('ada')
    const insert = database.prepare(
      `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${MANY})
      INSERT INTO coatcheck_sessions (key, version, data, owner, created_at, ends_at, expires_at)
      SELECT printf('%08x%056x', i, 0), 'v', format('{"format":1,"key":"%s","made":${NOW},%s"note":{"n":%d},"data":{}}', substr(printf('%08x%056x', i, 0), 1, 16),
        iif(i % ${ADAS} = 0, '"owner":"ada",', ''), i), iif(i % ${ADAS} = 0, ?, NULL), ${NOW}, ${NOW + 86_400_000}, ${NOW + 3_600_000} FROM n`,
    )
    expect(Number(insert.run(ada).changes)).toBe(MANY)
    const { store, counts } = counted(sqlite)
    const inspect = inspector(createSessions({ store, now: () => NOW }))
    const look = async (query: string) => {
      counts()
      const response = await inspect(new Request(`http://localhost/${query}`), '127.0.0.1')
      const page = await response.text()
      expect(response.status, page).toBe(200)
      const rows = page.match(/<th scope="row">/g)?.length ?? 0
      const [, next] = /<a href="([^"]*)" rel="next"/.exec(page) ?? []
      return { ...counts(), rows, next: next?.replaceAll('&amp;', '&') }
    }
    const hex = (number: number): string => number.toString(16).padStart(8, '0').padEnd(64, '0')

    const fifty = { read: 50, listed: 50, rows: 50 }
    const first = await look('')
    expect(first).toMatchObject(fifty)
    expect(await look(first.next ?? '')).toMatchObject({ ...fifty, next: `?view=sessions&after=${hex(99)}` })
    expect(await look(`?after=${hex(MANY / 2)}&sort=began`)).toMatchObject(fifty)
    expect(await look(`?after=${hex(MANY - 51)}`)).toMatchObject({ ...fifty, next: undefined })
    expect(await look(`?owner=${ada}`)).toMatchObject({ read: MANY / ADAS, listed: MANY / ADAS, rows: MANY / ADAS })
    expect(await look(`?session=${hex(7)}`)).toMatchObject({ read: 1, listed: 0 })
    // A search goes through the store, a bounded part at a time.
    const searched = await look('?in=note&q=n: 1234')
    expect(searched).toMatchObject({ read: 1000, listed: 1000, rows: 0 })
    expect(await look(searched.next ?? '')).toMatchObject({ read: 1000, listed: 1000, rows: 1 })

    const plan = (sql: string): string => JSON.stringify(database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all())
    expect(plan("SELECT key FROM coatcheck_sessions WHERE key > '' ORDER BY key LIMIT 51")).toMatch(
      /SEARCH .*USING COVERING INDEX/,
    )
    expect(plan("SELECT key FROM coatcheck_sessions WHERE owner = 'x'")).toMatch(/SEARCH .*USING COVERING INDEX/)
    database.close()
  })
})
