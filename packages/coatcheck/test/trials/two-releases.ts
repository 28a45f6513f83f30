import type { AdapterOptions } from '../../src/core/options/options.ts'
import type { Migration } from '../../src/core/options/schema.ts'
import { adapterOf, sessionsOf } from '../../src/core/sessions.ts'
import type { SessionErrorCode } from '../../src/errors.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { type Exploration, stepped } from '../../src/testing/interleave.ts'

/** Version 1 counts visits as `count`, and version 2 as `visits`: BELONG.md B10. */
const up: Migration = ({ count, ...rest }: Record<string, unknown>) => ({ ...rest, visits: count })
const down = ({ visits, ...rest }: Record<string, unknown>) => ({ ...rest, count: visits })

/**
 * Releases by a letter: `n` knows no versions, `o` is of version 1, `b` of version 2 with a way back, `m` of version 2 without one. What each of
 * them counts under.
 */
export const RELEASES: Readonly<Record<string, { readonly options: Partial<AdapterOptions>; readonly key: string }>> = {
  n: { options: {}, key: 'count' },
  o: { options: { version: 1 }, key: 'count' },
  b: { options: { version: 2, migrations: { 2: { up, down } } }, key: 'visits' },
  m: { options: { version: 2, migrations: { 2: up } }, key: 'visits' },
}

interface World {
  readonly act: Readonly<Record<string, () => Promise<string>>>
  /** What a release of version 2 sees at the end; undefined: the session has ended. */
  final(): Promise<{ readonly visits: unknown; readonly keys: readonly string[]; readonly marks: unknown } | undefined>
}

const START = 4_000_000_000_000
const FIRST = 5

/**
 * Requests at once to one session, each of a process of the release of its letter: each counts one visit, and writes a value of its own. With
 * `D` a sign-out. No count is lost, none comes back after the sign-out, and a request that fails says `CONFLICT`.
 */
export function twoReleases(letters: string, counted: Map<string, number> = new Map()): Exploration<World> {
  const names = [...letters].map((letter, at) => `${letter}${at + 1}`)
  return {
    actors: Object.fromEntries(names.map((name) => [name, (world) => world.act[name]?.()])),
    async setup(turns) {
      const store = memoryStore({ now: () => START })
      const make = (letter: string, process?: string) => {
        const through = process === undefined ? store : stepped(store, turns, process)
        const options = { store: through, now: () => START, ...RELEASES[letter]?.options }
        return adapterOf(sessionsOf(options, { storeTimeout: Number.POSITIVE_INFINITY, sleep: async () => {} }))
      }
      const first = make('o').fromTicket(null)
      ;(await first.open()).set('count', FIRST)
      await first.commit()
      const ticket = first.ticket ?? null
      const act = (name: string) => {
        const letter = name[0] as string
        const adapter = make(letter === 'D' ? 'o' : letter, name)
        const load = adapter.fromTicket(null).core.engine.shaping?.load()
        const run = async (): Promise<string> => {
          const requestSession = adapter.fromTicket(ticket)
          const session = await requestSession.open()
          if (session.isNew) return 'came too late'
          if (letter === 'D') session.signOut()
          else {
            session.update(RELEASES[letter]?.key as string, (count) => ((count as number | undefined) ?? 0) + 1)
            session.set(name, true)
          }
          try {
            const { dropped } = await requestSession.commit()
            return dropped ? 'came too late' : 'kept'
          } catch (error) {
            const { code } = error as { readonly code?: SessionErrorCode }
            if (code !== 'CONFLICT') throw error
            return 'refused'
          }
        }
        return { load, run }
      }
      const acts = Object.fromEntries(names.map((name) => [name, act(name)]))
      await Promise.all(Object.values(acts).map(({ load }) => load)) // no step waits for a file
      return {
        act: Object.fromEntries(names.map((name) => [name, acts[name]?.run as () => Promise<string>])),
        async final() {
          const session = await make('m').fromTicket(ticket).open()
          if (session.isNew) return undefined
          return { visits: session.get('visits'), keys: session.keys(), marks: session.get('count') }
        },
      }
    },
    async check(world, { results, killed }) {
      const final = await world.final()
      const said = Object.entries(results)
      for (const [, how] of said) counted.set(how as string, (counted.get(how as string) ?? 0) + 1)
      const isOut = said.some(([name, how]) => name.startsWith('D') && how === 'kept')
      if (isOut && final) throw new Error('the session is there after a sign-out')
      const mayEnd = letters.includes('D')
      if (!final && !mayEnd) throw new Error('the session is gone')
      if (!final) return
      const kept = said.filter(([name, how]) => !name.startsWith('D') && how === 'kept').map(([name]) => name)
      const lost = kept.filter((name) => !final.keys.includes(name))
      if (lost.length > 0) throw new Error(`${lost} is lost`)
      const own = final.keys.filter((key) => names.includes(key))
      if (own.length !== kept.length && killed === undefined) throw new Error('somebody wrote who was told otherwise')
      if (final.visits !== FIRST + own.length)
        throw new Error(`${own.length} counted, and there are ${Number(final.visits) - FIRST}`)
      if (final.marks !== undefined) throw new Error('it counts under two names')
    },
  }
}
