/** Where a trial waits until another request says that it may go on. */
const gates = new Map<string, { promise: Promise<void>; resolve(): void; arrived: PromiseWithResolvers<void> }>()

function gate(name: string) {
  const known = gates.get(name)
  if (known) return known
  const { promise, resolve } = Promise.withResolvers<void>()
  const made = { promise, resolve, arrived: Promise.withResolvers<void>() }
  gates.set(name, made)
  return made
}

/** Waits at the gate of this name. */
export function waitAt(name: string): Promise<void> {
  const { promise, arrived } = gate(name)
  arrived.resolve()
  return promise
}

/** Waits until somebody waits at the gate. */
export const somebodyAt = (name: string): Promise<void> => gate(name).arrived.promise
export const openGate = (name: string): void => gate(name).resolve()
