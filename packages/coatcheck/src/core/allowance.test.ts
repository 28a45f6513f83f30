import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { clockFrom } from '../../test/helpers/clock.ts'
import { COOKIE, SECRET } from '../../test/helpers/site.ts'
import type { ForeignReader } from '../foreign/format.ts'
import { memoryStore } from '../stores/memory.ts'
import { allowance } from './allowance.ts'
import type { SessionEvent } from './events.ts'
import type { FaceOptions } from './options.ts'

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
  readers: (formats: typeof import('../foreign/h3.ts')) => readonly ForeignReader[],
  more: Partial<FaceOptions> = {},
) {
  const { faceOf, sessionsOf } = await import('./sessions.ts')
  const formats = await import('../foreign/h3.ts')
  // Each test in seconds of its own: what others have derived counts for a second.
  const clock = clockFrom(Date.parse('2090-01-01T00:00:00Z') + ++second * 100_000)
  const events: SessionEvent[] = []
  const onEvent = (event: SessionEvent) => void events.push(event)
  const face = faceOf(sessionsOf({ secrets: SECRET, now: clock.now, onEvent, foreign: readers(formats), ...more } as FaceOptions))
  const comes = async (...values: string[]) => {
    const cookie = values.map((value) => `${COOKIE}=${value}`).join('; ')
    const session = await face.detached(new Headers({ cookie })).open()
    return session.isNew ? undefined : { ...session.data }
  }
  const busy = () => events.filter((event) => event.type === 'refused' && event.reason === 'too-busy').length
  const write = async (values: Record<string, unknown>, id = 'one') =>
    String(await formats.h3Seal({ password: PASSWORD }).write({ id, createdAt: clock.now(), now: clock.now(), values }))
  return { clock, comes, busy, write, formats }
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

  test('cost all requests of a second a hundred at most, and the next second begins anew', async () => {
    const { comes, busy, clock, write } = await siteWith(({ h3Seal }) => [h3Seal({ password: PASSWORD })], {
      store: memoryStore(),
    })
    const genuine = await write({ user: 'ada' })
    const slow = counted()
    for (let n = 0; n < 150; n++) await comes(junk(n * 10))
    expect(slow).toHaveLength(100)
    expect(busy()).toBe(50)
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
    const { wiredKeeper } = await import('./wired.ts')
    const { h3Seal } = await import('../foreign/h3.ts')
    const keeper = wiredKeeper(h3Seal({ password: Array.from({ length: 9 }, (_, n) => `${PASSWORD} ${n}`) }))
    const { comes, busy } = await siteWith(() => [], { keeper })
    const slow = counted()
    expect(await comes(junk(1))).toBeUndefined()
    expect([slow.length, busy()]).toEqual([8, 1])
  })

  test('leave the second’s count to nobody’s clock but the one it is given', () => {
    const clock = clockFrom(Date.parse('2080-01-01T00:00:00Z'))
    const emit = () => {}
    const all = Array.from({ length: 60 }, () => allowance({ now: clock.now, emit })).map((may) => Array.from({ length: 9 }, may))
    const granted = all.flat().filter(Boolean).length
    expect(granted).toBe(100)
  })
})
