// Moves the sessions of a site from SQLite to PostgreSQL while it runs: `npm run move:trial -- --sessions 100000 --mover 12 --site 4`.
// `--hasty` leaves out the step `prepare`: then something must be wrong.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { postgresStore } from '../packages/coatcheck/src/stores/postgres.ts'
import { startDatabase } from '../packages/coatcheck/test/stores/postgres.ts'
import { liveMove } from '../packages/coatcheck/test/trials/live-move.ts'
import { makeFolder, removeFolder } from './engine-process.ts'

const text = { type: 'string' } as const
const { values } = parseArgs({
  options: { sessions: text, mover: text, site: text, seed: text, drivers: text, hasty: { type: 'boolean' } },
})
const folder = makeFolder('move')
const server = await startDatabase()
const pool = new pg.Pool({ connectionString: server.url })
await postgresStore(pool).migrate()
await pool.end()
try {
  const { wrong, ...found } = await liveMove({
    path: join(folder, 'sessions.db'),
    url: server.url,
    sessions: Number(values.sessions ?? 100_000),
    kills: { mover: Number(values.mover ?? 12), site: Number(values.site ?? 4) },
    drivers: Number(values.drivers ?? 24),
    isHasty: values.hasty ?? false,
    seed: Number(values.seed ?? 1),
    log: (line) => console.error(line),
  })
  console.log(JSON.stringify(found, null, 2))
  console.log(wrong.length === 0 ? 'Nothing was wrong.' : `Wrong: ${wrong.length}\n${wrong.slice(0, 20).join('\n')}`)
  process.exitCode = wrong.length === 0 ? 0 : 1
} finally {
  await server.stop()
  removeFolder(folder)
}
