import { SessionError } from '../../errors.ts'
import type { SessionConfig } from '../h3/config.ts'

/** The part of Nitro's runtime configuration that is used here. Environment variables may have put other types into it than the site did. */
export interface RuntimeConfig {
  readonly session?: Readonly<Record<string, unknown>>
  readonly nitro?: { readonly envPrefix?: string }
}

/** Options that `runtimeConfig.session` names by the path of a module: a store cannot be written into a configuration. */
export const MODULES = ['store', 'revocations', 'deviceBound'] as const
type Made = Pick<SessionConfig, (typeof MODULES)[number]>

/** Options left out are taken from `runtimeConfig.session`, of which these may be a copy. */
export type Given = Omit<Partial<SessionConfig>, keyof Made> & { readonly [K in keyof Made]?: Made[K] | string | undefined }

/** The parts of the running site. What is there besides is what the modules export that `runtimeConfig.session` names. */
export type Site = { config(event?: object): RuntimeConfig } & {
  readonly [K in keyof Made]?: Made[K] | (() => Made[K] | undefined) | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

const SHORTEST = 32
let site: Site | undefined
let made: Made | undefined

export function useSite(latest: Site): void {
  site = latest
  made = undefined
}

/** The whole configuration: what was passed, above `runtimeConfig.session`. */
export function settingsFor(event: object | undefined, given: Given = {}): SessionConfig {
  const runtime = site?.config(event) ?? {}
  const { password: theirs, name, ...rest } = runtime.session ?? {}
  // A copy of the runtime configuration says where a module is, too.
  const isPath = (key: string, value: unknown) => MODULES.some((each) => each === key) && typeof value === 'string'
  const own = Object.entries(rest).filter(([key, value]) => !isPath(key, value))
  const plain = Object.fromEntries(own.map(([key, value]) => [key, untexted(value)]))
  const isGiven = ([key, value]: [string, unknown]) => value !== undefined && !isPath(key, value)
  const passed = Object.fromEntries(Object.entries(given).filter(isGiven))
  // A copy of the runtime configuration's password is still the site's own password.
  const isOwn = given.password === undefined || given.password === '' || given.password === theirs
  const password = isOwn ? secretsOf(theirs, runtime) : given.password
  const settings = { ...plain, ...(name !== undefined && { name: String(name) }), ...passed, password } as SessionConfig
  if (isOwn && !password) throw missing(runtime)
  const { deviceBound, ...others } = madeOf(site)
  // Browsers are answered for one kind of sessions.
  const isMain = given.name === undefined || given.name === name
  const exported = { ...others, ...(isMain && deviceBound && { deviceBound }) }
  return { ...(!settings.format && exported), ...settings }
}

/** The configuration of a site whose sessions are bound to devices; else undefined. */
export const boundSettings = (event: object): SessionConfig | undefined => (site?.deviceBound ? settingsFor(event) : undefined)

/** Throws `BAD_OPTIONS` when the site cannot keep sessions, before it has visitors. */
export function checkSettings(): void {
  const runtime = site?.config() ?? {}
  const password = secretsOf(runtime.session?.password, runtime)
  if (!password) throw missing(runtime)
  for (const each of typeof password === 'string' ? [password] : Object.values(password))
    if (each.length < SHORTEST) throw missing(runtime, each.length)
}

/** What the modules export, asked for with the first session. */
function madeOf(current: Site | undefined): Made {
  if (made) return made
  const exported = MODULES.map((name) => [name, current?.[name]] as const)
  const all = exported.map(([name, its]) => [name, typeof its === 'function' ? its() : its])
  made = Object.fromEntries(all.filter(([, value]) => value !== undefined)) as Made
  return made
}

/**
 * The site's password as the environment spells it, which is the same in every version; then as Nitro 2 reads it, which takes a text in
 * quotes for JSON: cookies of either version stay readable.
 */
function secretsOf(configured: unknown, runtime: RuntimeConfig): SessionConfig['password'] {
  const [spelling] = variables(runtime).flatMap((name) => environment()[name] ?? [])
  if (spelling === undefined)
    return typeof configured === 'object' ? ((configured ?? '') as SessionConfig['password']) : String(configured ?? '')
  const unquoted = spelling.trimStart().startsWith('"') ? textIn(spelling) : undefined
  return unquoted === undefined || unquoted === spelling ? spelling : [spelling, unquoted]
}

function textIn(json: string): string | undefined {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'string' && value.length >= SHORTEST ? value : undefined
  } catch {
    return undefined
  }
}

/** Whether the environment tells the password, and by which variable it is told best. */
export function toldOf(runtime: RuntimeConfig): { readonly isTold: boolean; readonly variable: string } {
  const [nitros = '', other = ''] = variables(runtime)
  const isTold = [nitros, other].some((name) => environment()[name])
  return { isTold, variable: other.startsWith('_') ? nitros : other }
}

/** The variables from which Nitro reads the password, in its order. Nuxt has a prefix of its own. */
function variables({ nitro }: RuntimeConfig): string[] {
  const prefix = nitro?.envPrefix ?? environment().NITRO_ENV_PREFIX ?? '_'
  return ['NITRO_SESSION_PASSWORD', `${prefix}SESSION_PASSWORD`]
}

/** Read at each use: on some platforms it is filled by the first request. */
function environment(): Environment {
  const { process } = globalThis as { process?: { readonly env?: Environment } }
  return process?.env ?? {}
}

function missing(runtime: RuntimeConfig, length?: number): SessionError {
  const what =
    length === undefined
      ? 'The password of the sessions is missing.'
      : `The password of the sessions has ${length} characters only.`
  return new SessionError('BAD_OPTIONS', what, {
    fix: `Add a line to the environment of the server, ${toldOf(runtime).variable}= and what \`openssl rand -base64 33\` prints; or set runtimeConfig.session.password to ${SHORTEST} characters or more.`,
  })
}

/** Nitro 3 leaves texts as they are, where Nitro 2 reads numbers and truth values. A build writes a date as its text. */
function untexted(value: unknown, name = ''): unknown {
  if (name === 'expires' && typeof value === 'string') return new Date(value)
  if (value === 'true' || value === 'false') return value === 'true'
  if (typeof value === 'string' && /^\d{1,15}$/.test(value)) return Number(value)
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Date) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, untexted(each, key)]))
}
