// The promises of a store. Each case of the suite belongs to one of these.

export const GUARANTEES = {
  exact: 'What is read is what was written, to the last character and millisecond',
  big: 'Big records come back exactly',
  names: 'A name is taken for itself only, or refused',
  fresh: 'A write is seen at once, through every handle',
  refused: 'A write that another overtook is refused',
  one: 'Of writes at the same moment one wins, and none is lost',
  versions: 'A version never comes twice',
  ended: 'What was ended stays ended',
  alive: 'Nothing goes before it expires',
  clocks: 'Clocks may differ',
  touch: 'A touch prolongs, and undoes nothing',
  owner: 'An owner’s list misses no live session',
  list: 'A listing misses no session that stays',
  prune: 'A prune removes what is over, and nothing that lives',
  told: 'Whoever listens is told of every end',
  readMany: 'Many are read at once as one by one',
  many: 'Thousands of sessions are created, found, listed and pruned like a few',
} as const

export type GuaranteeName = keyof typeof GUARANTEES
