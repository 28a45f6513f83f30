/** What was found and is still to be repaired: target, what the search says of it, and what is to be done. A line goes when it is. */
const KNOWN: readonly (readonly [target: string, said: RegExp, what: string])[] = []

export function knownAs(target: string, said: string): string | undefined {
  return KNOWN.find(([name, form]) => name === target && form.test(said))?.[2]
}
