import { expect, test } from 'vitest'
import { measureImport } from './import.ts'

test('gives a figure, with quartiles, for everything that is imported and for a first request', () => {
  const spread = { median: expect.any(Number), quartiles: [expect.any(Number), expect.any(Number)] }
  const { emptyMillis, ratios, firstRequestMillis, node } = measureImport(1)
  expect(Object.keys(ratios)).toEqual(
    expect.arrayContaining(['coatcheck', 'coatcheck/fetch', 'coatcheck/hono', 'coatcheck/node', 'coatcheck/stores/memory']),
  )
  for (const figure of [emptyMillis, ...Object.values(ratios), ...Object.values(firstRequestMillis)]) {
    expect(figure).toEqual(spread)
    expect(figure.median).not.toBeNaN()
  }
  expect(Object.keys(firstRequestMillis)).toEqual(['sealed', 'memory'])
  expect(node).toBe(process.version)
})
