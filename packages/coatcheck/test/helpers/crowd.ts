import { adapterOf, sessionsOf } from '../../src/core/sessions.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import type { Store } from '../../src/stores/store.ts'

/** One process that serves requests of the session. */
export interface Member {
  /** Milliseconds from a store call to its answer. */
  readonly trip: number
  /** Commits that wait at any time. Default 1. */
  readonly commits?: number
  /** Milliseconds between the answer to a commit and the next. Default 0: there is always one. */
  readonly idle?: number
  /** Milliseconds by which its clock is ahead. Default 0. */
  readonly ahead?: number
  /** Every request opens the session anew, which is a read. Default false: the line of commits is never empty. */
  readonly opens?: boolean
  /** It makes one request, after a second, which does this. */
  readonly once?: 'destroy' | 'regenerateId'
}

export interface Fate {
  readonly trip: number
  readonly commits: number
  readonly writes: number
  /** Store calls besides writes of the session. */
  readonly others: number
  readonly conflicts: number
  /** Milliseconds that the slowest commit took. */
  readonly longest: number
  /** When its commits were answered, in milliseconds from the start. */
  readonly at: readonly number[]
}

export interface Race {
  readonly fates: readonly Fate[]
  /** What the session says of how many commits went through. */
  readonly counted: number
  /** Keys in the store at the end. */
  readonly keys: readonly string[]
}

/**
 * Processes that write one session for so many milliseconds of a time that nobody waits for: calls of the store and pauses take
 * what they are said to take, and the same seed gives the same race. `around`: wraps each member's store, after its delay.
 */
export async function crowd(
  members: readonly Member[],
  duration: number,
  { seed = 1, around = (store) => store }: { seed?: number; around?: (store: Store, member: number) => Store } = {},
): Promise<Race> {
  const time = new VirtualTime()
  const random = randomFrom(seed)
  const backend = memoryStore({ now: () => 4_000_000_000_000 })
  const start = 4_000_000_000_000
  const first = adapterOf(sessionsOf({ store: backend, now: () => start })).fromTicket(null)
  ;(await first.open()).set('n', 0)
  const { ticket } = await first.commit()
  if (ticket === undefined || ticket === null) throw new Error('There is no session to race for.')
  const [key] = (await backend.list?.(undefined, 1))?.keys ?? []
  const fates = members.map(({ trip }) => ({
    trip,
    commits: 0,
    writes: 0,
    others: 0,
    conflicts: 0,
    longest: 0,
    at: [] as number[],
  }))
  for (const [at, member] of members.entries()) {
    const fate = fates[at] as (typeof fates)[number]
    const pause = (ms: number) => time.sleep(ms)
    const delayed = around(
      delayedStore(backend, member, pause, (name, on, answer) => {
        if (name === 'update' && on === key && answer !== undefined) fate.writes++
        else if (!(name === 'update' && on === key)) fate.others++
      }),
      at,
    )
    const adapter = adapterOf(
      sessionsOf(
        { store: delayed, now: () => start + time.now + (member.ahead ?? 0) },
        { storeTimeout: Number.POSITIVE_INFINITY, sleep: pause, random },
      ),
    )
    const serve = async () => {
      let requestSession = adapter.fromTicket(ticket)
      const { once } = member
      if (once) {
        await pause(1000)
        ;(await requestSession.open())[once]()
        await requestSession.commit()
        fate.at.push(time.now)
        return
      }
      while (time.now < duration) {
        const since = time.now
        const session = await requestSession.open()
        if (session.isNew) return
        try {
          session.update('n', (n) => (n as number) + 1)
          await requestSession.commit()
          fate.commits++
          fate.at.push(time.now)
        } catch (error) {
          const { code } = error as { code?: string }
          if (code === 'ENDED') return
          if (code !== 'CONFLICT') throw error
          fate.conflicts++
          requestSession = adapter.fromTicket(ticket)
        }
        fate.longest = Math.max(fate.longest, time.now - since)
        if (member.idle) await pause(member.idle)
        if (member.opens) requestSession = adapter.fromTicket(ticket)
      }
    }
    for (let i = 0; i < (member.commits ?? 1); i++) void serve().catch((error) => time.fail(error))
  }
  await time.run()
  const last = adapterOf(sessionsOf({ store: backend, now: () => start + time.now })).fromTicket(ticket)
  const counted = (await last.open()).get('n') as number
  return { fates, counted, keys: (await backend.list?.(undefined, 100))?.keys ?? [] }
}

/** The answer takes half of the trip, and so does the question. */
function delayedStore(
  backend: Store,
  { trip }: Member,
  pause: (ms: number) => Promise<void>,
  told: (name: string, key: string, answer: unknown) => void,
): Store {
  const call = async <T>(name: string, key: string, run: () => Promise<T>): Promise<T> => {
    await pause(trip / 2)
    const answer = await run()
    told(name, key, answer)
    await pause(trip / 2)
    return answer
  }
  return {
    read: (key) => call('read', key, () => backend.read(key)),
    create: (key, record) => call('create', key, () => backend.create(key, record)),
    update: (key, record, version) => call('update', key, () => backend.update(key, record, version)),
    delete: (key, version) => call('delete', key, () => backend.delete(key, version)),
  }
}

/** Time that passes when everybody waits. */
class VirtualTime {
  now = 0
  #order = 0
  #error: { readonly value: unknown } | undefined
  readonly #due: { readonly at: number; readonly order: number; readonly go: () => void }[] = []

  sleep(ms: number): Promise<void> {
    return new Promise((done) => {
      this.#due.push({ at: this.now + ms, order: this.#order++, go: done })
    })
  }

  fail(value: unknown): void {
    this.#error ??= { value }
  }

  async run(): Promise<void> {
    for (;;) {
      await settled()
      if (this.#error) throw this.#error.value
      if (this.#due.length === 0) return
      const next = this.#due.reduce((a, b) => (b.at < a.at || (b.at === a.at && b.order < a.order) ? b : a))
      this.#due.splice(this.#due.indexOf(next), 1)
      this.now = next.at
      next.go()
    }
  }
}

/** Everything that needs no time has happened. */
const settled = () => new Promise<void>((done) => void setImmediate(done))

/** Numbers from 0 up to 1 (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
