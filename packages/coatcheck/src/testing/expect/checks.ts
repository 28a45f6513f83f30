import { adapterOf } from '../../core/adapter.ts'
import type { JarCookie } from '../jar.ts'
import { attributeFault, parseSetCookie } from '../set-cookie.ts'
import type { Visitor } from '../visitor.ts'
import { type Answered, linesOf, type WhoIs } from './answers.ts'

/** Whether something is as it should be, and what was found. */
export interface Verdict {
  readonly pass: boolean
  /** What was found, also when it is as it should be. */
  readonly message: string
}

/** What a session's cookie is to look like. What is left out is to be as it is safe. */
export interface CookieExpectation {
  /** Default true. */
  readonly httpOnly?: boolean
  /** Default true. */
  readonly secure?: boolean
  /** Default: `lax` or `strict`, and said so: browsers differ in what they take where it is missing. */
  readonly sameSite?: 'lax' | 'strict' | 'none'
  /** Default: none. */
  readonly domain?: string
  /** Default `/`. */
  readonly path?: string
  /** Default: either. */
  readonly partitioned?: boolean
  /** Seconds; `undefined`: until the browser closes. Default: any. */
  readonly maxAge?: number | undefined
}

const ok = (message: string): Verdict => ({ pass: true, message })
const not = (message: string): Verdict => ({ pass: false, message })

/** Whether an answer sets this cookie with these attributes, and a browser would take it. `undefined` as name: the one that it sets. */
export function setsCookie(answered: Answered, name?: string, expected: CookieExpectation = {}): Verdict {
  const lines = linesOf(answered, 'set-cookie')
  const names = lines.map((line) => (line.split(';')[0] ?? '').split('=')[0]?.trim() ?? '')
  const found = lines.filter((_, index) => name === undefined || names[index] === name)
  const [line, second] = name === undefined ? found : found.slice(-1)
  if (line === undefined) {
    const others = names.length > 0 ? `only ${names.join(', ')}` : 'no cookie'
    return not(`The answer sets ${others}${name === undefined ? '' : `, not ${name}`}. Was the session asked for, and changed?`)
  }
  if (second !== undefined) return not(`The answer sets ${names.join(', ')}. Say which of them is meant.`)
  const faults = faultsOf(line, expected)
  const shown = line.replace(/=[^;]*/, '=…')
  if (faults.length === 0) return ok(`The answer sets ${shown}.`)
  return not(`The answer sets ${shown}, and ${faults.join('; ')}.`)
}

function faultsOf(line: string, expected: CookieExpectation): readonly string[] {
  const cookie = parseSetCookie(line, 0)
  if (typeof cookie === 'string') return [`a browser drops it: ${cookie}`]
  const { httpOnly = true, secure = true, sameSite, domain = '', path = '/', partitioned } = expected
  const saysSameSite = /;\s*samesite\s*=\s*(lax|strict|none)\b/i.test(line)
  const dropped = attributeFault(cookie, cookie.domain === '')
  const wrong = (attribute: string, is: unknown, should: unknown): string | undefined =>
    is === should ? undefined : `${attribute} is ${shownValue(is)} instead of ${shownValue(should)}`
  return [
    dropped && `a browser drops it: ${dropped}`,
    wrong('HttpOnly', cookie.httpOnly, httpOnly),
    wrong('Secure', cookie.secure, secure),
    sameSite !== undefined || !saysSameSite || cookie.sameSite === 'none'
      ? wrong('SameSite', saysSameSite ? cookie.sameSite : undefined, sameSite ?? 'lax')
      : undefined,
    wrong('Domain', cookie.domain, domain.replace(/^\./, '').toLowerCase()),
    wrong('Path', cookie.path, path),
    partitioned === undefined ? undefined : wrong('Partitioned', cookie.partitioned, partitioned),
    'maxAge' in expected ? wrong('its age in seconds', secondsOf(cookie.expiresAt), expected.maxAge) : undefined,
  ].filter((fault) => fault !== undefined)
}

const secondsOf = (expiresAt: number | undefined): number | undefined =>
  expiresAt === undefined ? undefined : Math.max(0, expiresAt / 1000)
