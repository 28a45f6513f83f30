let origin: number | undefined

/**
 * Milliseconds since the epoch. Next takes a call of `Date.now()` in a page that it renders ahead for a page that shows the time, and stops;
 * `performance` it leaves to who only compares times (F32).
 */
export const now = (): number => (origin ?? performance.timeOrigin) + performance.now()

/** Goes by the wall clock again, which may have been set since the process began. Not while a page is rendered. */
export function setClock(): void {
  origin = Date.now() - performance.now()
}
