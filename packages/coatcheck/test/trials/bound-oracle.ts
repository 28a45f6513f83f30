import { CURVE, challengeFor, signed } from '../../src/testing/device-messages.ts'
import type { Came, Played } from './bound-stories.ts'
import { BOUND, FIRST, GRACE, MAX_AGE, type Seen, SKEW, TICKET } from './bound-world.ts'

const must = (holds: boolean, what: string): void => {
  if (!holds) throw new Error(what)
}

const REFRESH = '/.coatcheck/refresh'

/** What everybody saw, and what the browsers and the copies come to afterwards; nothing of it is taken from the engine. */
export async function judged(played: Played, results: Readonly<Record<string, Came | undefined>>): Promise<void> {
  const { world, story } = played
  const { letters, kind, dies, fails = [], rotates = [], passes = [], idle, absolute } = story
  const has = (some: string): boolean => [...some].some((letter) => letters.includes(letter))
  const came = Object.entries(results).flatMap(([name, result]) => (result ? [{ ...result, letter: name.charAt(0), name }] : []))
  // A browser whose request was answered to nobody asks once more; what else was asked for is not.
  const isHealthy = fails.length === 0 && (dies === undefined || 'FJRWDCTAQ'.includes(letters.replaceAll('|', '')[dies] ?? ''))
  const ends = came.filter(({ letter, status }) => 'OHX'.includes(letter) && status === 200)
  const mayBeOver = has('OHX') || idle !== undefined || absolute !== undefined
  // A secret that is revoked takes the ticket away, or the name that a sealed session's key is in; so does a thief who has had a new id.
  const { isRevoked } = world
  const mayBeGone = mayBeOver || has('V') || isRevoked
  // Until all have a new secret, one refuses what another made.
  const isHasty = rotates[0] === 2
  world.fails.length = 0
  // An answer may have been under way for longer than a registration may take, or a cookie counts.
  const isSlow = passes.some((seconds) => seconds > 40)
  const isLate = isSlow || has('Z')
  const isUndisturbed = !isHasty && fails.length === 0 && dies === undefined
  const isSignedIn = !['guest', 'planted', 'keyed'].includes(story.start)

  for (const { by, path, clears, wasConfirmed, isConfirmed, whose, writes, cookie, hadCookie, isLapsed, status } of world.said) {
    const isOwn = whose === 'ada' && isSignedIn && isUndisturbed && !mayBeGone && !isLate && !has('SBAD')
    must(!(isOwn && isLapsed && !isConfirmed), `(c) ${by} was refused before the first refresh`)
    must(!(isOwn && isLapsed && hadCookie), `(c) ${by} was refused with the cookie that its device was given`)
    if (clears.includes(TICKET)) must(by.startsWith('O'), `(d) ${by} was told that it is signed out`)
    if (path === REFRESH && whose === 'ada' && clears.includes(BOUND) && !cookie)
      must(mayBeGone || has('SB') || has('A'), `(d) the device session was ended for ${by}`)
    if (path === REFRESH && kind === 'stored' && isUndisturbed && !story.isForgotten && !mayBeOver && !isSlow)
      must(status < 500, `(c) a refresh of ${by} was answered ${status}`)
    // An old request that is sent once more is told as one.
    if (path === REFRESH && wasConfirmed && !has('SBD')) must(writes === 0, `(e) a refresh of ${by} wrote`)
  }
  for (const { letter, wasConfirmed, seen, name } of came)
    if (letter === 'T' && wasConfirmed && seen && !has('SB') && kind === 'stored')
      must(seen.owner === null && seen.keys.length === 0, `(a) ${name} saw the session with the ticket alone`)

  const isLater = (ticket: string): boolean => world.said.some((each) => each.ticket === ticket && each.by !== 'begin')

  // Everybody is done. Now the browser does what browsers do: three times, with time between.
  const look = (at: number): Promise<Seen> =>
    world.as(at % 2 === 0 ? 'look a' : 'look b', async () => (await (await world.ada.get('/')).json()) as Seen)
  const settled = async (): Promise<Seen> => {
    let seen = await look(0)
    for (let round = 1; round < 3 && seen.bound === 'lapsed'; round++) seen = await look(round)
    return seen
  }
  const first = await settled()
  // The first minutes: whoever has the ticket of the sign-in may be the first to register.
  const signsIn = came.some(({ letter, status }) => 'SB'.includes(letter) && status === 200)
  const mayRegister = world.thieves.some(({ of }) => (signsIn || !isSignedIn ? isLater(of) : true))
  const hasThiefsKey =
    mayRegister && !world.ada.deviceEvents.some(({ type, result }) => type === 'registration' && result === 'Success')
  // In a browser with the ticket of eve that is bound to her device.
  // Nothing is stored of a sealed session that one server takes for over. A ticket that is renewed for its secret may arrive after a sign-in's.
  const isTold = kind === 'stored' ? !(has('S') && rotates.length > 0) : !isRevoked && idle === undefined
  const isHers = !hasThiefsKey && (signsIn || story.start !== 'keyed') && isTold
  if (isHers) must(first.bound !== 'lapsed', '(c) the browser that has the key is locked out')
  world.time += FIRST + 1
  let last = await settled()
  if (last.bound === 'pending') {
    // A refresh for another site has no ticket, and confirms nothing.
    world.time += MAX_AGE + 1
    last = await settled()
  }
  if (isHers) must(last.bound !== 'lapsed', '(c) the browser that has the key is locked out after its first cookie')

  const begins = story.start === 'guest' ? 'SB' : 'SBI'
  // Of two answers with tickets that hold all, the one that arrives last counts; and who acts as somebody else is given nothing of requests before.
  const mayCross = kind !== 'stored' && has('MESBI')
  // Who lost against another write is not heard any more after five seconds, and a registration is not made again.
  const mayBeNone = (isLate || passes.some((seconds) => seconds > 4)) && (has(begins) || story.start === 'offered')
  if (!mayBeGone && isHealthy && isSignedIn && !hasThiefsKey && !mayCross && isTold) {
    // A sign-in of somebody else ends her session first: it may then have taken too long, and who writes begins another.
    must(last.owner !== null || (has('B') && (isLate || has('W'))), '(d) the session is lost')
    if (!has('SBI')) must(last.owner === 'ada', `(d) the session is of ${last.owner}`)
    must(
      last.owner === null || last.bound === 'bound' || mayBeNone || (has('I') && story.start === 'offered'),
      `(c) the browser is ${last.bound} in the end`,
    )
  }
  // What was acknowledged is there. Sealed sessions are as their browser got them last.
  // A sign-in without the device's cookie begins a session of its own.
  const isSame = isSignedIn && idle === undefined && !(has('S') && (fails.length > 0 || dies !== undefined))
  if (kind === 'stored' && last.owner === 'ada' && isSame && !has('BIOHXV'))
    for (const { letter, name, status, seen } of came)
      if (letter === 'W' && status === 200 && seen && !seen.readOnly && seen.bound !== 'lapsed' && seen.owner !== null)
        must(last.keys.includes(name), `(f) what ${name} wrote is lost`)

  // (d) What ended lives nowhere. A sign-in beside it is another session, or came after it.
  const given = world.said.filter(({ ticket }) => ticket !== undefined)
  if (ends.length > 0 && isSignedIn && !isRevoked && !has('SBI') && kind !== 'sealed')
    for (const { ticket = '', by } of given)
      must((await world.lens(ticket)).owner === null, `(d) the ticket that ${by} was given lives after the end`)

  must(last.bound !== 'bound' || !(await forged(played)), '(a) a refresh counts that another key has signed')
  await copies(world, kind === 'stored' && !has('SB'), last.bound === 'bound')

  // (b) Nobody else's key counts where the person signed in later, though its owner had her newest ticket.
  for (const { thief, of } of world.thieves) {
    if (!signsIn || isLater(of)) continue
    thief.plant(`${TICKET}=${world.ticketIn(world.jar)}; Path=/; Secure; HttpOnly`)
    const seen = await world.as('look a', async () => (await (await thief.get('/')).json()) as Seen)
    must(seen.bound !== 'bound', '(b) the key of somebody else is that of the session')
  }
}

