import { describe, expect, it, test } from 'vitest'
import { crowd, type Member, type Race } from '../../../../test/helpers/crowd.ts'
import { place } from '../../../../test/helpers/servers.ts'
import type { Store } from '../../../stores/store.ts'

const EIGHT: readonly Member[] = [5, 10, 15, 20, 25, 30, 40, 50].map((trip) => ({ trip }))
const SECOND = 1000

/** Of the writes, as a part of what each would have if all had the same. */
function shares({ fates }: Race): number[] {
  const all = fates.reduce((sum, { writes }) => sum + writes, 0)
  return fates.map(({ writes }) => (writes * fates.length) / all)
}

const sum = (race: Race, what: 'commits' | 'conflicts' | 'others') => race.fates.reduce((total, fate) => total + fate[what], 0)

/** Whatever becomes of whose turn it is. */
function nothingLost(race: Race): void {
  expect(race.counted).toBe(sum(race, 'commits'))
}

describe('C9: eight processes, 5 to 50 ms from their store, that write one session for 30 seconds', () => {
  const kinds: readonly (readonly [string, readonly Member[]])[] = [
    ['one commit waits in each', EIGHT],
    ['four commits wait in each', EIGHT.map((member) => ({ ...member, commits: 4 }))],
    ['each request opens the session first', EIGHT.map((member) => ({ ...member, opens: true }))],
    ['their clocks are a minute apart', EIGHT.map((member, at) => ({ ...member, ahead: at % 2 ? 60 * SECOND : 0 }))],
  ]
  test.each(kinds)('none has under a quarter of its share, none is refused, nothing is lost: %s', async (_, members) => {
    const race = await crowd(members, 30 * SECOND)
    nothingLost(race)
    expect(Math.min(...shares(race))).toBeGreaterThan(0.25)
    expect(sum(race, 'conflicts')).toBe(0)
  })
})

test.each([[[1, 1, 50]], [[1, 50]], [[5, 5, 150]]])(
  'C9: a slow process gets through beside fast ones that never pause: %j ms',
  async (trips) => {
    const race = await crowd(
      trips.map((trip) => ({ trip })),
      12 * SECOND,
    )
    nothingLost(race)
    expect(sum(race, 'conflicts')).toBe(0)
    // Every fifth time at least that a claim, a read and a write of its own would fit in.
    const [slow] = race.fates.slice(-1)
    expect(slow?.commits).toBeGreaterThan((12 * SECOND) / (3 * (slow?.trip ?? 0)) / 5)
  },
)

test.each(['destroy', 'regenerateId'] as const)(
  'C9: a slow process that does it once gets through beside a fast one that never pauses: %s',
  async (once) => {
    const { fates } = await crowd(
      [
        { trip: 2, opens: true },
        { trip: 50, once },
      ],
      10 * SECOND,
    )
    expect(fates[1]?.at.length).toBe(1)
    expect(fates[1]?.at[0]).toBeLessThan(3 * SECOND)
  },
)

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
