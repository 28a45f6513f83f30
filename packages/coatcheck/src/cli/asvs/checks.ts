import { sessionCookies } from '../doctor/cookies.ts'
import { lookAtTickets } from '../doctor/tickets.ts'
import type { Visit } from '../doctor/url.ts'
import { kindOf } from '../inspect/kinds.ts'
import { bytesOf } from '../text.ts'
import { clears, type SetCookie } from '../web/cookies.ts'
import type { Answer, Step } from '../web/http.ts'
import { fingerprint, mayBeShared, Visitor } from '../web/visitor.ts'

export interface Verdict {
  readonly result: 'pass' | 'fail' | 'cannot tell'
  readonly why: string
}

const pass = (why: string): Verdict => ({ result: 'pass', why })
const fail = (why: string): Verdict => ({ result: 'fail', why })
const unknown = (why: string): Verdict => ({ result: 'cannot tell', why })
const judged = (isRight: boolean, right: string, wrong: string): Verdict => (isRight ? pass(right) : fail(wrong))

/** Requests that only the caller knows. */
export interface Steps {
  readonly signIn?: Step | undefined
  readonly signOut?: Step | undefined
}

type Verdicts = Readonly<Record<string, Verdict>>

/** So many visitors are given a ticket each. */
const VISITORS = 8
const GET: Step = { method: 'GET' }
const ELSEWHERE = { origin: 'https://doctor.invalid', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }

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

async function crossSite({ asking: { begin }, visitor, way }: Visit): Promise<Verdicts> {
  if (!begin || begin.method === 'GET') return {}
  const refused = async (headers: Readonly<Record<string, string>>): Promise<boolean> => {
    const { status } = await visitor.twin().does(begin, headers)
    return status >= 400 && status < 500
  }
  const form = await refused(ELSEWHERE)
  const told = await refused({ ...ELSEWHERE, 'sec-fetch-mode': 'cors', 'x-requested-with': 'doctor' })
  const reader = new Visitor(way)
  await reader.does({ method: 'GET', ...(begin.path !== undefined && { path: `${begin.path}?${begin.form ?? ''}` }) })
  const origin = judged(form, 'a form that another site sends is refused', 'a form that another site sends is carried out')
  return {
    '3.5.1': origin,
    '3.5.2': judged(
      told,
      'a request of another site with a header of its own is refused',
      'a request of another site with a header of its own is carried out',
    ),
    '3.5.3': judged(reader.jar.size === 0, 'GET does not do what the form does', 'GET does what the form does'),
    'NIST 5.1 f': origin,
  }
}

async function ofSigning({ visitor, cookies, stranger }: Visit, { signIn, signOut }: Steps): Promise<Verdicts> {
  if (!signIn) return {}
  const person = visitor.twin()
  const before = person.twin()
  const unsigned = fingerprint(await before.twin().does(GET))
  await person.does(signIn)
  const own = fingerprint(await person.twin().does(GET))
  if (own === fingerprint(stranger) || own === unsigned)
    return { '7.2.4': unknown('the page does not show whether somebody is signed in') }
  const isNew = cookies.some(({ name }) => before.jar.get(name) !== person.jar.get(name))
  const isOldVoid = fingerprint(await before.does(GET)) !== own
  const verdicts: Verdicts = {
    '7.2.4': judged(
      isNew && isOldVoid,
      'a new ticket at the sign-in, and the old one shows nothing of it',
      isNew ? 'the ticket from before the sign-in shows the page of who signed in' : 'the ticket from before the sign-in stays',
    ),
  }
  if (!signOut) return verdicts
  const thief = person.twin()
  await person.does(signOut)
  const isOver = fingerprint(await thief.does(GET)) !== own
  const over = judged(
    isOver,
    'a ticket from before the sign-out opens nothing',
    'a ticket from before the sign-out still opens the session',
  )
  return { ...verdicts, '7.4.1': over, 'NIST 5.1 b': over }
}
