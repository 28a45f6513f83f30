import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { clockFrom } from '../../../test/helpers/clock.ts'
import { COOKIE, SECRET } from '../../../test/helpers/site.ts'
import type { SessionReader } from '../../migrate/format.ts'
import { memoryStore } from '../../stores/memory.ts'
import type { SessionEvent } from '../model/events.ts'
import type { AdapterOptions } from '../options/options.ts'
import { allowance } from './allowance.ts'

const PASSWORD = 'the password of the old site, of 32 or more'

/** Counts the keys that are derived slowly. */
function counted() {
  const subtle = globalThis.crypto.subtle
  const slow: number[] = []
  const real = subtle.deriveBits.bind(subtle)
  vi.spyOn(subtle, 'deriveBits').mockImplementation((...given) => {
    slow.push(Number((given[0] as { iterations?: number }).iterations ?? 0))
    return real(...given)
  })
  return slow
}

let second = 0

async function siteWith(
  readers: (formats: typeof import('../../migrate/h3.ts')) => readonly SessionReader[],
  more: Partial<AdapterOptions> = {},
) {
  const { adapterOf, sessionsOf } = await import('../sessions.ts')
  const formats = await import('../../migrate/h3.ts')
  // Each test in seconds of its own: what others have derived counts for a second.
  const clock = clockFrom(Date.parse('2090-01-01T00:00:00Z') + ++second * 100_000)
  const events: SessionEvent[] = []
  const onEvent = (event: SessionEvent) => void events.push(event)
  const adapter = adapterOf(
    // A slow machine takes long to derive a key.
    sessionsOf({
      secrets: SECRET,
      now: clock.now,
      storeTimeout: 600,
      onEvent,
      migrateFrom: readers(formats),
      ...more,
    } as AdapterOptions),
  )
  const open = (...values: string[]) =>
    adapter.detached(new Headers({ cookie: values.map((value) => `${COOKIE}=${value}`).join('; ') }))
  const comes = async (...values: string[]) => {
    const session = await open(...values).open()
    return session.isNew ? undefined : { ...session.data }
  }
  const busy = () => events.filter((event) => event.type === 'refused' && event.reason === 'too-busy').length
  const write = async (values: Record<string, unknown>, id = 'one') =>
    String(await formats.h3Seal({ password: PASSWORD }).write({ id, createdAt: clock.now(), now: clock.now(), values }))
  return { clock, open, comes, busy, write, formats }
}

/** What costs as much as a seal, and is none. */
const hex = (digit: number) => digit.toString(16).padStart(64, '0')
const junk = (n: number) => `Fe26.2**${hex(n)}*${'A'.repeat(22)}*${'A'.repeat(22)}**${hex(n + 1)}*${'A'.repeat(43)}`

beforeEach(() => vi.resetModules())
afterEach(() => vi.restoreAllMocks())

