import type { BoundStory, Start } from './bound-stories.ts'
import type { Failure, Kind, Stage } from './bound-world.ts'

const KINDS: readonly Kind[] = ['stored', 'stored', 'sealed', 'revocable']
const STARTS: readonly Start[] = [
  'guest',
  'planted',
  'keyed',
  'offered',
  'offered',
  'pending',
  'first',
  'first',
  'bound',
  'over',
  'over',
]
const LETTERS = 'FFFFJJRWWMMEESSBIODDQHXCTVA'
const FAILURES: readonly Failure[] = ['before', 'after', 'late']
const PASSES = [1, 5, 10, 11, 30, 59, 61, 290, 300, 301, 361, 421, 700]
/** In steps, at once, and until the old one is revoked. */
const ROTATIONS: readonly (readonly Stage[])[] = [[1], [1, 2], [2], [1, 2, 3], [2, 3]]
const ENDS = [
  { idle: 320 },
  { idle: 400 },
  { idle: 320, absolute: 330 },
  { idle: 300, absolute: 400 },
  { idle: 700, absolute: 800 },
]

/** What makes a story of a number: the same each time. */
export function drawn(seed: number): BoundStory {
  let state = Math.imul(seed + 1, 0x9e3779b1) || 1
  const next = (below: number): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
  for (let warm = 0; warm < 5; warm++) next(1)
  const pick = <T>(all: ArrayLike<T>): T => all[next(all.length)] as T
  const some = <T>(share: number, make: () => T): T | undefined => (next(100) < share ? make() : undefined)
  const start = pick(STARTS)
  const first = start === 'over' || start === 'first' ? 'F' : start === 'offered' ? 'R' : pick('FSJ')
  const letters = first + Array.from({ length: 1 + next(3) }, () => pick(LETTERS)).join('')
  const [passes, dies, fails] = [
    some(40, () => Array.from({ length: 1 + next(3) }, () => pick(PASSES))),
    some(20, () => next(letters.length)),
    some(20, () => Array.from({ length: 1 + next(2) }, () => pick(FAILURES))),
  ]
  const rotates = some(15, () => pick(ROTATIONS))
  const ends = some(15, () => pick(ENDS))
  return {
    ...{ kind: pick(KINDS), start, letters },
    ...(passes && { passes }),
    ...(dies !== undefined && { dies }),
    ...(fails && { fails }),
    ...(rotates && { rotates }),
    ...ends,
  }
}

const FIRSTS: Readonly<Record<string, string>> = { offered: 'R', planted: 'S', keyed: 'S' }
const AFTER: Readonly<Partial<Record<Start, string>>> = {
  over: 'FJWMESBIODHXCTV',
  first: 'FJWMESBIODHXT',
  offered: 'FWMESBIODHXA',
  planted: 'SA',
  keyed: 'FA',
}

/** A refresh, a first refresh, a registration or a sign-in beside each other thing that may happen, for each kind of session. */
export const PAIRS: readonly BoundStory[] = (['stored', 'sealed', 'revocable'] as const).flatMap((kind) =>
  Object.entries(AFTER).flatMap(([start, letters]) =>
    Array.from(letters, (letter) => ({ kind, start: start as Start, letters: `${FIRSTS[start] ?? 'F'}${letter}` })),
  ),
)
