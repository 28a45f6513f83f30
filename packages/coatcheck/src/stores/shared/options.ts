import { SessionError } from '../../errors.ts'

/**
 * The options of a store: an object that names nothing the store does not know, so that a misspelt option is not left out in silence, and
 * with functions where the store calls them. Throws `BAD_OPTIONS`.
 */
export function checkedOptions<Options extends object>(
  store: string,
  options: Options,
  known: readonly (keyof Options & string)[],
): Options {
  const wrong = (what: string, fix: string) => new SessionError('BAD_OPTIONS', `${store}: ${what}.`, { fix })
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw wrong('the options are no object', `Known are ${known.join(', ')}.`)
  for (const [name, value] of Object.entries(options)) {
    if (!known.some((each) => each === name)) throw wrong(`\`${name}\` does not exist`, `Known are ${known.join(', ')}.`)
    if (/^(?:now|on[A-Z].*)$/.test(name) && value !== undefined && typeof value !== 'function')
      throw wrong(`\`${name}\` is no function`, 'Pass a function, or leave it out.')
  }
  return options
}