describe('S9: slow keys of other libraries’ seals', () => {
  test('cost one request eight at most, whatever it sends and however many passwords there are; then it is anonymous, and told once', async () => {
    const passwords = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`p${n}`, `${PASSWORD} ${n}`]))
    const { comes, busy } = await siteWith(({ h3Seal }) => [h3Seal({ password: Object.values(passwords) })])
    const slow = counted()
    expect(await comes(...[1, 2, 3, 4].map((n) => junk(n * 10)))).toBeUndefined()
    expect(slow).toHaveLength(8)
    expect(busy()).toBe(1)
  })

  test('are derived for four seals of a second that turn out to be junk, and the next second begins anew', async () => {
    const { comes, busy, clock, write } = await siteWith(({ h3Seal }) => [h3Seal({ password: PASSWORD })], {
      store: memoryStore(),
    })
    const genuine = await write({ user: 'ada' })
    const slow = counted()
    for (let n = 0; n < 50; n++) await comes(junk(n * 10))
    await Promise.all(Array.from({ length: 50 }, (_, n) => comes(junk(1000 + n * 10))))
    expect(slow).toHaveLength(4)
    expect(busy()).toBe(96)
    clock.advance(1)
    expect(await comes(genuine)).toEqual({ user: 'ada' })
    await Promise.all(Array.from({ length: 50 }, (_, n) => comes(junk(2000 + n * 10))))
    expect(slow.length - 4).toBe(4)
  })

  test('of genuine seals are not counted as those of junk, however many come at once; a hundred derivations in a second are', async () => {
    const { write } = await siteWith(({ h3Seal }) => [h3Seal({ password: PASSWORD })])
    const seals = await Promise.all(Array.from({ length: 51 }, (_, n) => write({ user: `user ${n}` }, `id ${n}`)))
    vi.resetModules()
    const fresh = await siteWith(({ h3Seal }) => [h3Seal({ password: PASSWORD })])
    const slow = counted()
    const came = await Promise.all(seals.map((seal) => fresh.comes(seal)))
    expect(came.slice(0, 50)).toEqual(seals.slice(0, 50).map((_, n) => ({ user: `user ${n}` })))
    expect([came[50], slow.length, fresh.busy()]).toEqual([undefined, 100, 1])
  })

  test('are derived once for junk that comes again, such as a cookie of a password that is not in use any more', async () => {
    const { comes, busy } = await siteWith(({ h3Seal }) => [h3Seal({ password: PASSWORD })])
    const slow = counted()
    for (let n = 0; n < 20; n++) expect(await comes(junk(7))).toBeUndefined()
    expect([slow.length, busy()]).toEqual([1, 0])
  })

  test('that are not derived for a genuine seal leave its cookie alone: nothing is written, and it opens a second later', async () => {
    const { write } = await siteWith(({ h3Seal }) => [h3Seal({ password: PASSWORD })])
    const genuine = await write({ user: 'ada' })
    vi.resetModules()
    const { comes, clock, open } = await siteWith(({ h3Seal }) => [h3Seal({ password: PASSWORD })])
    for (let n = 0; n < 4; n++) await comes(junk(n * 10))
    const requestSession = open(genuine)
    const session = await requestSession.open()
    expect([session.isNew, session.readOnly]).toEqual([true, true])
    session.set('user', 'eve')
    expect(() => requestSession.commit()).toThrow(
      expect.objectContaining({ code: 'CONFLICT', message: expect.stringMatching(/seals of another library/) }),
    )
    expect(requestSession.lines).toEqual([])
    const other = open(genuine)
    await (await other.open()).signIn('eve')
    expect((await other.commit()).plan).toBe('create')
    clock.advance(1)
    expect(await comes(genuine)).toEqual({ user: 'ada' })
  })

  test('are derived once for a genuine seal, whoever comes with it again', async () => {
    const { write } = await siteWith(({ h3Seal }) => [h3Seal({ password: PASSWORD })])
    const genuine = await write({ user: 'ada' })
    vi.resetModules()
    const fresh = await siteWith(({ h3Seal }) => [h3Seal({ password: PASSWORD })])
    const slow = counted()
    for (let n = 0; n < 5; n++) expect(await fresh.comes(genuine)).toEqual({ user: 'ada' })
    expect(slow).toEqual([8192, 8192])
  })

  test('are not derived for what cannot be a living seal, an unknown password, or a seal whose keys cost little', async () => {
    const { comes, write, clock, formats } = await siteWith(({ h3Seal }) => [h3Seal({ password: { default: PASSWORD } })])
    const genuine = await write({ user: 'ada' })
    const quick = formats.h3Seal({ password: PASSWORD, version: 1 })
    const old = String(quick.write({ id: 'one', createdAt: clock.now(), now: clock.now(), values: { user: 'bob' } }))
    const parts = genuine.split('*')
    const slow = counted()
    for (const [at, part] of [
      [0, 'Fe26.1'],
      [1, 'unknown'],
      [2, 'short'],
      [3, 'A'],
      [4, 'AAAA'],
      [5, '1'],
      [6, 'G'.repeat(64)],
      [7, 'A'.repeat(42)],
    ] as const) {
      expect(await comes(parts.toSpliced(at, 1, part).join('*'))).toBeUndefined()
    }
    expect(await comes(old)).toEqual({ user: 'bob' })
    expect(slow).toEqual([])
  })

  test('are counted where the cookies are another library’s own, too', async () => {
    const { upstreamPersistence } = await import('../persistence/upstream-format.ts')
    const { h3Seal } = await import('../../migrate/h3.ts')
    const persistence = upstreamPersistence(h3Seal({ password: Array.from({ length: 9 }, (_, n) => `${PASSWORD} ${n}`) }))
    const { comes, busy } = await siteWith(() => [], { persistence })
    const slow = counted()
    expect(await comes(junk(1))).toBeUndefined()
    expect([slow.length, busy()]).toEqual([8, 1])
  })

  test('leave the second’s count to nobody’s clock but the one it is given', async () => {
    const clock = clockFrom(Date.parse('2080-01-01T00:00:00Z'))
    const emit = () => {}
    const all = Array.from({ length: 9 }, () => allowance({ now: clock.now, emit }))
    let granted = 0
    const trial = (mayDerive: () => boolean) => {
      if (mayDerive()) granted++
    }
    const trials = all.map(({ slowly }) => slowly(trial))
    expect(await Promise.all(trials)).toEqual(all.map(() => undefined))
    expect(granted).toBe(4)
  })
})
