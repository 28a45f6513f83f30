import { expect, test } from 'vitest'
import { EMPTY } from './body.ts'
import { Entry } from './codec.ts'
import { Values } from './values.ts'

test('an update that leaves the value as it is, is no change', () => {
  const body = { ...EMPTY, values: new Map([['n', Entry.of(1, 'n')]]) }
  const values = new Values(
    body,
    () => 0,
    () => {},
  )
  values.update('n', (n) => n)
  expect([values.changed, values.take().changes.size]).toEqual([false, 0])
  values.update('n', (n) => Number(n) + 1)
  expect([values.changed, values.take().changes.size]).toEqual([true, 1])
})
