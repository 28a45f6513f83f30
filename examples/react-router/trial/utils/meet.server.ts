const waiting = new Map<string, (() => void)[]>()

/** Resolves when as many have come under this name. */
export function meet(name: string, count: number): Promise<void> {
  const here = waiting.get(name) ?? []
  waiting.set(name, here)
  const all = new Promise<void>((resolve) => here.push(resolve))
  if (here.length === count) {
    waiting.delete(name)
    for (const go of here) go()
  }
  return all
}