const shownValue = (value: unknown): string => (value === undefined || value === '' ? 'missing' : String(value))

/**
 * Whether no shared cache (a CDN, a proxy) may keep the answer: `Cache-Control` says `no-store` or `private`, and no header for caches
 * alone says otherwise (RFC 9111 5.2.2, RFC 9213).
 */
export function isUncacheable(answered: Answered): Verdict {
  const said = linesOf(answered, 'cache-control').join(', ')
  const directives = said.toLowerCase().split(/\s*,\s*/)
  if (!directives.some((directive) => directive === 'no-store' || directive === 'private'))
    return not(
      `A shared cache may keep this answer for everybody: Cache-Control is ${said === '' ? 'missing' : `“${said}”`}. Say \`private\` or \`no-store\`.`,
    )
  for (const name of ['cdn-cache-control', 'cloudflare-cdn-cache-control', 'vercel-cdn-cache-control', 'surrogate-control']) {
    const targeted = linesOf(answered, name).join(', ')
    if (targeted !== '' && !/\b(no-store|private)\b/i.test(targeted))
      return not(`${name} says “${targeted}”, which caches in front of the site go by before Cache-Control.`)
  }
  return ok(`No shared cache may keep this answer: Cache-Control is “${said}”.`)
}

/** Whose session the browser has, as `whoIs` says; undefined: nobody's. Looking changes nothing, where `whoIs` is the app's sessions. */
export async function ownerOf(visitor: Visitor, whoIs: WhoIs): Promise<string | undefined> {
  if (typeof whoIs === 'function') return (await whoIs(visitor)) || undefined
  const request = new Request(visitor.origin, { headers: visitor.presents() })
  const { owner } = await adapterOf(whoIs).readOnly(request, request.headers).open()
  return owner
}

/** Whether the browser is signed in; as `owner`, if that is given. */
export async function isSignedIn(visitor: Visitor, whoIs: WhoIs, owner?: string): Promise<Verdict> {
  const found = await ownerOf(visitor, whoIs)
  if (found === undefined) {
    const dropped = visitor.refused.map(({ line, why }) => ` A browser dropped the cookie ${line.split('=')[0]}: ${why}.`)
    return not(`The browser is signed in as nobody.${[...new Set(dropped)].join('')}`)
  }
  return { pass: owner === undefined || found === owner, message: `The browser is signed in as ${found}.` }
}

/** Whether nothing that the browser ever presented opens anybody's session any more: not its cookies of now, nor those of before. */
export async function isSignedOutForGood(visitor: Visitor, whoIs: WhoIs): Promise<Verdict> {
  const found = await ownerOf(visitor, whoIs)
  if (found !== undefined) return not(`The browser is signed in as ${found}.`)
  const past = visitor.past()
  for (const [index, again] of past.entries()) {
    const owner = await ownerOf(again, whoIs)
    if (owner !== undefined)
      return not(
        `The browser is signed out, but cookies that it sent before (${index + 1} of ${past.length}) still open the session of ${owner}. End the session itself, not only the cookie.`,
      )
  }
  return ok(`The browser is signed out, and none of the ${past.length} Cookie headers that it has sent opens anything.`)
}

/**
 * Whether the browser has another ticket than when `before` was taken (`visitor.cookies()`): none of the HttpOnly cookies of then, or the one
 * called `name`, is there with the same value.
 */
export function hasNewId(visitor: Visitor, before: readonly JarCookie[], name?: string): Verdict {
  const counts = (cookie: JarCookie): boolean => (name === undefined ? cookie.httpOnly : cookie.name === name)
  const now = visitor.cookies().filter(counts)
  if (now.length === 0) return not(`The browser has no ${name ?? 'HttpOnly'} cookie.`)
  const same = now.find((cookie) => before.some((old) => counts(old) && old.name === cookie.name && old.value === cookie.value))
  if (same)
    return not(
      `The cookie ${same.name} has the value that it had before. Give the session a new id: signIn() does, regenerateId() as well.`,
    )
  return ok(`The browser has a ticket that it did not have before (${now.map((cookie) => cookie.name).join(', ')}).`)
}
