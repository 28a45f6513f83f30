/** No cookie is at this path. */
const NOWHERE = '/.nothing'

/** A line for an interface that must give one where there is nothing to say: a browser neither keeps nor drops a cookie for it. */
export const idleLine = (name: string): string => `${name}=; Max-Age=0; Path=${NOWHERE}`

/** Whether it is an `idleLine`. */
export const isIdle = (line: string): boolean => line.endsWith(`=; Max-Age=0; Path=${NOWHERE}`)
