import { describe, expect, it } from 'vitest'
import type { SessionEvent } from '../core/inspecting.ts'
import { SessionError } from '../errors.ts'
import { recorder, recordingOf } from './recorder.ts'
import { lineOf } from './recording/line.ts'
import { quantile, Series } from './recording/series.ts'

const START = Date.parse('2096-11-21T08:00:00Z')
const MINUTE = 60_000

function recording(events?: number) {
  let [now, elapsed] = [START, 0]
  const passed: unknown[] = []
  const telemetry = {
    span: <T>(part: string, _: unknown, run: () => T): T => {
      passed.push(part)
      return run()
    },
    event: (event: SessionEvent) => void passed.push(event.type),
  }
  const made = recorder({ now: () => now, elapsed: () => elapsed, telemetry, ...(events !== undefined && { events }) })
  const found = recordingOf(made)
  if (!found) throw new Error('This is no recorder.')
  return {
    made,
    passed,
    ...found,
    tell: (event: Partial<SessionEvent>) => made.event({ at: now, ...event } as SessionEvent),
    advance(ms: number) {
      now += ms
    },
    now: () => now,
    takes(ms: number) {
      elapsed += ms
    },
  }
}

describe('the timeline', () => {
  it('keeps the last events, and says how many a slow reader missed', () => {
    const { log, tell } = recording(3)
    for (const retry of [1, 2, 3, 4, 5]) tell({ type: 'conflict', handle: 'h', retry })
    expect(log.latest(9).map(({ facts }) => facts)).toEqual(['try 5', 'try 4', 'try 3'])
    expect(log.after(4, 9)).toMatchObject({ lines: [{ number: 5 }], missed: 0 })
    expect(log.after(1, 2)).toMatchObject({ lines: [{ number: 3 }, { number: 4 }], missed: 1 })
    expect(log.after(5, 9)).toEqual({ lines: [], missed: 0 })
    expect(log.latest(1, ({ number }) => number < 5)).toMatchObject([{ number: 4 }])
  })

  it('keeps texts and numbers of events that it knows, and no error, note or value', () => {
    const error = new SessionError('STORE_FAILED', 'The store failed.', { cause: new Error('hush-hush') })
    const told = [
      { type: 'late-failed', error },
      { type: 'replayed', handle: 'h', movedAt: START, usedAt: START + 5000, note: 'hush-hush' },
      { type: 'overwritten', key: 'hush@hush.example', handle: 'h' },
      { type: 'refused', reason: 'corrupt', handle: 'h', error },
      { type: 'brand-new', handle: 'h', secret: 'hush-hush' },
      { type: 'cache-conflict', was: `public, ${'x'.repeat(500)}`, request: 'r'.repeat(200) },
    ]
    const lines = told.map((event) => lineOf({ at: START, ...event } as SessionEvent, 1))
    expect(JSON.stringify(lines)).not.toContain('hush')
    expect(lines.map(({ facts }) => facts.slice(0, 30))).toEqual([
      ...[
        'STORE_FAILED',
        '5 s after the new id',
        '‹name of 17 characters›',
        'corrupt, STORE_FAILED',
        '',
        'public, xxxxxxxxxxxxxxxxxxxxxx',
      ],
    ])
    expect(lines.at(-1)?.request).toHaveLength(121)
  })
})

describe('the sessions that were met', () => {
  it('are those seen last, without those that ended', () => {
    const { seen, tell } = recording()
    for (let nth = 0; nth < 600; nth++) tell({ type: 'loaded', handle: `h${nth}`, kind: 'stored' })
    tell({ type: 'loaded', handle: 'h150', kind: 'stored' })
    tell({ type: 'ended', handle: 'h599', reason: 'signed-out' })
    tell({ type: 'refused', handle: 'h1', reason: 'unknown' })
    const handles = seen.latest().map(({ handle }) => handle)
    expect(handles.slice(0, 2)).toEqual(['h150', 'h598'])
    expect(handles).toHaveLength(499)
  })
})

