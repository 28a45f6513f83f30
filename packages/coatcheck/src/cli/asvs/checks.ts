import { sessionCookies } from '../doctor/cookies.ts'
import { lookAtTickets } from '../doctor/tickets.ts'
import type { Visit } from '../doctor/visit.ts'
import { kindOf } from '../inspect/kinds.ts'
import { bytesOf } from '../text.ts'
import { clears, type SetCookie } from '../web/cookies.ts'
import type { Answer, Step } from '../web/http.ts'
import { fingerprint, mayBeShared, Visitor } from '../web/visitor.ts'
import { crossSite, ofSigning, type Steps } from './acts.ts'
import { fail, judged, pass, unknown, type Verdicts } from './verdict.ts'

/** So many visitors are given a ticket each. */
const VISITORS = 8
const GET: Step = { method: 'GET' }

/** What can be judged from outside, by the number of the row. */
export async function check(visited: Visit, steps: Steps): Promise<Verdicts> {
  const { cookies, stranger, asking } = visited
  const begins = sessionCookies([stranger], asking.cookie).length > 0
  const always: Verdicts = {
    '7.6.2': judged(
      !begins,
      'a page that is only looked at sets no session cookie',
      'a page that is only looked at sets a session cookie',
    ),
    ...(await crossSite(visited)),
  }
  if (cookies.length === 0) return always
  return {
    ...always,
    ...ofCookies(visited),
    ...(await ofTickets(visited)),
    ...ofPages(visited, await visited.visitor.twin().does(GET)),
    ...(await ofSigning(visited, steps)),
  }
}

function ofCookies({ cookies, asking: { url } }: Visit): Verdicts {
  const every = (test: (cookie: SetCookie) => boolean): boolean => cookies.every(test)
  const names = cookies.map(({ name }) => name).join(', ')
  const has = (name: string) => every(({ attributes }) => attributes.has(name))
  const sameSites = cookies.map(({ attributes }) => attributes.get('samesite')?.toLowerCase())
  const isHost = every(({ name }) => /^__host-/i.test(name))
  const isShared = cookies.some(({ attributes }) => attributes.has('domain'))
  const isPrefixed = has('secure') && every(({ name }) => /^__(host|secure)-/i.test(name))
  const isOpaque = every((cookie) => !kindOf(cookie, cookies).isReadable)
  const ends = every(({ attributes }) => attributes.has('max-age') || attributes.has('expires'))
  return {
    '3.3.1': judged(isPrefixed, `${names}: Secure, and a prefix`, `${names}: no Secure, or no prefix`),
    '3.3.2': sameSites.includes('none')
      ? unknown(`${names}: SameSite=None; the purpose cannot be seen`)
      : judged(has('samesite'), `${names}: SameSite=${sameSites[0]}`, `${names}: no SameSite`),
    '3.3.3': isHost
      ? pass(`${names}: __Host-`)
      : isShared
        ? unknown(`${names}: has a Domain; whether it must be shared cannot be seen`)
        : fail(`${names}: no __Host-, and no Domain`),
    '3.3.5': judged(
      every(({ name, value }) => bytesOf(name) + bytesOf(value) <= 4096),
      `${names}: within 4096 bytes`,
      `${names}: over 4096 bytes`,
    ),
    'NIST 5.1 c': judged(
      has('secure') && url.protocol === 'https:',
      'Secure, over HTTPS',
      has('secure') ? 'asked over plain HTTP' : 'no Secure',
    ),
    'NIST 5.1.1 a': judged(has('secure') && !isShared, 'Secure, for this host only', 'no Secure, or for several hosts'),
    'NIST 5.1.1 b': judged(has('httponly'), 'HttpOnly', 'no HttpOnly'),
    'NIST 5.1.1 c': ends
      ? unknown('the cookie has an end; that of the session cannot be seen')
      : unknown('the cookie ends with the browser'),
    'NIST 5.1.1 d': judged(isOpaque, 'an id, or a seal', 'anybody can read what the cookie holds'),
  }
}

async function ofTickets(visited: Visit): Promise<Verdicts> {
  const { asking, way, cookies } = visited
  const name = cookies[0]?.name ?? ''
  const tickets: string[] = []
  for (let n = 0; n < VISITORS; n++) {
    const visitor = new Visitor(way)
    for (const step of [GET, ...(asking.begin ? [asking.begin] : [])]) await visitor.does(step)
    tickets.push(visitor.jar.get(name) ?? '')
  }
  const isUnique = new Set(tickets).size === VISITORS && !tickets.includes('')
  const bits = Math.floor(bitsOf(tickets))
  const found = (await lookAtTickets(visited)).map(({ code }) => code)
  const drawn = judged(
    isUnique && bits >= 128,
    `${VISITORS} tickets, no two the same, ${bits} bits at most`,
    isUnique ? `${bits} bits at most` : 'two visitors had the same ticket',
  )
  return {
    '7.2.1': judged(
      !found.includes('ticket-fixed'),
      'a ticket that was made up opens nothing',
      'a ticket that was made up opens a session',
    ),
    '7.2.2': judged(isUnique, `${VISITORS} visitors, ${VISITORS} tickets`, 'two visitors had the same ticket'),
    '7.2.3': drawn,
    'NIST 5.1 a': bits >= 128 ? drawn : judged(isUnique && bits >= 64, `${bits} bits at most`, `${bits} bits at most`),
  }
}

/** What they can hold at most that is random: of each place that changes, the kinds of characters that were seen. */
function bitsOf(tickets: readonly string[]): number {
  const shortest = Math.min(...tickets.map(({ length }) => length))
  let bits = 0
  for (let at = 0; at < shortest; at++) if (new Set(tickets.map((ticket) => ticket[at])).size > 1) bits += 1
  return bits * Math.log2(Math.max(1, new Set(tickets.join('')).size))
}

function ofPages({ answers, stranger, visitor, cookies }: Visit, own: Answer): Verdicts {
  const tickets = [...visitor.jar.values()].filter((value) => value.length >= 16)
  const shows = [own, ...answers].some(({ body }) => tickets.some((ticket) => body.includes(ticket)))
  const isHidden = cookies.every(({ attributes }) => attributes.has('httponly')) && !shows
  const giving = answers.filter((answer) => answer.cookies.some((each) => !clears(each, Date.now())))
  const noStore = giving.every(({ headers }) => /no-store/.test(headers.get('cache-control') ?? ''))
  const isPersonal = fingerprint(own) !== fingerprint(stranger)
  const isApart = !(isPersonal && mayBeShared(own))
  const policy = own.headers.get('cross-origin-resource-policy')
  return {
    '3.3.4': judged(
      isHidden,
      'HttpOnly, and the ticket in Set-Cookie only',
      shows ? 'the ticket stands in a page' : 'no HttpOnly',
    ),
    '3.5.8':
      policy === 'same-origin' || policy === 'same-site'
        ? pass(`Cross-Origin-Resource-Policy: ${policy}`)
        : unknown('no Cross-Origin-Resource-Policy; where pages are to be embedded cannot be seen'),
    '14.3.2': judged(
      noStore && isApart,
      'no-store with a ticket, and no page of a session for shared caches',
      noStore ? 'a page of a session is for shared caches' : 'no no-store with a ticket',
    ),
    '16.2.5': unknown('logs cannot be seen'),
    'NIST 5.1 e': judged(
      isHidden && isApart && noStore,
      'HttpOnly, and out of shared caches',
      'scripts or shared caches may have it',
    ),
  }
}
