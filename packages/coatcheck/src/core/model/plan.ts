/**
 * The kind of one commit. `regenerate`: a new id for the same session. `end`: remove it. `end+create`: remove it and begin an
 * empty one. `touch`: move the idle end only.
 */
export type Plan = 'nothing' | 'create' | 'update' | 'touch' | 'regenerate' | 'end' | 'end+create'

export interface Situation {
  /** There is a stored or sealed session to go by. */
  readonly loaded: boolean
  /** This request ended the session. */
  readonly ended: boolean
  /** Values or flash values changed. */
  readonly changed: boolean
  /** The session is stored even when it is empty. */
  readonly begins?: boolean
  /** A new id was asked for. */
  readonly rotation: boolean
  /** A person signs in. */
  readonly signsIn: boolean
  /** The idle end should move. */
  readonly slideIsDue: boolean
}

/** The one rule for what a commit does. Nothing for nothing: a visitor who stores nothing gets no record and no cookie. */
export function planCommit({ loaded, ended, changed, begins = false, rotation, signsIn, slideIsDue }: Situation): Plan {
  const something = changed || signsIn || begins
  if (!loaded) return something ? 'create' : 'nothing'
  if (ended) return something ? 'end+create' : 'end'
  if (rotation) return 'regenerate'
  if (changed) return 'update'
  return slideIsDue ? 'touch' : 'nothing'
}
