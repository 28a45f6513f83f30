import { attacksOn, sample } from './trials/adapter-attacks.ts'

// One adapter of seven; `adapter-attacks.slow.test.ts` has the others.
attacksOn(sample)
