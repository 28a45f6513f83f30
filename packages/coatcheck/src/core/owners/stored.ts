import type { Engine } from '../engine.ts'
import { Adoptions } from '../migration/adoptions.ts'
import type { Ends } from '../persistence/stored/ends.ts'
import type { Records } from '../persistence/stored/records.ts'
import { Admission } from './admission.ts'
import { Epochs } from './epochs.ts'
import { Marks } from './marks.ts'
import { ownedSessions } from './owned.ts'
import { OwnerRecords } from './owner-records.ts'
import type { OwnedSessions } from './types.ts'

interface Owners {
  readonly owners: OwnedSessions
  /** undefined: the store can find nobody's sessions, so that nothing ends them but their tickets and handles. */
  readonly admission: Admission | undefined
  readonly adoptions: Adoptions
}

/** The sessions of a store by their owners. */
export function ownersIn(records: Records, engine: Engine, ends: Ends): Owners {
  const adoptions = new Adoptions(records, engine)
  const epochs = new Epochs(records.store, engine)
  const marks = new Marks(epochs, engine)
  const owned = new OwnerRecords(records, engine, ends, adoptions)
  return {
    owners: ownedSessions(records, engine, owned, epochs, marks),
    admission: records.store.listByOwner ? new Admission(engine, marks, owned) : undefined,
    adoptions,
  }
}
