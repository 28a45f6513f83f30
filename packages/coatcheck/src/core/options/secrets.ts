import { randomText } from '../../crypto/random.ts'
import { inProduction, processSingleton, warn } from '../process-singleton.ts'
import { bad, kind, repeats } from './checks.ts'

const ADVICE = 'Use at least 32 random characters: `openssl rand -base64 33`.'
const MAKE_ONE = 'Make one with `openssl rand -base64 33` and keep it out of the code'
/** It needs nothing but Node. */
const PUT_ONE = `node -p "'SESSION_SECRET=' + require('crypto').randomBytes(33).toString('base64')" >> .env`

/** Checks the option `secrets`. With `warns`, for what documents of frameworks show, weak ones are only warned about. */
export function secretsOf(given: string | readonly string[] | undefined, warns: boolean): readonly string[] {
  if (given === undefined) return []
  // A copy has no holes, which `forEach` passes over.
  const secrets: readonly unknown[] = typeof given === 'string' ? [given] : Array.isArray(given) ? Array.from(given) : given
  if (!Array.isArray(secrets) || secrets.length === 0)
    throw bad(
      'secrets',
      `is ${Array.isArray(given) ? 'an empty list' : kind(given)}`,
      'Give one text or a list of texts, newest first; leave it out to do without.',
    )
  secrets.forEach((secret, at) => {
    const option = typeof given === 'string' ? 'secrets' : `secrets[${at}]`
    const weak = weakness(secret)
    if (weak && warns && typeof secret === 'string' && secret !== '') warn(`${option} ${weak}. ${ADVICE}`)
    else if (weak) throw bad(option, weak, ADVICE)
    if (secrets.indexOf(secret) < at) throw bad(option, 'is the same as an earlier one', 'Name each secret once.')
  })
  return secrets as readonly string[]
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
  return [processSingleton('secret', () => ({ secret: randomText(33) })).secret]
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
