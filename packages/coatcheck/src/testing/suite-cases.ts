// Which cases belong to which class of stores.

import type { Consistency } from '../stores/store.ts'
import { basics } from './suite-basics.ts'
import { big } from './suite-big.ts'
import { clocks } from './suite-clocks.ts'
import { fidelity } from './suite-data.ts'
import { herds } from './suite-herds.ts'
import { listings } from './suite-index.ts'
import { indexRaces } from './suite-index-races.ts'
import { many } from './suite-many.ts'
import { names } from './suite-names.ts'
import { prunings } from './suite-prunes.ts'
import { races } from './suite-races.ts'
import { times } from './suite-time.ts'
import type { Case } from './suite-trial.ts'
import { versions } from './suite-versions.ts'
import { overtaken, settling, stale } from './suite-weak.ts'

/** What can be asked as long as one call comes after the other: every class holds this. */
const one = [...basics, ...versions, ...fidelity, ...big, ...names, ...times, ...clocks, ...listings, ...many]

export const CASES: Readonly<Record<Consistency, readonly Case[]>> = {
  strong: [...one, ...overtaken, ...herds, ...races, ...indexRaces, ...prunings],
  'last-write-wins': [...one, ...overtaken],
  eventual: [...one.map(settling), ...stale],
}
