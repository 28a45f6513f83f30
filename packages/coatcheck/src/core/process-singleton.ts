/** Put in by the build. */
declare const COATCHECK_VERSION: string | undefined

/** Two releases in one process share nothing: what one keeps there, such as keyrings, may be of no use to the other. */
const PLACE: unique symbol = Symbol.for(
  `coatcheck.process ${typeof COATCHECK_VERSION === 'undefined' ? 'sources' : COATCHECK_VERSION}`,
) as never

/** A function, and not the map itself: nothing that prints a global object shows what is kept. */
type Keep = (name: string) => { thing?: object }

/** Whether this is said to run for real visitors. Where there is no process to ask, it is taken to. */
export function inProduction(): boolean {
  const { process } = globalThis
  return !process?.env || process.env.NODE_ENV === 'production'
}

/**
 * The thing of this name, made once per process: for all copies of this library that a bundler makes, and after a development server has
 * loaded a module again.
 */
export function ofProcess<T extends object>(name: string, make: () => T): T {
  const kept = keep()(name)
  kept.thing ??= make()
  return kept.thing as T
}

/** `ofProcess`, looked for when it is first needed: nothing is kept by loading a module. */
export function lazily<T extends object>(name: string, make: () => T): () => T {
  let known: T | undefined
  return () => {
    known ??= ofProcess(name, make)
    return known
  }
}

function keep(): Keep {
  const place = globalThis as { [PLACE]?: Keep }
  if (place[PLACE]) return place[PLACE]
  const all = new Map<string, { thing?: object }>()
  const value: Keep = (name) => {
    const kept = all.get(name) ?? {}
    all.set(name, kept)
    return kept
  }
  Object.defineProperty(globalThis, PLACE, { value })
  return value
}

/**
 * `ofProcess` for what must survive that a development server loads a module again. In production each call makes its own: two
 * storages of one name are two.
 */
export function processSingleton<T extends object>(name: string, make: () => T): T {
  return inProduction() ? make() : ofProcess(name, make)
}

const warnings = lazily('warnings', () => new Set<string>())

/** Each text once per process. */
export function warn(text: string): void {
  const said = warnings()
  if (!said.has(text)) console.warn(`coatcheck: ${text}.`.replace('..', '.'))
  said.add(text)
}

/** Says once, in production, that nobody decided whether a session's cookie may go over plain HTTP, as the framework's own does. */
export function warnOfPlainHttp(cookie: string, secure: boolean | undefined): void {
  if (secure === undefined && inProduction())
    warn(
      `the cookie ${JSON.stringify(cookie)} is sent over plain HTTP too, where others can read it. Set the cookie's option \`secure\` to true`,
    )
}

const onlookers = lazily('onlookers', () => new Set<(sessions: object) => void>())

/** Calls `look` for all sessions that are made in this process, by whatever adapter, until the function that it gives is called. */
export function lookingOn(look: (sessions: object) => void): () => void {
  onlookers().add(look)
  return () => void onlookers().delete(look)
}

export function tellOnlookers<Made extends object>(sessions: Made): Made {
  for (const look of onlookers()) look(sessions)
  return sessions
}
