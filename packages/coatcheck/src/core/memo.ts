import type { AnySessions } from './sessions.ts'

/** So many configurations are kept. */
const MOST = 256

interface Made {
  readonly sessions: AnySessions
  /** The options as they were given last: the functions among them are called as they are there. */
  readonly latest: { options: object }
}

const kept = new Map<string, Made>()
const numbers = new WeakMap<object, number>()
let count = 0

/**
 * The sessions of a configuration that is written anew for every request: made once for the same plain values and the same objects.
 * Functions are no part of what is compared: a literal in a handler is another one each time, and the newest is called. The 256 used
 * last are kept. `face` keeps those of two faces apart; `make` is given the options with functions that stay right.
 */
export function sessionsFor<Options extends object>(
  face: string,
  options: Options,
  make: (options: Options) => AnySessions,
): AnySessions {
  const key = `${face} ${textOf(options)}`
  const known = kept.get(key)
  if (known) {
    known.latest.options = options
    kept.delete(key)
    kept.set(key, known)
    return known.sessions
  }
  const latest = { options }
  const forwarding = Object.fromEntries(
    Object.entries(options).map(([name, value]) => [name, typeof value === 'function' ? forward(name, latest) : value]),
  )
  const made: Made = { latest, sessions: make(forwarding as Options) }
  kept.set(key, made)
  const [oldest] = kept.keys()
  if (oldest !== undefined && kept.size > MOST) kept.delete(oldest)
  return made.sessions
}

const forward =
  (name: string, latest: Made['latest']) =>
  (...args: unknown[]): unknown =>
    (latest.options as Record<string, (...args: unknown[]) => unknown>)[name]?.(...args)

function numberOf(object: object): number {
  const known = numbers.get(object) ?? ++count
  numbers.set(object, known)
  return known
}

/** Plain values by what they say, anything else by which object it is. */
function textOf(value: object): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'function') return 'function'
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
    const isPlain =
      [Object.prototype, null].includes(Object.getPrototypeOf(part)) &&
      !Object.values(part).some((each) => typeof each === 'function')
    if (part === value || isPlain) return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
    return { object: numberOf(part) }
  })
}
