import { isLoopback } from '../../core/explain/place.ts'
import { bytesOf } from '../text.ts'
import { clears, mayCarry, type SetCookie } from '../web/cookies.ts'
import type { Answer } from '../web/http.ts'
import { type Finding, finding } from './findings.ts'

/** Of these answers, the cookies that carry a session: those of this name, or those that may. The newest of each name. */
export function sessionCookies(answers: readonly Answer[], name: string | undefined): SetCookie[] {
  const set = answers.flatMap(({ cookies }) => cookies).filter((each) => !clears(each, Date.now()))
  const chosen = name === undefined ? set.filter(mayCarry) : set.filter((each) => each.name === name)
  return [...new Map(chosen.map((each) => [each.name, each])).values()]
}

/** What is wrong with a cookie that a site set. */
export function lookAtSetCookie({ name, value, attributes }: SetCookie, url: URL): Finding[] {
  const where = url.origin
  const secure = attributes.has('secure')
  const domain = attributes.get('domain')?.replace(/^\./, '').toLowerCase()
  const sameSite = attributes.get('samesite')?.toLowerCase()
  const prefix = /^__(host|secure)-/i.exec(name)?.[1]?.toLowerCase()
  const isWhole = secure && (prefix !== 'host' || (attributes.get('path') === '/' && domain === undefined))
  const bytes = bytesOf(name) + bytesOf(value)
  const host = url.hostname.toLowerCase()
  const isForeign = domain !== undefined && domain !== '' && host !== domain && !host.endsWith(`.${domain}`)
  return [
    ...(secure || prefix
      ? []
      : [finding('cookie-not-secure', where, `The cookie ${name} has no Secure: whoever is on the way can read it.`)]),
    ...(secure && url.protocol === 'http:' && !isLoopback(url.hostname)
      ? [
          finding(
            'secure-over-http',
            where,
            `The cookie ${name} has Secure and comes over plain HTTP: browsers drop it, and no session is ever found again.`,
          ),
        ]
      : []),
    ...(attributes.has('httponly')
      ? []
      : [finding('cookie-not-http-only', where, `The cookie ${name} has no HttpOnly: any script of the page can read it.`)]),
    ...(sameSite === undefined
      ? [
          finding(
            'cookie-no-same-site',
            where,
            `The cookie ${name} says nothing of SameSite: browsers differ in what they do then.`,
          ),
        ]
      : []),
    ...(sameSite === 'none'
      ? [
          secure
            ? finding('cookie-same-site-none', where)
            : finding('cookie-none-not-secure', where, `The cookie ${name} has SameSite=None without Secure: browsers drop it.`),
        ]
      : []),
    ...(prefix && !isWhole
      ? [
          finding(
            'cookie-prefix-broken',
            where,
            `The attributes of ${name} are not those that its name demands: browsers drop it.`,
          ),
        ]
      : []),
    ...(!prefix && secure
      ? [
          finding(
            'cookie-no-prefix',
            where,
            `The name ${name} has no prefix: other hosts of the domain can put a cookie in its place.`,
          ),
        ]
      : []),
    ...(isForeign
      ? [
          finding(
            'cookie-domain-foreign',
            where,
            `The Domain ${domain} of the cookie ${name} does not cover ${host}: browsers drop it.`,
          ),
        ]
      : domain
        ? [finding('cookie-domain', where, `The cookie ${name} goes to every host below ${domain}.`)]
        : []),
    ...(bytes > 4096 ? [finding('cookie-too-large', where, `The cookie ${name} has ${bytes} bytes: browsers drop it.`)] : []),
  ]
}

/** Cookies that one answer sets twice, with different values. */
export function lookAtTwins(answers: readonly Answer[], where: string): Finding[] {
  const twice = answers.flatMap(({ cookies }) =>
    cookies.filter(({ name, value, attributes }, at) =>
      cookies
        .slice(0, at)
        .some((each) => each.name === name && each.value !== value && each.attributes.get('path') === attributes.get('path')),
    ),
  )
  return [...new Set(twice.map(({ name }) => name))].map((name) =>
    finding('cookie-twice', where, `One answer sets two different cookies ${name}: which one counts is up to the browser.`),
  )
}
