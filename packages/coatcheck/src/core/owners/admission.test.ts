import { describe, expect, test } from 'vitest'
import { clockFrom } from '../../../test/helpers/clock.ts'
import { type Person, type Site, site } from '../../../test/helpers/site.ts'
import type { SessionError } from '../../errors.ts'
import { memoryStore } from '../../stores/memory.ts'
import type { Store } from '../../stores/store.ts'

/** In a store, or in the cookie with entries in a store. */
const kinds = { stored: (store: Store) => ({ store }), sealed: (store: Store) => ({ revocations: { store, list: true } }) }
type Kind = keyof typeof kinds

const limited = (kind: Kind, evict: 'oldest' | 'refuse', count = 2, more = {}) =>
  site({ ...kinds[kind](memoryStore()), maxPerOwner: { count, evict }, ...more }, { sleep: async () => {} })

async function signedIn(s: Site, owner = 'ada'): Promise<Person> {
  const person = s.person()
  await person.does((session) => session.signIn(owner))
  s.clock.advance(1)
  return person
}

const ownersOf = (people: readonly Person[]) => Promise.all(people.map((person) => person.does((session) => session.owner)))
const codeOf = (run: Promise<unknown>) =>
  run.then(
    () => 'nothing',
    ({ code }: SessionError) => code,
  )

describe.each(Object.keys(kinds) as Kind[])('one more sign-in than an owner may have, %s', (kind) => {
  test('ends the oldest', async () => {
    const s = limited(kind, 'oldest')
    const people = [await signedIn(s), await signedIn(s), await signedIn(s, 'bob')]
    expect(await ownersOf(people)).toEqual(['ada', 'ada', 'bob'])
    people.push(await signedIn(s))
    expect(await ownersOf(people)).toEqual([undefined, 'ada', 'bob', 'ada'])
    expect(s.events.filter(({ type }) => type === 'ended')).toEqual([
      { type: 'ended', reason: 'evicted', handle: expect.any(String) },
    ])
  })

  test('is refused, and begins no session', async () => {
    const s = limited(kind, 'refuse')
    const people = [await signedIn(s), await signedIn(s)]
    const third = s.person()
    await third.does((session) => session.set('cart', ['hat']))
    expect(await codeOf(third.does((session) => session.signIn('ada')))).toBe('TOO_MANY_SESSIONS')
    expect(await third.does((session) => [session.owner, session.get('cart')])).toEqual([undefined, ['hat']])
    expect(await ownersOf(people)).toEqual(['ada', 'ada'])
    await people[0]?.does((session) => session.signOut())
    await third.does((session) => session.signIn('ada'))
    expect(await third.does((session) => session.owner)).toBe('ada')
  })

  test('old ids never count: step-ups and new ids one after the other, 30 each, lose nobody', async () => {
    for (const evict of ['oldest', 'refuse'] as const) {
      const s = limited(kind, evict)
      const people = [await signedIn(s), await signedIn(s)]
      for (let n = 0; n < 30; n++) {
        await people[n % 2]?.does((session) => session.signIn('ada'))
        await people[n % 2]?.does((session) => session.regenerateId())
      }
      expect(await ownersOf(people)).toEqual(['ada', 'ada'])
    }
  })

  test('the newest is who signed in last, whatever the clocks say', async () => {
    const store = memoryStore()
    const clock = clockFrom()
    const at = (skew: number) =>
      site({ ...kinds[kind](store), clock, now: () => clock.now() + skew * 1000, maxPerOwner: { count: 1, evict: 'oldest' } })
    const servers = [at(60), at(-60), at(0)]
    for (let n = 0; n < 12; n++) {
      const before = n > 0 ? undefined : await signedIn(servers[0] as Site)
      const now = await signedIn(servers[(n * 5) % 3] as Site)
      expect(await ownersOf([now])).toEqual(['ada'])
      if (before) expect(await ownersOf([before])).toEqual([undefined])
      expect((await (servers[0] as Site).sessions.list('ada')).sessions).toHaveLength(1)
    }
  })

  test('expired and ended sessions make room', async () => {
    const s = limited(kind, 'refuse', 1, { idleTimeout: 60 })
    const first = await signedIn(s)
    s.clock.advance(61)
    const second = await signedIn(s)
    expect(await ownersOf([first, second])).toEqual([undefined, 'ada'])
    expect(await s.sessions.endAll('ada')).toBe(1)
    s.clock.advance(1)
    expect(await ownersOf([await signedIn(s)])).toEqual(['ada'])
  })

  test('who has one already, of another owner or as a guest, counts as one more', async () => {
    const s = limited(kind, 'oldest', 1)
    const ada = await signedIn(s)
    const bob = await signedIn(s, 'bob')
    await bob.does((session) => session.signIn('ada'))
    expect(await ownersOf([ada, bob])).toEqual([undefined, 'ada'])
  })

  test('wrong limits are refused', () => {
    for (const maxPerOwner of [
      0,
      3,
      {},
      { count: 3 },
      { count: 0, evict: 'oldest' },
      { count: 1.5, evict: 'oldest' },
      { count: 2, evict: 'newest' },
      { count: 2, evict: 'oldest', more: 1 },
    ])
      expect(() => site({ store: memoryStore(), maxPerOwner: maxPerOwner as never })).toThrow('maxPerOwner')
    expect(() => site({ maxPerOwner: { count: 1, evict: 'oldest' } })).toThrow('maxPerOwner')
  })
})
