import type { RequestSession } from '../../src/core/request/request-session.ts'
import { adapterOf, sessionsOf } from '../../src/core/sessions.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import type { Store } from '../../src/stores/store.ts'
import { type Exploration, type Scheduler, stepped } from '../../src/testing/interleave.ts'
import { COOKIE, SECRET } from '../helpers/site.ts'

const NOW = 4_000_000_000_000
const DAY = 86_400

/**
 * What the requests do, by the first letter of their names: W writes, L writes and makes it last 90 days, H makes it last an hour,
 * N renews it, R gives it a new id, D ends it, E ends it by `maxAge: 0`, A ends it and begins another.
 */
export type Letter = 'W' | 'L' | 'H' | 'N' | 'R' | 'D' | 'E' | 'A'

export interface Answer {
  readonly letter: Letter
  readonly isNew: boolean
  readonly dropped: boolean
  readonly ticket: string | undefined
  readonly line: string | undefined
}

/** Milliseconds. */
const AFTERWARDS = 600_000

export interface World {
  readonly first: string
  readonly act: (name: string) => Promise<Answer | undefined>
  readonly look: (ticket: string) => Promise<RequestSession>
}

export function requests(...names: string[]): Exploration<World> {
  const make = (store: Store, dropped: () => void = () => {}, now = NOW) =>
    adapterOf(
      sessionsOf(
        {
          store,
          secrets: SECRET,
          now: () => now,
          cookie: { persistent: false },
          onEvent: ({ type }) => (type === 'dropped' ? dropped() : undefined),
        },
        { storeTimeout: Infinity, sleep: async () => {} },
      ),
    )
  const presenting = (ticket: string) => ({ get: (name: string) => (name === 'cookie' ? `${COOKIE}=${ticket}` : null) })
  return {
    actors: Object.fromEntries(names.map((name) => [name, (world) => world.act(name)])),
    async setup(turns: Scheduler) {
      const store = memoryStore()
      const begin = make(store).detached({ get: () => null })
      ;(await begin.open()).set('n', 0)
      await begin.commit()
      const first = begin.ticket ?? ''
      return {
        first,
        async act(name) {
          const letter = name[0] as Letter
          let dropped = false
          const adapter = make(stepped(store, turns, name), () => {
            dropped = true
          })
          const requestSession = adapter.detached(presenting(first))
          let session = await requestSession.open()
          const { isNew } = session
          if (letter === 'D') session.destroy()
          else if (letter === 'A') {
            session.destroy()
            session = requestSession.afresh()
            session.begin()
          } else if (letter === 'R') session.regenerateId()
          else if (letter === 'N') session.renew()
          if (letter !== 'D' && letter !== 'E') session.set(name, true)
          if ('WLHNR'.includes(letter)) session.update('n', (n) => ((n as number | undefined) ?? 0) + 1)
          const how = { W: {}, L: { maxAge: 90 * DAY }, H: { maxAge: 3600 }, N: {}, R: {}, D: {}, E: { maxAge: 0 }, A: {} }
          try {
            await requestSession.commit(how[letter])
          } catch (error) {
            if ((error as { code?: string }).code === 'CONFLICT') return undefined // told so: not acknowledged
            throw error
          }
          const line = requestSession.lines[0]?.[1]
          return { letter, isNew, dropped, ticket: requestSession.ticket, line: line?.includes('Max-Age=0') ? undefined : line }
        },
        async look(ticket) {
          // When an old ticket shows nothing any more.
          const requestSession = make(store, undefined, NOW + AFTERWARDS).detached(presenting(ticket))
          await requestSession.open()
          return requestSession
        },
      }
    },
    async check({ first, look }, { results, killed }) {
      const answers = Object.entries(results as Record<string, Answer | undefined>).flatMap(([name, answer]) =>
        answer ? [[name, answer] as const] : [],
      )
      // A ticket that is dead already still ends what its session became.
      const ended = answers.some(([, { letter }]) => 'DEA'.includes(letter))
      if (!ended && killed !== undefined && 'DEA'.includes(killed[0] ?? '')) return // maybe done, maybe not
      const rotation = names.filter((name) => 'LNR'.includes(name[0] ?? '')).length
      const handles = new Set<string>()
      for (const [name, { letter, ticket, line, isNew, dropped }] of answers) {
        if (ticket === undefined) continue
        const { session } = await look(ticket)
        const old = !isNew && letter !== 'A'
        if (ended && old && session && !session.isNew)
          throw new Error(`revived: the ticket of ${name} opens a session that was ended`)
        if (ended || !old) continue
        if (!session || session.isNew) {
          // Only who was not told of a new id holds a ticket that is dead by now; or was told of the old one before there was a new.
          if (line !== undefined && rotation === 0) throw new Error(`lost: the ticket that ${name} was given opens nothing`)
          continue
        }
        handles.add(session.handle ?? '')
        if (!dropped && session.get(name) !== true) throw new Error(`lost: what ${name} wrote`)
        const written = answers.filter(([, answer]) => !answer.isNew && !answer.dropped).length
        if (Number(session.get('n')) < written) throw new Error(`lost: n is ${session.get('n')} of ${written}`)
        if (Number(session.get('n')) > names.length) throw new Error(`doubled: n is ${session.get('n')}`)
        const left = Math.ceil((Number(session.expiresAt) - NOW) / 1000)
        const shown = Number(/Max-Age=(\d+)/.exec(line ?? '')?.[1] ?? 0)
        if (shown > left && !names.some((other) => other.startsWith('H'))) {
          throw new Error(`shortened: ${name} was told of ${shown} seconds and ${left} are left`)
        }
        if (letter === 'L' && shown !== 90 * DAY && rotation === 1)
          throw new Error(`shortened: ${name} was told of ${shown} seconds only`)
      }
      if (handles.size > 1) throw new Error('split: two sessions go on from one')
      if (!ended && answers.length > 0 && killed === undefined) {
        const { session } = await look(first)
        if (session?.isNew && handles.size === 0) throw new Error('lost: no ticket opens the session')
      }
      if (ended && !((await look(first)).session?.isNew ?? true)) throw new Error('revived: the first ticket opens it')
    },
  }
}
