import { pairOf } from '../../cookies/cookie.ts'
import type { AdapterSessions, Committed, HeaderLine, LiveSession, RequestSession } from '../../core/adapter.ts'
import { andThen, type Maybe } from '../../crypto/maybe.ts'
import { advised, SessionError } from '../../errors.ts'
import { LiveValues } from '../middleware/express-session/values.ts'
import type { Config } from './config.ts'
import type { Place } from './jars.ts'

/** The numbers that pieces of a cookie have, of ours or of iron-session's. */
const NUMBERS = [0, 1, 2, 3, 4, 5, 6, 7]

/** All that a session's cookie may lie in. */
export const namesOf = (name: string): string[] => [name, ...NUMBERS.map((number) => `${name}.${number}`)]

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

  regenerateId(): void {
    this.#live.regenerateId()
  }

  /** Stores what changed, and sends the cookie as iron-session does each time. */
  async save(place: Place, { cookie, lasts }: Config): Promise<void> {
    this.values.refresh()
    this.#live.begin()
    const { send, current } = await this.#committed({ maxAge: lasts })
    if (current.length === 0) return // ended by another request
    const given = new Map(current.map(pairIn))
    try {
      for (const [name, value] of given) if (value !== '') place.jar.write(name, value, cookie)
      this.#clear(place, cookie, (name) => Boolean(given.get(name)))
    } catch (error) {
      // A server component of Next.js may not set a cookie, and a visitor who has this one already needs none.
      if (send.length > 0) throw error
    }
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

  #committed(how: { readonly maxAge?: number }): Maybe<Committed> {
    const asked = how.maxAge === undefined ? undefined : { ...how, renews: true, always: 'asked' as const }
    return rethrown(() => this.#requestSession.commit(asked))
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

/** Name and value of a line. */
function pairIn([, line]: HeaderLine): [string, string] {
  const pair = pairOf(line)
  return [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]
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
