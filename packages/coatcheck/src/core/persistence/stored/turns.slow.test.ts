import { describe, expect, it, test } from 'vitest'
import { crowd, type Member } from '../../../../test/helpers/crowd.ts'
import { EIGHT, fair, nothingLost, onceGetsThrough, SECOND, slowGetsThrough } from '../../../../test/trials/turns.ts'

// More crowds than those of `turns.test.ts`.

describe('C9: eight processes, 5 to 50 ms from their store, that write one session for 30 seconds', () => {
  const kinds: readonly (readonly [string, readonly Member[]])[] = [
    ['four commits wait in each', EIGHT.map((member) => ({ ...member, commits: 4 }))],
    ['each request opens the session first', EIGHT.map((member) => ({ ...member, opens: true }))],
    ['their clocks are a minute apart', EIGHT.map((member, at) => ({ ...member, ahead: at % 2 ? 60 * SECOND : 0 }))],
  ]
  test.each(kinds)('none has under a quarter of its share, none is refused, nothing is lost: %s', (_, members) => fair(members))
})

test.each([[[1, 1, 50]], [[1, 50]]])('C9: a slow process gets through beside fast ones that never pause: %j ms', slowGetsThrough)

test('C9: a slow process that does it once gets through beside a fast one that never pauses: regenerateId', () =>
  onceGetsThrough('regenerateId'))

describe('a claim', () => {
  it('that cannot be made, found or removed holds nobody up for good', async () => {
    const race = await crowd([{ trip: 2 }, { trip: 20 }], 6 * SECOND, {
      around: (store) => ({
        ...store,
        read: (key) => (key.endsWith('-turn') ? Promise.reject(new Error('no')) : store.read(key)),
        create: () => Promise.reject(new Error('no')),
        delete: () => Promise.reject(new Error('no')),
      }),
    })
    nothingLost(race)
    expect(race.fates[0]?.commits).toBeGreaterThan(2000)
  })
})
