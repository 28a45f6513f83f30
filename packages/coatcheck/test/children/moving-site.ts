// One process of a site whose sessions are moved from an SQLite file to PostgreSQL, with the store that its release has.
import pg from 'pg'
import { adapterOf, sessionsOf } from '../../src/core/sessions.ts'
import { postgresStore } from '../../src/stores/postgres.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import { moveStore, movingStore } from '../../src/stores/wrapping/moving.ts'
import type { Answer, Asked, Release } from '../trials/live-move.ts'

const [release = 'from', path = '', url = ''] = process.argv.slice(2)
const pool = new pg.Pool({ connectionString: url, max: release === 'mover' ? 16 : 8 })
const from = sqliteStore({ path })
const to = postgresStore(pool)

const send = (message: object): void => void process.send?.(message)

if (release === 'mover') {
  const report = await moveStore({ from, to, onProgress: (progress) => send({ progress }) })
  send({ report })
  await pool.end()
  process.disconnect()
} else serve(release as Release)

function serve(has: Release): void {
  const store = has === 'from' ? from : has === 'to' ? to : movingStore({ from, to, step: has })
  const sessions = sessionsOf({ store, header: 'x-ticket', cookie: false, storeTimeout: 30, grace: 0 })
  const adapter = adapterOf(sessions)

  async function answer({ deed, ticket, owner = '' }: Asked): Promise<Omit<Answer, 'id'>> {
    if (deed === 'ends all') {
      await sessions.endAll(owner)
      return {}
    }
    if (deed === 'lists') return { listed: (await sessions.list(owner)).sessions.length }
    const request = adapter.detached({ get: () => ticket ?? null })
    const session = await request.open()
    const seen = { owner: session.owner, count: session.get('count') as number | undefined }
    let token: unknown
    if (deed === 'signs in') {
      session.signIn(owner, { mark: await sessions.mark(owner) })
      session.set('count', 0)
    }
    // An end that came first leaves an empty session, in which nothing is stored.
    if (seen.owner !== undefined) {
      if (deed === 'counts') session.update('count', (count) => ((count as number | undefined) ?? 0) + 1)
      if (deed === 'renews') session.regenerateId()
      if (deed === 'signs out') session.signOut()
      if (deed === 'once') token = await session.once('token', () => `${Math.random()}`, { for: 3600 })
    }
    const { ticket: next } = await request.commit()
    return { ...seen, token, ticket: next ?? undefined }
  }

  process.on('message', async (asked: Asked | 'stop') => {
    if (asked === 'stop') {
      await pool.end()
      await from.close()
      return process.disconnect()
    }
    try {
      send({ id: asked.id, ...(await answer(asked)) })
    } catch (error) {
      const { code, message } = error as { readonly code?: string; readonly message: string }
      send({ id: asked.id, failed: `${code}: ${message}` })
    }
  })
  send({ id: 0 })
}
