import type { WebRequest, WebResponse } from '../web.ts'
import {
  type Asked,
  askedIn,
  CURVE,
  challengeFor,
  credentialFault,
  hasCredentials,
  type Instruction,
  isInScope,
  signed,
} from './device-messages.ts'
import { createJar, isSameSite } from './jar.ts'
import { type Serve, type VisitInit, type Visitor, type VisitorOptions, visitor } from './visitor.ts'

/** What a browser did for a device-bound session, and what came of it, in Chromium's words. */
export interface DeviceEvent {
  readonly type: 'registration' | 'refresh' | 'ended'
  readonly result: string
}

/** A browser that binds sessions to its device: it has keys, which `steal()` does not copy. */
export interface DeviceVisitor extends Visitor {
  readonly deviceEvents: readonly DeviceEvent[]
  /** The names of the sessions that it refreshes. */
  readonly deviceSessions: readonly string[]
  /** Registers what `begin` was asked to; `get`, `post` and `send` do it by themselves. */
  settle(): Promise<void>
}

interface DeviceSession {
  instruction: Instruction
  readonly key: CryptoKey
  challenge?: string | undefined
  bare: number
}

/** Chromium gives up after so many answers of 403 in one refresh. */
const MOST_ROUNDS = 5

/**
 * A visitor whose browser knows device-bound sessions, for every runtime with WebCrypto. Requests wait for a refresh as Chromium's do; those that another
 * site causes (`from`) do not. Left out: the quota of signatures, keys of RSA, federation, refreshes before a cookie ends.
 */
