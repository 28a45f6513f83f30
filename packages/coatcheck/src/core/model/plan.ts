/**
 * The kind of one commit. `regenerate`: a new id for the same session. `end`: remove it. `end+create`: remove it and begin an
 * empty one. `touch`: move the idle end only.
 */
export type Plan = 'nothing' | 'create' | 'update' | 'touch' | 'regenerate' | 'end' | 'end+create'
