/** The session or cookie of ours that was asked last while something was looked at. */
let witness: object | undefined

/** Called by a session or a cookie of ours when one of its properties is asked for. */
export function wasAsked(thing: object): void {
  witness = thing
}

/**
 * What a wrapper (such as the typed cookies and sessions of remix-utils) stands for: `look` asks the wrapper, and what it passes the
 * question on to says so. undefined: nothing of ours.
 */
export function behind(look: () => unknown): object | undefined {
  witness = undefined
  try {
    look()
    return witness
  } catch {
    return undefined
  } finally {
    witness = undefined
  }
}
