/** What waits until a test lets it go on. */
export interface Gate {
  readonly passed: Promise<void>
  open(): void
}

const gates = new Map<string, Gate>()

export function gate(name: string): Gate {
  const { promise, resolve } = Promise.withResolvers<void>()
  const found = gates.get(name) ?? { passed: promise, open: resolve }
  gates.set(name, found)
  return found
}
