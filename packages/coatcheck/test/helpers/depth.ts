/**
 * `npm run test:whole` plays every order that the searches of interleavings know and every script of the comparisons, in half an hour.
 * `npm test` leaves out some that take long.
 */
export const isWhole: boolean = process.env.COATCHECK_TESTS === 'whole'

/** `these` in `npm run test:whole`, `those` in `npm test`. */
export const bounded = <T>(these: T, those: T): T => (isWhole ? these : those)

/** How many sessions a store is given where there are many, unless its engine has room for less. */
export const records: number = bounded(10_000, 2000)
