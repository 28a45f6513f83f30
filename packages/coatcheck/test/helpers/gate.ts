/** A barrier that a test opens: whoever comes waits, and the test can wait until somebody has come. */
export interface Gate {
  /** Waits until the gate is opened. */
  pass(): Promise<void>
  /** Resolves once somebody waits at the gate. */
  readonly reached: Promise<void>
  open(): void
}

export function gate(): Gate {
  const opened = Promise.withResolvers<void>()
  const reached = Promise.withResolvers<void>()
  return {
    pass() {
      reached.resolve()
      return opened.promise
    },
    reached: reached.promise,
    open: opened.resolve,
  }
}

/** Resolves when all that can go on without a timer or I/O has gone on. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve))
}
