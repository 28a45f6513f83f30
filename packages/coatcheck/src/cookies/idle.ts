/** No cookie is at this path. */
const END = '; Max-Age=0; Path=/.nothing'

/**
 * A line for an interface that must give one where there is nothing to tell the browser, which neither keeps nor drops a cookie for it.
 * `value`: what the browser holds, for those who read lines themselves.
 */
export const idleLine = (name: string, value = ''): string => `${name}=${value}${END}`

/** Whether it is an `idleLine`. */
export const isIdle = (line: string): boolean => line.endsWith(END)
