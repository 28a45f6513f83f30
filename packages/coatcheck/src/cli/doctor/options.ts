import { cookieOf } from '../../core/options/cookie.ts'
import type { AdapterOptions } from '../../core/options/options.ts'
import type { SessionError } from '../../errors.ts'
import type { Site } from '../site/site.ts'
import { type Finding, finding } from './findings.ts'

const IN_MEMORY = Symbol.for('coatcheck.memory')
const LONGEST = 30 * 86_400

/** What the options of sessions say by themselves. */
export function lookAtOptions(site: Site): Finding[] {
  const { options, core } = site.inside
  const { store, revocations, acceptUnsigned, absoluteTimeout = LONGEST } = options
  const where = site.name
  const isWeak = store !== undefined && (store.consistency ?? 'strong') !== 'strong' && revocations === undefined
  return [
    ...(isWritten(options) ? [] : lookAtCookie(site)),
    ...(acceptUnsigned ? [finding('unsigned-accepted', where)] : []),
    ...(absoluteTimeout > LONGEST && !isWritten(options)
      ? [finding('timeout-long', where, `A session may last ${Math.round(absoluteTimeout / 86_400)} days without a sign-in.`)]
      : []),
    ...(store !== undefined && IN_MEMORY in store ? [finding('store-memory', where)] : []),
    ...(isWeak ? [finding('store-weak', where)] : []),
    ...(Math.abs(core.engine.now() - Date.now()) > 60_000
      ? [
          finding(
            'clock-off',
            where,
            'The clock that the option `now` gives differs from the one here by over a minute.',
            'Leave `now` out.',
          ),
        ]
      : []),
  ]
}

/** Whether a framework's own words say per response what the cookie is and how long it lasts: that is seen of the site only. */
const isWritten = ({ attributes, serialize, binding, secretRule }: AdapterOptions): boolean =>
  [attributes, serialize, binding, secretRule].some((each) => each !== undefined)

function lookAtCookie({ name: where, inside: { options } }: Site): Finding[] {
  if (options.cookie === false) return []
  const { name, attributes } = cookieOf(options.cookie, options.attributes)
  const { secure, domain, sameSite } = attributes
  return [
    ...(secure
      ? []
      : [finding('cookie-not-secure', where, `The cookie ${name} has no Secure: whoever is on the way can read it.`)]),
    ...(secure && !/^__(host|secure)-/i.test(name)
      ? [
          finding(
            'cookie-no-prefix',
            where,
            `The name ${name} has no prefix: other hosts of the domain can put a cookie in its place.`,
          ),
        ]
      : []),
    ...(domain === undefined ? [] : [finding('cookie-domain', where, `The cookie ${name} goes to every host below ${domain}.`)]),
    ...(sameSite === 'none' ? [finding('cookie-same-site-none', where)] : []),
  ]
}

/** Sessions of one module whose tickets come in one cookie. */
export function lookAtNames(sites: readonly Site[]): Finding[] {
  return sites.flatMap((site, at) => {
    const other = sites.slice(0, at).find((each) => each.carrier === site.carrier && !areApart(each, site))
    return other
      ? [
          finding(
            'cookie-name-shared',
            site.name,
            `${other.name} and ${site.name} both use the cookie ${site.carrier}: each signs out the visitors of the other.`,
          ),
        ]
      : []
  })
}

/** Whether their paths keep two cookies of one name apart. */
function areApart(one: Site, other: Site): boolean {
  const [a, b] = [one, other].map(({ inside: { options } }) =>
    options.cookie === false ? undefined : (options.cookie?.path ?? '/'),
  )
  return a === undefined || b === undefined || !(a.startsWith(b) || b.startsWith(a))
}

/** Why the module could not make its sessions. */
export function refused(error: SessionError, where: string): Finding {
  const says = error.message.slice(0, -error.fix.length - 1)
  const isSecret = /`(secrets|password|secret|keys)/.test(says) || says.includes('COATCHECK_SECRET')
  const code = !isSecret ? 'options-refused' : /guessed|shorter/.test(says) ? 'secret-weak' : 'secret-missing'
  return finding(code, where, says, error.fix)
}
