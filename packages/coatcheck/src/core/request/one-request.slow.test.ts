import { describe, test } from 'vitest'
import { TRIALS, trial } from '../../../test/trials/one-request.ts'

// Seeds 41 to 400; `one-request.test.ts` has those before.
describe('whatever one request does, in whatever order, with commits that it waits for or not', () => {
  test.each(TRIALS)('it sees what it did, and so does the next one: $kind, $comes, store fails: $fails', async (how) => {
    for (let seed = 41; seed <= 400; seed++) await trial(how, seed)
  })
})
