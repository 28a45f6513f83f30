/** Points at which requests wait for the test. Next has several copies of this module in one process. */
const place = globalThis as { gates?: Map<string, () => void> }
place.gates ??= new Map()
const { gates } = place

/** Waits until somebody asks for /trial/pass?name=… */
export const reach = (name: string): Promise<void> => new Promise((pass) => void gates.set(name, pass))

/** Whether somebody waited there. */
export function pass(name: string): boolean {
  gates.get(name)?.()
  return gates.delete(name)
}
