import { test } from 'vitest'
import { arena, KINDS } from './helpers/arena.ts'
import { forged, HOST } from './helpers/attacks.ts'

// 1,800 of the 2,000 forged tickets of each kind; `attacks.test.ts` has the others.
test.for([...KINDS])('promise 6: TK-015, forge on sessions %s', (kind) => forged(arena(kind, HOST), 1_800))
