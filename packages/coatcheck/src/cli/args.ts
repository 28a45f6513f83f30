import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { Problem } from './problem.ts'

/** What every command takes. */
export const JSON_OPTION: { readonly json: { readonly type: 'boolean' } } = { json: { type: 'boolean' } }

type Texts<Name extends string> = { readonly [N in Name]: { readonly type: 'string' } }
/** What commands take that need the sessions of an application. */
export const SITE_OPTIONS: Texts<'config' | 'env' | 'site'> & typeof JSON_OPTION = {
  config: { type: 'string' },
  env: { type: 'string' },
  site: { type: 'string' },
  ...JSON_OPTION,
}

export const SITE_HELP = `  --config FILE      the module that makes the sessions; when left out, coatcheck.config.ts or what init writes
  --env FILE         variables for it; .env when left out and there
  --site NAME        which sessions, where the module makes several: the name of its export, or of the cookie
  --json             for programs`

/** The options of a command and what stands beside them. Throws a `Problem`. */
export function parsed<const Options extends ParseArgsOptionsConfig>(
  command: string,
  args: readonly string[],
  options: Options,
): ReturnType<typeof parseArgs<{ args: string[]; allowPositionals: true; options: Options }>> {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options })
  } catch (error) {
    const [message = ''] = (error instanceof Error ? error.message : String(error)).split(/\. |\n/)
    throw new Problem(`${message.replace(/\.$/, '')}.`, `See: npx coatcheck ${command} --help`)
  }
}

/** The one thing that a command is about. Throws a `Problem`. */
export function only(command: string, what: string, given: readonly string[]): string {
  const [one] = given
  if (one !== undefined && given.length === 1) return one
  throw new Problem(
    one === undefined ? `${command} needs ${what}.` : `${command} takes one of these, not ${given.length}: ${what}.`,
    `See: npx coatcheck ${command} --help`,
  )
}

/** A whole number. Throws a `Problem`. */
export function count(option: string, given: string | undefined, ordinary: number, most: number): number {
  const number = given === undefined ? ordinary : /^\d{1,9}$/.test(given) ? Number(given) : 0
  if (number >= 1 && number <= most) return number
  throw new Problem(`--${option} ${JSON.stringify(given)} is no whole number from 1 to ${most}.`, 'Give one, or leave it out.')
}
