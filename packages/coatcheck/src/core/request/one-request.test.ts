import { describe, test } from 'vitest'
import { TRIALS, trial } from '../../../test/trials/one-request.ts'

// The first 40 of 400 seeds; `one-request.slow.test.ts` goes on with the others.
describe('whatever one request does, in whatever order, with commits that it waits for or not', () => {
  test.each(TRIALS)('it sees what it did, and so does the next one: $kind, $comes, store fails: $fails', async (how) => {
    for (let seed = 1; seed <= 40; seed++) await trial(how, seed)
  })
})
