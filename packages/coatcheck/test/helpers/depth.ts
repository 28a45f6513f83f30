/**
 * `npm run test:whole` plays every order that the searches of interleavings know and every script of the comparisons, in half an hour.
 * `npm test` leaves out some that take long.
 */
export const isWhole: boolean = process.env.COATCHECK_TESTS === 'whole'

/** `these` in `npm run test:whole`, `those` in `npm test`. */
export const bounded = <T>(these: T, those: T): T => (isWhole ? these : those)

/** How many sessions a store is given where there are many, unless its engine has room for less. */
export const records: number = bounded(10_000, 2000)

/**
 * So many scripts for a property of fast-check. `npm test` draws the same each time, so that a run fails for what was changed and not by chance;
 * `npm run test:whole` draws others.
 */
export const scriptsDrawn = (numRuns: number): { numRuns: number; seed?: number } =>
  isWhole ? { numRuns } : { numRuns, seed: 20_261_123 }