/** A refresh of her device session, with a key of somebody else. */
async function forged({ world }: Played): Promise<boolean> {
  const [id = ''] = world.ada.deviceSessions
  const ask = (more: Record<string, string>): Promise<Response> => {
    const headers = { origin: 'https://app.test', 'sec-secure-session-id': id, ...more }
    return world.site('look a').handle(new Request(`https://app.test${REFRESH}`, { method: 'POST', headers }))
  }
  const challenge = challengeFor((await ask({})).headers.get('secure-session-challenge'), id) ?? ''
  const { privateKey } = await crypto.subtle.generateKey(CURVE, false, ['sign'])
  const proof = await signed(privateKey, { alg: 'ES256', typ: 'dbsc+jwt' }, challenge)
  return (await ask({ 'secure-session-response': proof })).status === 200
}

/** (a) `isOne`: all tickets are of the session that is bound. Whoever has all that was ever given, without a key, has nothing once the last cookie is over. */
async function copies(world: Played['world'], isOne: boolean, isBound: boolean): Promise<void> {
  const refreshes = world.said.filter(({ path, whose, cookie }) => path === REFRESH && whose === 'ada' && cookie)
  world.time = Math.max(world.time, ...refreshes.map(({ at }) => at)) + MAX_AGE + GRACE + SKEW + 1
  if (!isBound) return
  for (const { thief } of world.thieves) await world.as('look a', () => thief.get('/'))
  const cookies = world.said.flatMap(({ cookie }) => (cookie ? [`${BOUND}=${cookie}`] : []))
  for (const { ticket, by } of world.said) {
    // A ticket of a sealed session from before its registration stays what it was; and other sessions may be bound or not.
    if (ticket === undefined || !(isOne || ticket === world.ticketIn(world.jar))) continue
    const cookie = [`${TICKET}=${ticket}`, ...cookies].join('; ')
    for (const process of ['look a', 'look b']) {
      const answer = await world.site(process).handle(new Request('https://app.test/', { headers: { cookie } }))
      const seen = (await answer.json()) as Seen
      must(seen.owner === null && seen.keys.length === 0, `(a) a copy of what ${by} was given counts`)
    }
  }
}
