// Counts the round trips of every store on its real engine and puts them into docs/stores.md: `npm run round-trips`.
// packages/coatcheck/test/round-trips.integration.test.ts fails when the page says something else than what is counted.
import { parseArgs } from 'node:util'
import { countRoundTrips, HEAD, rowOf } from '../packages/coatcheck/test/helpers/round-trips.ts'
import { EVERY } from '../packages/coatcheck/test/stores/every.ts'
import { putTable, tableOf } from './doc-table.ts'

// It takes none: what is mistyped must not start a run of minutes.
parseArgs({ options: {} })

const rows: (readonly string[])[] = []
for (const tried of EVERY) rows.push(rowOf(await countRoundTrips(tried)))
const table = tableOf(HEAD, rows)
putTable('docs/stores.md', 'round-trips', table)
console.log(table)
