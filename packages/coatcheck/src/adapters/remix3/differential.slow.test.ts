import { expect, test } from 'vitest'
import { compare, kinds } from '../../../test/differential/remix3-kinds.ts'

test.each(Object.keys(kinds))('the same calls on Remix 3 and here, %s: 250 scripts tell the same', async (kind) => {
  expect.hasAssertions()
  await compare(kind, 250)
})
