import { describe, expect, test } from 'vitest'
import { clockFrom } from '../../../../test/helpers/clock.ts'
import { explored, nothingBad } from '../../../../test/helpers/explored.ts'
import { type Person, site } from '../../../../test/helpers/site.ts'
import { memoryStore } from '../../../stores/memory.ts'
import type { Found, SessionRecord, Store } from '../../../stores/store.ts'
import { type Exploration, type Outcome, type Scheduler, stepped } from '../../../testing/interleave.ts'
import { adapterOf, sessionsOf } from '../../sessions.ts'

/** The last writer wins, whatever was there; a write brings back what was deleted. */
function lastWins(): Store {
  const records = new Map<string, Found>()
  let writes = 0
  const put = async (key: string, record: SessionRecord) => {
    const version = String(++writes)
    records.set(key, { record, version })
    return version
  }
  return {
    consistency: 'last-write-wins',
    read: async (key) => records.get(key),
    create: put,
    update: put,
    delete: async (key) => records.delete(key),
  }
}

/** And reads show what there was when this was last let go on. */
function stale(): { readonly store: Store; goOn(): void } {
  const inner = lastWins()
  const seen = new Map<string, Found | undefined>()
  const store: Store = {
    ...inner,
    consistency: 'eventual',
    async read(key) {
      if (!seen.has(key)) seen.set(key, await inner.read(key))
      return seen.get(key)
    },
  }
  return { store, goOn: () => seen.clear() }
}

const NOW = 4_000_000_000_000
const presenting = (ticket: string) => ({ get: (name: string) => (name === 'x-ticket' ? ticket : null) })

interface World {
  act(name: string): Promise<string | undefined>
  look(ticket: string): Promise<boolean>
  readonly first: string
}

/** D ends the session; W writes, R gives it a new id. */
function scenario(letters: string, isFinal: boolean): Exploration<World> {
  const names = [...letters].map((letter, at) => `${letter}${at}`)
  return {
    actors: Object.fromEntries(names.map((name) => [name, (world: World) => world.act(name)])),
    async setup(scheduler: Scheduler): Promise<World> {
      const [weak, strong] = [lastWins(), memoryStore()]
      const make = (name?: string, now = NOW) => {
        const through = (store: Store) => (name ? stepped(store, scheduler, name) : store)
        const revocations = isFinal && { revocations: through(strong) }
        const options = { secrets: 'kY8!vQ2m#Zr7@pLx4^Tn9&Wc6*Hd3$Bf1', store: through(weak), ...revocations }
        const sessions = sessionsOf(
          { ...options, header: 'x-ticket', cookie: false, now: () => now },
          { storeTimeout: Number.POSITIVE_INFINITY, sleep: async () => {} },
        )
        return adapterOf(sessions)
      }
      const begin = make().detached(presenting(''))
      ;(await begin.open()).set('a', 0)
      const { ticket: first = '' } = await begin.commit()
      return {
        first,
        async act(name) {
          const request = make(name).detached(presenting(first))
          const session = await request.open()
          if (session.isNew) return undefined // it came after the end
          if (name.startsWith('D')) session.destroy()
          else session.set('a', 1)
          if (name.startsWith('R')) session.regenerateId()
          try {
            return (await request.commit()).ticket ?? ''
          } catch (error) {
            if ((error as { code?: string }).code !== 'CONFLICT') throw error
            return undefined
          }
        },
        look: async (ticket) =>
          (
            await make(undefined, NOW + 200_000)
              .detached(presenting(ticket))
              .open()
          ).handle !== undefined,
      }
    },
    async check({ look, first }: World, { results }: Outcome) {
      const isEnded = Object.entries(results).some(([name, answer]) => name.startsWith('D') && answer !== undefined)
      if (!isEnded) return
      for (const ticket of [first, ...Object.values(results)])
        if (ticket && (await look(String(ticket)))) throw new Error('alive after an acknowledged end')
    },
  }
}

describe('promise 15: an end in a store where the last writer wins is final with `revocations`', () => {
  for (const letters of ['WD', 'RD', 'DD']) {
    test(letters, async () => {
      await nothingBad(scenario(letters, true), { maxPreemptions: 2 })
    })
  }

  test('(without them it is not, and this search sees it)', async () => {
    const { bad } = await explored(scenario('WD', false), {})
    expect(bad[0]).toMatch(/^alive after an acknowledged end/)
  })
})

describe('a store that shows what was there before', () => {
  const signedIn = async (person: Person) => person.does((session) => session.signIn('ada'))

  test('lets nobody in after an end, nor with the old id after a new one', async () => {
    const clock = clockFrom()
    const { store, goOn } = stale()
    const s = site({ clock, store, revocations: memoryStore({ now: clock.now }) })
    const guest = s.person()
    await guest.does((session) => session.set('cart', 1))
    goOn()
    const planted = guest.thief()
    expect(await planted.does((session) => session.get('cart'))).toBe(1)
    await signedIn(guest)
    clock.advance(400)
    expect(await planted.does((session) => [session.owner, session.get('cart')])).toEqual([undefined, undefined])
    expect(s.events.filter(({ type }) => type === 'replayed')).toHaveLength(1)
    goOn()
    const thief = guest.thief()
    expect(await thief.does((session) => session.owner)).toBe('ada')
    await guest.does((session) => session.signOut())
    expect(await thief.does((session) => session.owner), 'the store still shows it').toBeUndefined()
  })
})
