import { mock } from 'node:test'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { withSession } from '../adapters/fetch.ts'
import { createSessions } from '../index.ts'
import { memoryStore } from '../stores/memory.ts'
import { fakeClock, type Visitor, visitor } from './index.ts'

afterEach(() => {
  vi.useRealTimers()
  mock.timers.reset()
})

const MINUTES = 60

/** A browser of a site whose sessions end after 15 idle minutes, and after an hour. */
function open(now?: () => number): { ada: Visitor; whoIs: () => Promise<string> } {
  const time = now && { now }
  const sessions = createSessions({ store: memoryStore(time), idleTimeout: 15 * MINUTES, absoluteTimeout: 60 * MINUTES, ...time })
  const serve = withSession(sessions, async (request) => {
    const session = await sessions.open(request)
    if (request.method === 'POST') session.signIn('ada')
    return new Response(session.owner ?? 'nobody')
  })
  const ada = visitor(serve, time)
  return { ada, whoIs: async () => (await ada.get('/')).text() }
}

/** Plays both ends of a session; `advance` moves its clock by so many seconds. */
async function ends({ ada, whoIs }: ReturnType<typeof open>, advance: (seconds: number) => unknown): Promise<void> {
  await ada.post('/')
  advance(15 * MINUTES - 1)
  expect(await whoIs(), 'just before the idle end').toBe('ada')
  advance(15 * MINUTES + 1)
  expect(await whoIs(), 'after it').toBe('nobody')
  await ada.post('/')
  for (let past = 0; past < 50; past += 10) {
    advance(10 * MINUTES)
    expect(await whoIs(), `in use, after ${past + 10} minutes`).toBe('ada')
  }
  advance(10 * MINUTES)
  expect(await whoIs(), 'after the absolute end').toBe('nobody')
}

describe('the idle and the absolute end of a session come when a test says so', () => {
  test('by a fake clock', async () => {
    const clock = fakeClock()
    await ends(open(clock.now), clock.advance)
  })

  test("by Vitest's fake timers, which the library goes by without `now`", async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    await ends(open(), (seconds) => vi.setSystemTime(Date.now() + seconds * 1000))
  })

  test('by those of node:test', async () => {
    mock.timers.enable({ apis: ['Date'], now: Date.now() })
    await ends(open(), (seconds) => mock.timers.setTime(Date.now() + seconds * 1000))
  })
})

describe('a fake clock', () => {
  test('stands still, and starts at the time it was made, or where it is told to', () => {
    const clock = fakeClock()
    expect(clock.now()).toBe(clock.now())
    expect(Math.abs(Date.now() - clock.now())).toBeLessThan(60_000)
    expect(fakeClock('2026-11-22T10:00:00Z').now()).toBe(Date.UTC(2026, 10, 22, 10))
    expect(fakeClock(new Date(5)).now()).toBe(5)
  })

  test('moves on, back and to a time, and says where it is then', () => {
    const { now, advance, set } = fakeClock(1000)
    expect([advance(1.5), now(), advance(-2), now(), set('1970-01-02'), now()]).toEqual([
      2500, 2500, 500, 500, 86_400_000, 86_400_000,
    ])
  })

  test.each([
    ['start', Number.NaN],
    ['start', 'tomorrow'],
    ['start', -1],
  ])('refuses what is no time: %s %s', (_, start) => {
    expect(() => fakeClock(start)).toThrow(/is no time of a clock/)
  })

  test('refuses to go where there is no time, and stays where it was', () => {
    const clock = fakeClock(1000)
    expect(() => clock.advance(-2)).toThrow(/is no time/)
    expect(() => clock.advance(Number.NaN)).toThrow(/is no time/)
    expect(() => clock.set('soon')).toThrow(/is no time/)
    expect(clock.now()).toBe(1000)
  })
})