export function deviceVisitor(serve: Serve, options: VisitorOptions = {}): DeviceVisitor {
  const { origin = typeof serve === 'string' ? serve : 'https://app.test', jar = createJar(options) } = options
  const ask = typeof serve === 'string' ? (request: WebRequest) => fetch(request) : serve
  const own = visitor(serve, { ...options, origin, jar })
  const events: DeviceEvent[] = []
  const sessions = new Map<string, DeviceSession>()
  const under = new Map<DeviceSession, Promise<string | undefined>>()
  let asked: (Asked & { readonly url: string })[] = []

  const tell = (type: DeviceEvent['type'], result: string): void => void events.push({ type, result })
  const end = (session: DeviceSession, result: string): void => {
    sessions.delete(session.instruction.session_identifier)
    tell('ended', result)
  }

  /** What a request of the browser itself is answered. */
  async function post(url: string, headers: Record<string, string>): Promise<WebResponse | undefined> {
    const said = {
      origin: new URL(url).origin,
      'sec-fetch-site': 'same-origin',
      'sec-fetch-mode': 'no-cors',
      'sec-fetch-dest': 'empty',
    }
    try {
      return await own.send(new Request(url, { method: 'POST', headers: { ...said, ...headers } }))
    } catch {
      return undefined
    }
  }

  async function register({ path, challenge, url }: (typeof asked)[number]): Promise<void> {
    const { privateKey, publicKey } = await crypto.subtle.generateKey(CURVE, false, ['sign', 'verify'])
    const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', publicKey)
    const proof = await signed(privateKey, { alg: 'ES256', jwk: { kty, crv, x, y }, typ: 'dbsc+jwt' }, challenge)
    // An answer that is lost is asked for once more, with the same proof.
    const answer =
      (await post(new URL(path, url).href, { 'secure-session-response': proof })) ??
      (await post(new URL(path, url).href, { 'secure-session-response': proof }))
    if (answer?.status !== 200) return tell('registration', answer ? `HttpError ${answer.status}` : 'NetError')
    const instruction: Instruction = await answer.json()
    const fault = credentialFault(instruction, jar.all())
    if (fault) return tell('registration', fault)
    const id = instruction.session_identifier
    sessions.set(id, {
      instruction,
      key: privateKey,
      challenge: challengeFor(answer.headers.get('secure-session-challenge'), id),
      bare: 0,
    })
    tell('registration', 'Success')
  }

  /** Why a request goes on without the cookie; undefined: it does not. */
  async function refresh(session: DeviceSession): Promise<string | undefined> {
    const { session_identifier: id, refresh_url, scope } = session.instruction
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const proof = session.challenge && (await signed(session.key, { alg: 'ES256', typ: 'dbsc+jwt' }, session.challenge))
      const headers = { 'sec-secure-session-id': id, ...(proof && { 'secure-session-response': proof }) }
      const answer = await post(new URL(refresh_url, scope.origin).href, headers)
      if (!answer || answer.status >= 500) {
        tell('refresh', answer ? 'ServerError' : 'Unreachable')
        return answer ? 'server_error' : 'unreachable'
      }
      const challenge = challengeFor(answer.headers.get('secure-session-challenge'), id)
      session.challenge = challenge ?? session.challenge
      if (answer.status === 403) {
        if (challenge !== undefined) continue
        session.bare++
        if (session.bare >= 4) end(session, 'InvalidChallenge')
        else tell('refresh', 'InvalidChallenge')
        return undefined
      }
      if (answer.status !== 200) return void end(session, `HttpError ${answer.status}`)
      const text = await answer.text()
      const said: Partial<Instruction> = text === '' ? {} : JSON.parse(text)
      if (said.continue === false) return void end(session, 'ServerRequestedTermination')
      if (said.session_identifier !== undefined && said.session_identifier !== id) return void end(session, 'MismatchedSessionId')
      if (said.scope) session.instruction = said as Instruction
      return tell('refresh', 'Success') as undefined
    }
    end(session, 'TooManyRelyingOnChallenges')
    return undefined
  }

  /** The request as it leaves, once the sessions that it counts for have their cookies. */
  async function ready(request: WebRequest): Promise<WebRequest> {
    const before = new Map(jar.all().map(({ name, value }) => [name, value]))
    const skipped: string[] = []
    for (const session of [...sessions.values()]) {
      const { instruction } = session
      if (!isInScope(instruction, request.url) || hasCredentials(instruction, jar.all()) || !mayWait(request, instruction))
        continue
      const shared = under.get(session) ?? refresh(session).finally(() => under.delete(session))
      under.set(session, shared)
      const why = await shared
      if (why !== undefined) skipped.push(`${why};session_identifier="${instruction.session_identifier}"`)
    }
    const news = jar.all().filter(({ name, value }) => before.get(name) !== value)
    if (news.length === 0 && skipped.length === 0) return request
    const headers = new Headers(request.headers)
    const kept = (headers.get('cookie') ?? '')
      .split('; ')
      .filter((part) => part !== '' && !news.some(({ name }) => part.startsWith(`${name}=`)))
    headers.set('cookie', [...kept, ...news.map(({ name, value }) => `${name}=${value}`)].join('; '))
    if (skipped.length > 0) headers.set('secure-session-skipped', skipped.join(', '))
    return new Request(request, { headers })
  }

  const page = visitor(
    async (request) => {
      const response = await ask(await ready(request))
      for (const one of askedIn(response.headers.get('secure-session-registration'))) asked.push({ ...one, url: request.url })
      for (const [id, session] of sessions)
        session.challenge = challengeFor(response.headers.get('secure-session-challenge'), id) ?? session.challenge
      return response
    },
    { ...options, origin, jar },
  )
  async function settle(): Promise<void> {
    const all = asked
    asked = []
    await Promise.all(all.map(register))
  }
  const settled = async <T>(answer: Promise<T>): Promise<T> => {
    const value = await answer
    await settle()
    return value
  }
  return {
    ...page,
    steal: () => own.steal(),
    deviceEvents: events,
    get deviceSessions() {
      return [...sessions.keys()]
    },
    get: (path, init) => settled(page.get(path, told(path, init))),
    post: (path, body, init) => settled(page.post(path, body, init)),
    send: (request, context) => settled(page.send(request, context)),
    begin: (path, init = {}) => page.begin(path, told(path, init)),
    settle,
  }

  /** A link of another site is a navigation that says so. */
  function told(path: string, init: VisitInit = {}): VisitInit {
    const url = new URL(path, origin)
    if (init.from === undefined || isSameSite(url, init)) return init
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
    return { ...init, headers: { ...headers, ...init.headers } }
  }
}

function mayWait({ headers }: WebRequest, { allowed_refresh_initiators = [] }: Instruction): boolean {
  if (headers.get('sec-fetch-site') !== 'cross-site') return true
  const from = headers.get('origin') ?? headers.get('referer') ?? ''
  return URL.canParse(from) && allowed_refresh_initiators.includes(new URL(from).hostname)
}
