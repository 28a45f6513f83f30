// Which cases belong to which class of stores.

import type { Consistency } from '../../stores/store.ts'
import { basics } from './basics.ts'
import { big } from './big.ts'
import { clocks } from './clocks.ts'
import { fidelity } from './data.ts'
import { herds } from './herds.ts'
import { listings } from './index.ts'
import { indexRaces } from './index-races.ts'
import { many } from './many.ts'
import { names } from './names.ts'
import { prunings } from './prunes.ts'
import { races } from './races.ts'
import { tellings } from './telling.ts'
import { times } from './time.ts'
import type { Case } from './trial.ts'
import { versions } from './versions.ts'
import { overtaken, settling, stale } from './weak.ts'

/** Cases with one call after the other: stores of every class hold them. */
const one = [...basics, ...versions, ...fidelity, ...big, ...names, ...times, ...clocks, ...listings, ...tellings, ...many]

export const CASES: Readonly<Record<Consistency, readonly Case[]>> = {
  strong: [...one, ...overtaken, ...herds, ...races, ...indexRaces, ...prunings],
  'last-write-wins': [...one, ...overtaken],
  eventual: [...one.map(settling), ...stale],
}
