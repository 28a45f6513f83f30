import { expect, it } from 'vitest'
import { countedOnce } from '../../../../test/helpers/told.ts'
import { adapterOf, sessionsOf } from '../../sessions.ts'

it.each([[[0, 0]], [[0, 1]], [[0, 0, 1]]])(
  'C1: engines %j on one store that says for sure what became of a write: all is counted once, in every order',
  async (at) => {
    const { bad, orders } = await countedOnce(
      { adapterOf, sessionsOf },
      at.map((at) => ({ kind: 'counts', at })),
    )
    expect(bad).toBeUndefined()
    expect(orders).toBe(at.length === 2 ? 20 : 1680)
  },
)

it('C1: what is ended there stays ended', async () => {
  const visits = [
    { kind: 'counts', at: 0 },
    { kind: 'ends', at: 1 },
    { kind: 'counts', at: 1 },
  ] as const
  expect(await countedOnce({ adapterOf, sessionsOf }, visits)).toEqual({ bad: undefined, orders: 1680 })
})
