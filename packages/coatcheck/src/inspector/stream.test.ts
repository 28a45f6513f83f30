import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EventLog } from './recording/log.ts'
import { streamOf } from './stream.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function reading(log: EventLog, from?: string, type?: string) {
  const done = vi.fn()
  const stream = streamOf(log, { from, isWanted: (line) => type === undefined || line.type === type, done })
  const reader = stream.getReader()
  const decoder = new TextDecoder()
  return {
    done,
    /** The next piece, or undefined at the end. */
    async next(): Promise<string | undefined> {
      const { done, value } = await reader.read()
      return done ? undefined : decoder.decode(value)
    },
    cancel: () => reader.cancel(),
  }
}

const created = (log: EventLog, handle: string) => log.add({ type: 'created', at: 0, handle })
const handlesIn = (text: string | undefined): string[] =>
  [...(text ?? '').matchAll(/"handle":"(\w+)"/g)].map(([, handle]) => handle ?? '')

describe('a stream', () => {
  it('begins after what the page has, and goes on with what comes', async () => {
    const log = new EventLog(10)
    created(log, 'a')
    created(log, 'b')
    const { next } = reading(log, `${log.name}-1`)
    expect(await next()).toBe('retry: 2000\n\n')
    const first = await next()
    expect(handlesIn(first)).toEqual(['b'])
    expect(first).toMatch(new RegExp(`^id: ${log.name}-2\ndata: \\{[^\n]*\\}\n\n$`))
    const coming = next()
    created(log, 'c')
    expect(handlesIn(await coming)).toEqual(['c'])
  })

  it('gives somebody who comes back what they missed, as far as it is still there', async () => {
    const log = new EventLog(2)
    for (const handle of ['a', 'b', 'c', 'd', 'e']) created(log, handle)
    const { next } = reading(log, `${log.name}-1`)
    await next()
    const text = await next()
    expect(text).toMatch(/^event: missed\ndata: 2\n\n/)
    expect(handlesIn(text)).toEqual(['d', 'e'])
  })

  it.each(['another-9', 'nonsense', undefined])('of another process (%s) begins with all that is there', async (from) => {
    const log = new EventLog(5)
    for (const handle of ['a', 'b']) created(log, handle)
    const { next } = reading(log, from)
    await next()
    expect(handlesIn(await next())).toEqual(['a', 'b'])
  })

  it('holds what is wanted only, and nothing for a reader that does not read', async () => {
    const log = new EventLog(5)
    const { next } = reading(log, `${log.name}-0`, 'ended')
    await next()
    const coming = next()
    for (let nth = 0; nth < 100; nth++) created(log, `h${nth}`)
    log.add({ type: 'ended', at: 0, handle: 'z', reason: 'signed-out' })
    expect(handlesIn(await coming)).toEqual(['z'])
    expect(log.readers).toBeLessThanOrEqual(1)
  })

  it('writes what a visitor sent as JSON in one line', async () => {
    const log = new EventLog(5)
    log.add({ type: 'created', at: 0, handle: 'a', request: 'x\n\ndata: {"type":"forged"}\n\n' })
    const { next } = reading(log)
    await next()
    expect((await next())?.split('\n')).toHaveLength(4)
  })

  it('ends when the reader goes, and after five minutes, and wakes nobody afterwards', async () => {
    const log = new EventLog(5)
    const [gone, late] = [reading(log), reading(log)]
    for (const each of [gone, late]) await each.next()
    await gone.cancel()
    expect([gone.done.mock.calls.length, log.readers]).toEqual([1, 1])
    const end = late.next()
    vi.advanceTimersByTime(300_000)
    expect(await end).toBeUndefined()
    expect([late.done.mock.calls.length, log.readers, vi.getTimerCount()]).toEqual([1, 0, 0])
    created(log, 'a')
  })
})
