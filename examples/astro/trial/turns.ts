const waiting = new Map<string, () => void>()

/** Goes on once `pass` was called for the same name: so a test decides what happens first, and nobody sleeps. */
export function turn(name: string): Promise<void> {
  return new Promise((resolve) => waiting.set(name, resolve))
}

export function pass(name: string): boolean {
  waiting.get(name)?.()
  return waiting.delete(name)
}
