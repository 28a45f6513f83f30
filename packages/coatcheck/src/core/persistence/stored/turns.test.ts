import { describe, expect, it, test } from 'vitest'
import { crowd } from '../../../../test/helpers/crowd.ts'
import { place } from '../../../../test/helpers/servers.ts'
import { EIGHT, fair, nothingLost, onceGetsThrough, SECOND, slowGetsThrough, sum } from '../../../../test/trials/turns.ts'
import type { Store } from '../../../stores/store.ts'

// More such crowds: `turns.slow.test.ts`.

describe('C9: eight processes, 5 to 50 ms from their store, that write one session for 30 seconds', () => {
  test('none has under a quarter of its share, none is refused, nothing is lost: one commit waits in each', () => fair(EIGHT))
})

test('C9: a slow process gets through beside fast ones that never pause: [5,5,150] ms', () => slowGetsThrough([5, 5, 150]))

test('C9: a slow process that does it once gets through beside a fast one that never pauses: destroy', () =>
  onceGetsThrough('destroy'))

describe('a claim', () => {
  it('of a process that died costs the others a bounded time, and is removed', async () => {
    const others = [{ trip: 5 }, { trip: 5 }]
    let claimed = 0
    const race = await crowd([...others, { trip: 50 }], 6 * SECOND, {
      around: (store, member) =>
        member < others.length
          ? store
          : {
              ...store,
              // It is never heard of again.
              async create(key, record) {
                claimed++
                await store.create(key, record)
                return new Promise(() => {})
              },
            },
    })
    expect(claimed).toBe(1)
    expect(race.keys.length).toBe(1)
    nothingLost(race)
    for (const { longest } of race.fates.slice(0, 2)) expect(longest).toBeLessThan(SECOND)
    const alone = await crowd(others, 6 * SECOND)
    expect(sum(race, 'commits')).toBeGreaterThan(sum(alone, 'commits') * 0.75)
  })

  it('is gone when nobody writes any more', async () => {
    const race = await crowd(EIGHT, 3 * SECOND)
    expect(race.keys.length).toBe(1)
  })
})

describe('a session that one process writes', () => {
  it('makes no call but its writes, as long as it is not written without a break', async () => {
    const race = await crowd([{ trip: 5, idle: 300 }], 30 * SECOND)
    expect([sum(race, 'others'), sum(race, 'commits')]).toEqual([1, 99])
  })

  it('makes a call besides every sixteen writes in a row, and is not slowed', async () => {
    const race = await crowd([{ trip: 10 }], 30 * SECOND)
    expect(sum(race, 'commits')).toBe(2999)
    expect(sum(race, 'others')).toBe(1 + Math.floor(2999 / 16))
  })
})

it('two processes that meet now and then make no claim', async () => {
  const asked: string[] = []
  const members = [
    { trip: 5, idle: 20 },
    { trip: 7, idle: 30 },
  ]
  const race = await crowd(members, 20 * SECOND, {
    around: (store) => ({
      ...store,
      create(key, record) {
        asked.push(key)
        return store.create(key, record)
      },
    }),
  })
  nothingLost(race)
  expect(asked).toEqual([])
})

test('C9: a store that takes no claim and shows none is not asked for ever', async () => {
  const site = place() // its clock stands still
  const ticket = await site.server().visit((s) => s.set('n', 1))
  let refusals = 5
  const { records } = site
  const store: Store = {
    ...records,
    create: async (key, ...rest) => (key.endsWith('-turn') ? undefined : records.create(key, ...rest)),
    update: async (...args) => (refusals-- > 0 ? undefined : records.update(...args)),
  }
  await site.server({ store }).visit((s) => s.set('n', 2), ticket)
  expect(await site.server().look(ticket, (s) => s.get('n'))).toBe(2)
})