describe('the counts', () => {
  it('are by the minute for an hour, and by the quarter for a day, and are forgotten then', () => {
    const { hour, day, tell, advance, now } = recording()
    tell({ type: 'created', handle: 'a' })
    tell({ type: 'loaded', handle: 'a', kind: 'stored' })
    tell({ type: 'loaded', handle: 'b', kind: 'stored' })
    advance(MINUTE)
    tell({ type: 'loaded', handle: 'a', kind: 'stored' })
    tell({ type: 'ended', handle: 'a', reason: 'signed-out' })
    tell({ type: 'refused', reason: 'forged' })
    tell({ type: 'refused', reason: 'forged' })
    tell({ type: 'conflict', handle: 'b', retry: 1 })
    const [before, last] = hour.until(now()).slice(-2)
    expect(before).toMatchObject({ at: START, active: 2, created: 1 })
    expect(last).toMatchObject({
      active: 1,
      created: 0,
      conflicts: 1,
      ended: new Map([['signed-out', 1]]),
      refused: new Map([['forged', 2]]),
    })
    expect(day.until(now()).at(-1)).toMatchObject({ at: START, active: 2, created: 1 })
    expect(hour.until(now())).toHaveLength(60)
    // An hour in which nothing happens, and one event.
    advance(61 * MINUTE)
    expect(hour.until(now()).reduce((sum, { created }) => sum + created, 0)).toBe(0)
    expect(day.until(now()).reduce((sum, { created }) => sum + created, 0)).toBe(1)
    // A clock that goes back loses nothing.
    tell({ type: 'created', handle: 'c' })
    advance(-10 * MINUTE)
    tell({ type: 'created', handle: 'd' })
    expect(hour.until(now()).reduce((sum, { created }) => sum + created, 0)).toBe(2)
  })

  it('have how long calls of the store took, and whether they failed, at once or later', async () => {
    const { made, hour, now, takes } = recording()
    const call = <T>(run: () => T): T => made.span('store', { call: 'read' }, run)
    expect(call(() => takes(0.3) ?? 'answer')).toBe('answer')
    expect(await call(async () => takes(3) ?? 'later')).toBe('later')
    expect(() =>
      call(() => {
        throw new Error('at once')
      }),
    ).toThrow('at once')
    await expect(call(() => Promise.reject(new Error('late')))).rejects.toThrow('late')
    made.span('open', {}, () => takes(1000))
    const last = hour.until(now()).at(-1)
    expect(last).toMatchObject({ calls: 4, failed: 2 })
    expect([0.5, 0.75, 1].map((part) => last && quantile(last, part))).toEqual([0.1, 0.5, 5])
    expect(quantile(new Series(MINUTE, 1).until(START)[0] ?? expect.fail(), 0.5)).toBeUndefined()
  })

  it('take bounded memory, whatever comes', () => {
    const series = new Series(MINUTE, 60)
    for (let nth = 0; nth < 50_000; nth++)
      series.event({ type: 'loaded', at: START + nth * 100, handle: `h${nth}`, kind: 'stored' })
    // Which of the last 10,000 is seen again is known, and does not count twice.
    series.event({ type: 'loaded', at: START + 49_999 * 100, handle: 'h49999', kind: 'stored' })
    expect(series.until(START + 50_000 * 100).reduce((sum, { active }) => sum + active, 0)).toBe(59 * 600 + 200)
  })
})

describe('a recorder', () => {
  it('passes everything on', () => {
    const { made, passed, tell } = recording()
    made.span('store', {}, () => 1)
    tell({ type: 'created', handle: 'a' })
    expect(passed).toEqual(['store', 'created'])
  })

  it('is found again, also in a copy of this module, and nothing else is', () => {
    expect(recordingOf(undefined)).toBeUndefined()
    expect(recordingOf({ span: (_, __, run) => run(), event: () => {} })).toBeUndefined()
    const made = recorder()
    expect(recordingOf(made)).toBe(recordingOf(made))
  })

  it.each([0, 1.5, 1e9])('is not made with %s events', (events) => expect(() => recorder({ events })).toThrow(/`events`/))
})
