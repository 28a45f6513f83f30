import { describe, expect, test } from 'vitest'
import { decodeWrites, encodeWrites } from './contents.ts'
import { find, NO_WRITES, type Writes, withWrite } from './writes.ts'

const WINDOW = 5_000

/** What the release before did, which knows no `nth` and drops nothing but what is old. */
function ofOlderRelease(text: string, id: string, at: number): string {
  const { log = [0], nth } = JSON.parse(text) as { readonly log?: [number, ...(string | number)[]]; readonly nth?: unknown }
  const [count, ...rest] = log
  const length = rest.length / 2
  const kept = rest.filter((_, index) => {
    const entry = Math.floor(index / 2)
    return Number(rest[2 * entry + 1]) > at - WINDOW - (entry < length - 32 ? 0 : 60_000)
  })
  return JSON.stringify({ log: [count + 1, ...[...kept, id, at].slice(-2 * 512)], nth })
}

const read = (text: string): Writes => {
  const { log, nth } = JSON.parse(text) as { readonly log?: unknown; readonly nth?: unknown }
  return decodeWrites(log, nth)
}

describe('the writes of a session', () => {
  test('C1: whoever has the answer to its write drops it, and what it wrote is the last one again', () => {
    let writes = NO_WRITES
    for (let i = 1; i <= 100; i++) writes = withWrite(writes, { id: `w${i}`, at: i }, WINDOW, `w${i - 1}`)
    expect(writes).toEqual({ count: 100, forgotten: 0, recent: [{ id: 'w100', at: 100, number: 100 }] })
    expect(read(JSON.stringify(encodeWrites(writes)))).toEqual(writes)
    expect([find(writes, 'w100', 100), find(writes, 'x', 50), find(writes, 'x', 101)]).toEqual(['kept', 'not kept', 'not kept'])
  })

  test('C1: what nobody dropped stays until its time, and is unknown after that', () => {
    let writes = withWrite(NO_WRITES, { id: 'doubt', at: 0 }, WINDOW)
    for (let i = 1; i <= 60; i++) writes = withWrite(writes, { id: `w${i}`, at: i * 1000 }, WINDOW, `w${i - 1}`)
    expect([find(writes, 'doubt', 1), find(writes, 'x', 1)]).toEqual(['kept', 'not kept'])
    writes = withWrite(writes, { id: 'late', at: 65_000 }, WINDOW, 'w60')
    expect([find(writes, 'doubt', 1), find(writes, 'x', 1), find(writes, 'x', 2)]).toEqual(['unknown', 'unknown', 'not kept'])
    expect(encodeWrites(writes)).toEqual({ log: [62, 'late', 65_000], nth: [1, 62] })
  })

  test('C1: after a write of a release that drops nothing by itself, what is missing counts as forgotten', () => {
    let writes = NO_WRITES
    for (let i = 1; i <= 9; i++) writes = withWrite(writes, { id: `w${i}`, at: i }, WINDOW, `w${i - 1}`)
    const after = read(ofOlderRelease(JSON.stringify(encodeWrites(writes)), 'old', 10))
    expect(after).toEqual({
      count: 10,
      forgotten: 8,
      recent: [
        { id: 'w9', at: 9, number: 9 },
        { id: 'old', at: 10, number: 10 },
      ],
    })
  })

  test.each([[[0]], [[0, 1]], [[0, 1, 3]], [['0', 2]], [{}], [7]])('numbers %j that do not fit are none', (nth) => {
    expect(decodeWrites([2, 'a', 1], nth)).toEqual({ count: 2, forgotten: 1, recent: [{ id: 'a', at: 1, number: 2 }] })
  })

  test.each([[[]], [[1.5]], [[0, 'a', 1]], [[2, 'a']], [[2, 1, 'a']], [['2', 'a', 1]], [7]])(
    'what is no list, %j, is refused',
    (log) => {
      expect(() => decodeWrites(log, undefined)).toThrow(TypeError)
    },
  )

  test('C1: a kept write is never said not to be, whoever writes meanwhile: 100 random histories of four processes', () => {
    let seed = 7
    const dice = (sides: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
      return Math.floor((seed / 2_147_483_648) * sides)
    }
    const wrong: unknown[] = []
    const told = { kept: 0, 'not kept': 0, unknown: 0 }
    for (let history = 0; history < 100; history++) {
      const pace = [100, 1000, 20_000][dice(3)] as number
      const hasOlder = history % 2 === 1
      // An older release forgets what a clock that is behind wrote, once 32 others came after.
      const behind = hasOlder ? [0, 0, 0, 0] : [0, dice(50_000), 0, 0]
      const answered: (string | undefined)[] = []
      const doubts: { id: string; number: number; isKept: boolean }[] = []
      let text = '{}'
      for (let step = 0, time = 1e6; step < 120; step++) {
        time += dice(pace)
        const process = dice(4)
        const at = time - (behind[process] as number)
        const id = `${process}.${step}`
        const number = read(text).count + 1
        const outcome = dice(8)
        if (outcome > 0) {
          text =
            process === 3 && hasOlder
              ? ofOlderRelease(text, id, at)
              : JSON.stringify(encodeWrites(withWrite(read(text), { id, at }, WINDOW, answered[process])))
        }
        if (outcome > 1) answered[process] = id
        else doubts.push({ id, number, isKept: outcome === 1 })
        for (const doubt of doubts) {
          const found = find(read(text), doubt.id, doubt.number)
          told[found]++
          if (found === (doubt.isKept ? 'not kept' : 'kept')) wrong.push({ history, step, found })
        }
      }
    }
    expect(
      Object.values(told).every((times) => times > 1000),
      JSON.stringify(told),
    ).toBe(true)
  })
})
