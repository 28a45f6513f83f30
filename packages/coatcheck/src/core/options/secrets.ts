import { randomText } from '../../crypto/random.ts'
import { inProduction, processSingleton, warn } from '../process-singleton.ts'
import { bad, kind, repeats } from './checks.ts'
import { type CheckedSecret, checkWriter, type SecretList, type StatedSecret, stated } from './secret-states.ts'

const ADVICE = 'Use at least 32 random characters: `openssl rand -base64 33`.'
const MAKE_ONE = 'Make one with `openssl rand -base64 33` and keep it out of the code'
/** It needs nothing but Node. */
const PUT_ONE = `node -p "'SESSION_SECRET=' + require('crypto').randomBytes(33).toString('base64')" >> .env`

/** Where secrets come from that change while the process runs. */
export interface SecretSource {
  /**
   * The secrets as they are now. Called when the first is needed, then when the last answer is 60 seconds old, and for a ticket of an unknown
   * secret, at most every 5 seconds. If it throws, rejects, or gives what is no list, the last list counts on.
   */
  read(): SecretList | PromiseLike<SecretList>
  /** Called once, before the first `read`: `changed` has them read again when they are next needed. */
  watch?(changed: () => void): void
}

/** What the option `secrets` takes. */
export type SecretsOption = SecretList | (() => SecretList | PromiseLike<SecretList>) | SecretSource

/** Checked: texts of which the first writes, which may be made later; those with states or times; or where they are read, and how that is checked. */
export type Secrets =
  | readonly string[]
  | (() => readonly string[])
  | { readonly list: readonly CheckedSecret[] }
  | { readonly source: SecretSource; readonly check: (given: unknown) => readonly CheckedSecret[] }

/** Checks the option `secrets`. With `warns`, for what documents of frameworks show, weak ones are only warned about. */
export function secretsOf(given: SecretsOption | undefined, warns: boolean): Secrets | undefined {
  if (given === undefined) return undefined
  const check = (list: unknown) => checkedList(list, warns)
  if (typeof given === 'function') return { source: { read: given }, check }
  if (typeof given === 'object' && !Array.isArray(given) && typeof (given as SecretSource | null)?.read === 'function')
    return { source: given as SecretSource, check }
  const list = check(given)
  return [given].flat().every((each) => typeof each === 'string') ? list.map(({ secret }) => secret) : { list }
}

function checkedList(given: unknown, warns: boolean): readonly CheckedSecret[] {
  // A copy has no holes, which `map` passes over.
  const all: unknown = typeof given === 'string' ? [given] : Array.isArray(given) ? Array.from(given) : given
  if (!Array.isArray(all) || all.length === 0)
    throw bad(
      'secrets',
      `is ${Array.isArray(given) ? 'an empty list' : kind(given)}`,
      'Give one text, a list of texts or of objects with a `secret`, newest first, or a function that gives them; leave it out to do without.',
    )
  const list = all.map((each: unknown, at) => {
    const option = typeof given === 'string' ? 'secrets' : `secrets[${at}]`
    const entry = typeof each === 'object' && each !== null ? (each as StatedSecret) : undefined
    const secret: unknown = entry ? entry.secret : each
    const name = entry ? `${option}.secret` : option
    const weak = weakness(secret)
    if (weak && warns && typeof secret === 'string' && secret !== '') warn(`${name} ${weak}. ${ADVICE}`)
    else if (weak) throw bad(name, weak, ADVICE)
    return stated(entry ?? (each as string), option)
  })
  list.forEach(({ secret }, at) => {
    if (list.findIndex((each) => each.secret === secret) < at)
      throw bad(`secrets[${at}]`, 'is the same as an earlier one', 'Name each secret once.')
  })
  checkWriter(list)
  return list
}

/** A new secret: 33 random bytes as 44 characters of base64url. Keep it out of the code. */
export function createSecret(): string {
  return randomText(33)
}

function weakness(secret: unknown): string | undefined {
  if (typeof secret !== 'string' || secret.length < 32) return `is ${kind(secret)}, which can be guessed`
  return new Set(secret).size < 8 || repeats(secret) ? 'repeats itself and can be guessed' : undefined
}

/**
 * The secrets where a framework's documents name none: of the variable COATCHECK_SECRET, else, outside production, one for this
 * process. They are looked for when they are first needed, since at a Worker's module level there are no random bytes.
 */
export function fallbackSecrets(): readonly string[] | (() => readonly string[]) {
  const set = globalThis.process?.env?.COATCHECK_SECRET
  if (set) {
    const weak = weakness(set)
    if (weak) throw bad('COATCHECK_SECRET', weak, ADVICE)
    return [set]
  }
  if (inProduction()) {
    throw bad('secrets', 'is missing, and so is the variable COATCHECK_SECRET', `${MAKE_ONE}.`)
  }
  return made
}

function made(): readonly string[] {
  warn('no secret is set: sessions end when this process does. Set COATCHECK_SECRET, or the option for secrets')
  return [processSingleton('secret', () => ({ secret: createSecret() })).secret]
}

/** Above all an environment variable that is not set: without secrets tickets would go unsigned, and nobody would notice. */
export function unsetSecret(): Error {
  const fix = `Start with \`node --env-file=.env …\` if the variable it comes from is in the file .env; \`${PUT_ONE}\` puts a new one there.`
  return bad(
    'secrets',
    'is undefined: the variable it comes from is not set',
    `${fix} To do without, leave the option out and give a \`store\`.`,
  )
}

export function missingSecret(): Error {
  return bad('secrets', 'is missing, and needed to seal the session or its record', `${MAKE_ONE}, or give a \`store\`.`)
}
