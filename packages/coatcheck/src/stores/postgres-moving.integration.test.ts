import { join } from 'node:path'
import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeFolder, removeFolder } from '../../../../scripts/engine-process.ts'
import type { Reachable } from '../../test/helpers/engines.ts'
import { startDatabase } from '../../test/stores/postgres.ts'
import { liveMove } from '../../test/trials/live-move.ts'
import { postgresStore } from './postgres.ts'

// A hundred thousand: `npm run move:trial`; with `--hasty` it leaves out a step, and finds what is wrong then.
describe('a site in SQLite moves to PostgreSQL while it runs', () => {
  let running: Reachable
  const folder = makeFolder('moving')
  beforeAll(async () => {
    running = await startDatabase()
  })
  afterAll(async () => {
    await running.stop()
    removeFolder(folder)
  })

  it('a thousand sessions: none lost, none alive after its end, no increment lost, though the mover and a process are killed', async () => {
    const pool = new Pool({ connectionString: running.url })
    await postgresStore(pool).migrate()
    await pool.end()
    const { wrong, kills, report, alive, ended, increments } = await liveMove({
      ...{ path: join(folder, 'sessions.db'), url: running.url, sessions: 1000 },
      ...{ processes: 2, drivers: 4, kills: { mover: 2, site: 1 } },
    })
    expect(wrong).toEqual([])
    expect(kills).toEqual({ mover: 2, site: 1 })
    expect(report).toMatchObject({ isDone: true, inFrom: 0, tooLong: [] })
    for (const count of [report.moved, alive, ended, increments]) expect(count).toBeGreaterThan(10)
  })
})
