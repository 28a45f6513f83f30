import { type AdapterSessions, besides, type LiveSession, type RequestSession } from '../../core/adapter.ts'
import { andThen, type Maybe } from '../../crypto/maybe.ts'
import { advised, SessionError } from '../../errors.ts'
import { LiveValues } from '../middleware/express-session/values.ts'
import type { Config } from './config.ts'
import type { Place } from './jars.ts'
import { reasonOf } from './reason.ts'

/** By what stands for a request: the session of each site's. */
const visits = besides<Map<AdapterSessions, Visit>>()

/** The numbers that pieces of a cookie have, of ours or of iron-session's. */
const NUMBERS = [0, 1, 2, 3, 4, 5, 6, 7]

const namesOf = (name: string): string[] => [name, ...NUMBERS.map((number) => `${name}.${number}`)]

/** The session of one cookie in one request, which all calls in it share. */
export class Visit {
  readonly sessions: AdapterSessions
  readonly #name: string
  readonly #requestSession: RequestSession
  readonly #live: LiveSession
  readonly values: LiveValues
  /** What the request presents, as far as it is known here: with another text it is another request, or somebody else wrote the cookie. */
  shows: string | null
  /** How often the session was ended. */
  ends = 0
  #busy: Promise<void> | undefined

  constructor({ name, sessions }: Config, requestSession: RequestSession, live: LiveSession, shows: string | null) {
    this.sessions = sessions
    this.#name = name
    this.#requestSession = requestSession
    this.#live = live
    this.values = new LiveValues(live, requestSession, () => false)
    this.shows = shows
  }

  now = (): number => this.#requestSession.now()
  get isOver(): boolean {
    return this.#requestSession.finished
  }
  get isEmpty(): boolean {
    return this.#live.handle === undefined
  }

  tell(place: Place): void {
    place.tell?.(this.#requestSession, () => this.#busy)
  }

  /** Stores what changed, and sends the cookie as iron-session does each time. */
  async save(place: Place, { cookie, lasts }: Config): Promise<void> {
    this.values.refresh()
    this.#live.begin()
    const done = await this.#committed({ maxAge: lasts })
    const given = new Map(done.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]))
    if (given.size === 0) return // ended by another request
    for (const [name, value] of given) if (value !== '') place.jar.write(name, value, cookie)
    this.#clear(place, cookie, (name) => Boolean(given.get(name)))
  }

  /** Ends the session. The cookie goes at once; the promise is of the record. */
  end(place: Place, { cookie, name }: Config): Promise<void> {
    this.ends++
    this.values.clear()
    this.#live.restart()
    const ended = andThen(this.#committed({}), () => undefined)
    if (ended instanceof Promise) this.#wait(ended)
    // Under another name since `updateConfig`: the one that the visitor has goes as well.
    for (const each of new Set([name, this.#name])) place.jar.write(each, '', { ...cookie, maxAge: 0 })
    this.#clear(place, cookie, (each) => each === this.#name)
    return Promise.resolve(ended)
  }

  /** The pairs of name and value that the visitor is to be given. */
  #committed(how: { readonly maxAge?: number }): Maybe<string[]> {
    const asked = how.maxAge === undefined ? undefined : { ...how, renews: true, always: 'asked' as const }
    return andThen(
      rethrown(() => this.#requestSession.commit(asked)),
      ({ current }) => current.map(([, line]) => line.split(';', 1)[0] ?? ''),
    )
  }

  /** Takes over what `before` holds, a session of the same request whose options were others; that one ends if its cookie is the same. */
  async follow(before: Visit): Promise<void> {
    // What came may be sealed by a password that is none any more: this begins a session of its own.
    if (this.isEmpty) this.#live.regenerateId()
    const names = new Set(before.values.keys())
    for (const key of this.values.keys()) if (!names.has(key)) this.values.delete(key)
    for (const key of names) this.values.set(key, before.values.get(key))
    if (before.#name !== this.#name || before.#live.handle === this.#live.handle) return
    before.values.clear()
    before.#live.restart()
    await before.#requestSession.commit()
  }

  /** The response of node:http waits for it, and fails with it. */
  #wait(ended: Promise<void>): void {
    this.#busy = ended
    ended.catch((error) => this.#requestSession.emit({ type: 'late-failed', error }))
  }

  /** Takes what came away that no longer counts: pieces, or the whole where there are pieces now. */
  #clear(place: Place, cookie: Config['cookie'], stays: (name: string) => boolean): void {
    for (const name of namesOf(this.#name))
      if (!stays(name) && place.jar.read(name)) place.jar.write(name, '', { ...cookie, maxAge: 0 })
    this.shows = place.presented(namesOf(this.#name)).get('cookie')
    this.tell(place)
  }
}

const FIX = 'Keep less in the session, set `chunk: true`, or give the option `store`.'

const rethrown = <T>(act: () => Maybe<T>): Maybe<T> => {
  const failed = (error: unknown): never => {
    throw error instanceof SessionError && error.code === 'COOKIE_TOO_LARGE' ? advised(error, FIX) : error
  }
  try {
    const done = act()
    return done instanceof Promise ? done.catch(failed) : done
  } catch (error) {
    return failed(error)
  }
}

/** The session that a request has by this configuration: the same for each call, until the headers leave. */
export async function visitFor(place: Place, config: Config): Promise<Visit> {
  const { identity } = place
  const { sessions, name, onUnsealError } = config
  const presented = place.presented(namesOf(name))
  const shows = presented.get('cookie')
  const known = () => visits.get(identity)?.get(sessions)
  const isSame = (visit: Visit | undefined): visit is Visit => visit !== undefined && !visit.isOver && visit.shows === shows
  let visit = known()
  if (!isSame(visit)) {
    const requestSession = sessions.requestSession(identity, presented)
    requestSession.commitsByCall = true
    const live = await requestSession.open()
    visit = known()
    // Another call may have come first.
    if (!isSame(visit)) {
      visit = new Visit(config, requestSession, live, shows)
      visits.set(identity, new Map(visits.get(identity)).set(sessions, visit))
    }
  }
  visit.tell(place)
  if (onUnsealError && visit.isEmpty && visit.ends === 0) await reasonOf(place.jar, config, onUnsealError)
  return visit
}
