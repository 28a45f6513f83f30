const PLACE = Symbol.for('coatcheck.remembered')

/** Whether this is said to run for real visitors. Where there is no process to ask, it is taken to. */
export function inProduction(): boolean {
  const { process } = globalThis
  return !process?.env || process.env.NODE_ENV === 'production'
}

/**
 * The thing of this name, made once per process, for what must survive that a development server loads a module again. In
 * production nothing is loaded twice, and each call makes its own.
 */
export function processSingleton<T extends object>(name: string, make: () => T): T {
  if (inProduction()) return make()
  const place = globalThis as { [PLACE]?: Map<string, object> }
  place[PLACE] ??= new Map()
  const known = place[PLACE].get(name) as T | undefined
  if (known) return known
  const made = make()
  place[PLACE].set(name, made)
  return made
}

const PROCESS_WARNINGS = new Set<string>()

/** Each text once per process. */
export function warn(text: string): void {
  const said = processSingleton('warnings', () => PROCESS_WARNINGS)
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
