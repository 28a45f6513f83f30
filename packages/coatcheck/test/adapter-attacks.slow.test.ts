import { attacksOn, others } from './trials/adapter-attacks.ts'

// Six adapters of seven; `adapter-attacks.test.ts` has the other.
attacksOn(others)
