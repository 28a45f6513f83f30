import { afterAll, expect, test } from 'vitest'
import { compare, inFiles, inMemory, removeFolders } from '../../../test/differential/remix-kinds.ts'
import { fakeDate } from '../../../test/helpers/date.ts'
import { bounded } from '../../../test/helpers/depth.ts'

const clock = fakeDate()
afterAll(removeFolders)

const runs = [
  ...inMemory.map((kind) => [kind, bounded(1075, 300)] as const),
  ...inFiles.map((kind) => [kind, bounded(100, 50)] as const),
]

test.each(runs)('%s: %i scripts tell the same on each package and here', async (kind, count) => {
  expect(await compare(kind, count, clock)).toBe(count)
})
