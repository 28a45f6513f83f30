import { describe, expect, test } from 'vitest'
import { STARTS, trial } from '../../../../test/trials/two-people.ts'

// Seeds 101 to 2,000; `two-people.test.ts` has those before.
describe('two or three requests at once, of people who may not be the same', () => {
  test.each(STARTS)('show nobody what is another’s: a session that is %s, store fails: %s', async (comes, isFailing) => {
    for (let seed = 101; seed <= 2000; seed++) await trial(comes, isFailing, seed)
    expect.assertions(0)
  })
})
