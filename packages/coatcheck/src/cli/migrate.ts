import type { Store } from '../stores/store.ts'
import { movingIn } from '../stores/wrapping/moving.ts'
import { count, parsed, SITE_HELP, SITE_OPTIONS } from './args.ts'
import type { Command } from './command.ts'
import { type MoveAnswer, moved, movedText } from './migrate/move.ts'
import { KIND_NAMES, type Prepared, prepare, preparedText, schemaSql } from './migrate/schemas.ts'
import { Problem } from './problem.ts'
import { loadSite } from './site/load.ts'
import type { Site } from './site/site.ts'
import { asJson } from './text.ts'

const OPTIONS = {
  ...SITE_OPTIONS,
  sql: { type: 'string' },
  table: { type: 'string' },
  'dry-run': { type: 'boolean' },
  concurrency: { type: 'string' },
} as const

export const migrate: Command = {
  name: 'migrate',
  summary: 'makes the tables of a store; moves all records to another store while the site runs',
  help: `coatcheck migrate [options]

Makes what the stores of the application need: the tables of PostgreSQL, MySQL, SQLite, libSQL and D1, and what others need. What is there
already stays. Where the application has a movingStore() with the step "move", all records are then brought from its one store to the other,
while the site runs: docs/moving-stores.md says which releases to deploy before. It may be stopped, or killed, and called again.

  --sql KIND         prints the SQL for ${KIND_NAMES.join(', ')}, and does nothing
  --table NAME       for --sql; coatcheck_sessions when left out
  --dry-run          says what would be done, and how many records would be moved
  --concurrency N    records that are on their way at once; 16 when left out
${SITE_HELP}

  npx coatcheck migrate --sql postgres > sessions.sql
  npx coatcheck migrate --dry-run
  npx coatcheck migrate --config app/sessions.ts --json`,

  async run(args, terminal) {
    const { values, positionals } = parsed('migrate', args, OPTIONS)
    if (positionals.length > 0) throw new Problem('migrate takes no argument.', 'Name the sessions by --config and --site.')
    if (values.sql !== undefined) {
      const sql = schemaSql(values.sql, values.table)
      terminal.say(values.json ? asJson({ sql }) : sql.trimEnd())
      return 0
    }
    if (values.table !== undefined) throw new Problem('--table goes with --sql.', 'The store of the application knows its table.')
    const concurrency = count('concurrency', values.concurrency, 16, 1000)
    const isDry = values['dry-run'] === true
    const stop = new AbortController()
    const onSignal = (): void => stop.abort()
    process.once('SIGINT', onSignal)
    try {
      const stores = storesOf(await loadSite(terminal, values))
      if (stores.length === 0)
        throw new Problem('There is nothing to migrate: these sessions live in their visitors’ cookies.', 'Leave it out.')
      const schemas: Prepared[] = []
      const moves: MoveAnswer[] = []
      for (const [name, store] of stores) {
        const moving = movingIn(store)
        const all = moving
          ? Object.entries({ [`${name}, from`]: moving.from, [`${name}, to`]: moving.to })
          : [[name, store] as const]
        for (const [each, at] of all) {
          const prepared = await prepare(each, at, isDry)
          if (prepared) schemas.push(prepared)
        }
        const isThere = schemas.every(({ did }) => did !== 'would make')
        const call = { isDry, concurrency, signal: stop.signal, progress: terminal.progress }
        if (moving && isThere) moves.push(await moved(moving, call))
      }
      const lines = [...schemas.map(preparedText), ...moves.map(movedText)]
      terminal.say(values.json ? asJson({ schemas, moves }) : lines.join('\n') || 'These stores need nothing.')
      return moves.every(({ isDone, moved: count }) => isDone || count === undefined) ? 0 : 1
    } finally {
      process.off('SIGINT', onSignal)
    }
  },
}

/** Those that a site has, by the options that name them. */
function storesOf({ inside: { options } }: Site): (readonly [name: string, store: Store])[] {
  const { store, revocations } = options
  const revoked = revocations && ('store' in revocations ? revocations.store : revocations)
  return [...(store ? [['store', store] as const] : []), ...(revoked ? [['revocations', revoked] as const] : [])]
}
