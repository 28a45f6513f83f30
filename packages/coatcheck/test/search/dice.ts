/** Numbers that look random and are the same for the same seed, on every machine. */
export interface Dice {
  /** From 0 to below 1. */
  next(): number
  /** Whole, both ends included. */
  int(least: number, most: number): number
  chance(share: number): boolean
  pick<T>(from: readonly T[]): T
  /** One of them, as often as its weight says. */
  weighted<T>(from: readonly (readonly [weight: number, value: T])[]): T
}

/** Mixes numbers into one of 32 bits (the finisher of MurmurHash3). */
export function mixed(...parts: readonly number[]): number {
  let hash = 0x9e3779b9
  for (const part of parts) {
    hash = Math.imul(hash ^ (part | 0), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    hash ^= hash >>> 16
  }
  return hash >>> 0
}

/** A generator of its own (mulberry32): nothing else draws from it. */
export function diceOf(...seed: readonly number[]): Dice {
  let state = mixed(...seed)
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let z = Math.imul(state ^ (state >>> 15), 1 | state)
    z = (z + Math.imul(z ^ (z >>> 7), 61 | z)) ^ z
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32
  }
  const int = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1))
  return {
    next,
    int,
    chance: (share) => next() < share,
    pick: (from) => from[int(0, from.length - 1)] as (typeof from)[number],
    weighted(from) {
      let left = next() * from.reduce((sum, [weight]) => sum + weight, 0)
      for (const [weight, value] of from) {
        left -= weight
        if (left < 0) return value
      }
      return (from.at(-1) as (typeof from)[number])[1]
    },
  }
}
