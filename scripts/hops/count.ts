import { MARK } from './mark.ts'

/** One request's way through the files of src/, `crypto/` left out: one entry whenever the code goes on in another file. */
export type Way = readonly string[]

export interface Hops {
  readonly files: number
  /** How often the code went on in another file. */
  readonly crossings: number
  /** Of those, how often it went on in the file that it had just come from: A, B, A. */
  readonly back: number
}

export const hopsOf = (way: Way): Hops => ({
  files: new Set(way).size,
  crossings: way.length,
  back: way.filter((file, at) => at > 1 && file === way[at - 2]).length,
})

let way: string[] | undefined

/** What the marked sources call. */
export const mark = (file: string, value?: unknown): unknown => {
  if (way && way.at(-1) !== file && !file.startsWith('crypto/')) way.push(file)
  return value
}
Reflect.defineProperty(globalThis, MARK, { value: mark })

/** The way of what `act` does. Nothing else may run meanwhile. */
export async function wayOf(act: () => Promise<unknown>): Promise<Way> {
  const taken: string[] = []
  way = taken
  await act()
  way = undefined
  return taken
}
