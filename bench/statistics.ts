/** A median, with the quartiles around it. */
export interface Spread {
  readonly median: number
  readonly quartiles: readonly [number, number]
}

/** The value below which this part of the values lies; between two values, in proportion. NaN when there are none. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = part * (sorted.length - 1)
  const [below = Number.NaN, above = below] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]]
  return below + (above - below) * (at - Math.floor(at))
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

export const spreadOf = (values: readonly number[]): Spread => ({
  median: median(values),
  quartiles: [quantile(values, 0.25), quantile(values, 0.75)],
})

/** The items in an order of chance (Fisher and Yates). `random` gives numbers from 0 to below 1. */
export function shuffled<T>(items: readonly T[], random: () => number = Math.random): readonly T[] {
  const left = [...items]
  const order: T[] = []
  while (left.length > 0) order.push(...left.splice(Math.floor(random() * left.length), 1))
  return order
}
