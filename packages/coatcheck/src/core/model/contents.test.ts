import { describe, expect, test } from 'vitest'
import { Entry } from './codec.ts'
import { type Contents, decode, EMPTY, encode, encodeEnded, type Frame, largest, MAX_TEXT } from './contents.ts'
import { find, NO_WRITES, withWrite } from './writes.ts'

const contents = (values: Record<string, unknown>, more: Partial<Contents> = {}): Contents => ({
  ...EMPTY,
  values: new Map(Object.entries(values).map(([key, value]) => [key, Entry.of(value, key)])),
  ...more,
})

function opened(text: string): Contents & { frame: Frame } {
  const decoded = decode(text)
  if (typeof decoded === 'string' || decoded.to || decoded.ended) throw new Error(`not a body: ${text}`)
  return { ...decoded.contents, frame: decoded.frame }
}

describe('the text of a session', () => {
  test('holds values in both forms, their ends, flash values with their ids, the owner and the last writes', () => {
    const full = contents(
      { cart: ['coat'], when: new Date(0) },
      {
        owner: 'ada@app.test',
        writes: {
          count: 9,
          forgotten: 4,
          recent: [
            { id: 'w1', at: 7, number: 5 },
            { id: 'w2', at: 8, number: 9 },
          ],
        },
        flash: new Map([['notice', { id: 'f1', entry: Entry.of({ text: 'hello' }, 'notice') }]]),
      },
    )
    const values = new Map([...full.values, ['code', Entry.of(1234, 'code', 5_000)]])
    const back = opened(encode({ ...full, values }, { key: 'abcd' }))
    expect(Array.from(back.values, ([key, entry]) => [key, entry.take(), entry.until])).toEqual([
      ['cart', ['coat'], undefined],
      ['when', new Date(0), undefined],
      ['code', 1234, 5_000],
    ])
    expect(back.flash.get('notice')?.id).toBe('f1')
    expect(back.flash.get('notice')?.entry.take()).toEqual({ text: 'hello' })
    expect(back).toMatchObject({
      owner: 'ada@app.test',
      writes: {
        count: 9,
        forgotten: 4,
        recent: [
          { id: 'w1', at: 7, number: 5 },
          { id: 'w2', at: 8, number: 9 },
        ],
      },
      frame: { key: 'abcd' },
    })
  })

  test('of an empty one is an empty one', () => {
    expect(opened(encode(EMPTY, {}))).toEqual({ ...EMPTY, frame: {} })
  })

  test('an entry that was not touched keeps its text, byte for byte', () => {
    const text = encode(contents({ a: { b: [1, 'ü', null] }, c: new Map([[1, 2]]) }), { key: 'k' })
    const again = opened(text)
    expect(encode(again, { key: 'k' })).toBe(text)
  })

  test.each(['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'a.b', '$where', '"', '\\', 'ü\u2028', ' '])(
    'takes %j as a key like any other',
    (key) => {
      const values = new Map([[key, Entry.of({ admin: true }, key)]])
      const flash = new Map([[key, { id: 'i', entry: Entry.of(1, key) }]])
      const back = opened(encode({ ...EMPTY, values, flash }, {}))
      expect([...back.values.keys()]).toEqual([key])
      expect([...back.flash.keys()]).toEqual([key])
      expect(({} as { admin?: unknown }).admin).toBeUndefined()
    },
  )

  test('C1: remembers the writes of a while, and tells when it cannot be told any more whether one is among them', () => {
    let writes = NO_WRITES
    for (let i = 1; i <= 50; i++) writes = withWrite(writes, { id: `w${i}`, at: i * 10_000 }, 5_000)
    const kept = [44, 45, 46, 47, 48, 49, 50].map((i) => ({ id: `w${i}`, at: i * 10_000, number: i }))
    expect(writes, 'a minute longer, as clocks differ').toMatchObject({ count: 50, recent: kept })
    expect([find(writes, 'w48', 48), find(writes, 'x', 48), find(writes, 'x', 44), find(writes, 'x', 43)]).toEqual([
      'kept',
      'not kept',
      'not kept',
      'unknown',
    ])
    for (let i = 0; i < 1000; i++) writes = withWrite(writes, { id: `v${i}`, at: 600_000 }, 5_000)
    expect([writes.count, writes.recent.length], 'never more than 512').toEqual([1050, 512])
  })

  test('of a session that moved shows what it was, and names where to', () => {
    const to = { kind: 'signIn', key: 'f'.repeat(64), sealed: 'x', at: 5, by: 'p', later: { a: 1 } } as const
    const decoded = decode(encode(contents({ a: 1 }), { key: 'abcd', made: 4 }, to))
    expect(decoded).toMatchObject({ frame: { key: 'abcd', made: 4 }, to })
    expect(typeof decoded === 'object' && decoded.contents.values.get('a')?.take()).toBe(1)
  })

  test('of one that was ended says so', () => {
    expect(decode(encodeEnded({ key: 'abcd' }))).toMatchObject({ frame: { key: 'abcd' }, ended: true })
  })

  test('B0: keeps what a newer release wrote: fields of its own, beside a value, and values of another kind', () => {
    const text =
      '{"format":1,"as":{"by":"eve"},"key":"k","data":{"a":{"v":1,"mark":[2]},"b":{"z":{"new":true}}},"flash":{"f":{"v":1,"i":"x","tone":"red"},"g":{"z":1,"i":"y"}}}'
    const again = opened(encode(opened(text), { key: 'other' }))
    const changed = JSON.parse(encode({ ...again, values: new Map([...again.values, ['c', Entry.of(1, 'c')]]) }, { key: 'k' }))
    expect(changed).toEqual({ ...JSON.parse(text), data: { ...JSON.parse(text).data, c: { v: 1 } } })
    expect(() => again.values.get('b')?.take()).toThrow()
  })
})

describe('promise 6: what is no text of a session is never taken for one', () => {
  const good = '{"format":1,"key":"k","log":[0],"data":{}}'
  test('(a good one, to begin with)', () => {
    expect(decode(good)).toMatchObject({ contents: { owner: undefined } })
  })

  test.each<[string, string]>([
    ['nothing', ''],
    ['no JSON', 'not json'],
    ['JSON cut short', good.slice(0, -1)],
    ['JSON with a tail', `${good}x`],
    ['null', 'null'],
    ['a number', '1'],
    ['a list', '[]'],
    ['an object without a format', '{"log":[0],"data":{}}'],
    ['a format below ours', '{"format":0,"log":[0],"data":{}}'],
    ['a format that is no number', '{"format":"2","log":[0],"data":{}}'],
    ['no data', '{"format":1,"log":[0]}'],
    ['data as a list', '{"format":1,"log":[0],"data":[]}'],
    ['data as null', '{"format":1,"log":[0],"data":null}'],
    ['flash as a list', '{"format":1,"log":[0],"data":{},"flash":[]}'],
    ['writes that are no list', '{"format":1,"log":{},"data":{}}'],
    ['an owner that is no text', '{"format":1,"log":[0],"data":{},"owner":7}'],
    ['an entry that is a plain value', '{"format":1,"log":[0],"data":{"a":1}}'],
    ['an entry that is null', '{"format":1,"log":[0],"data":{"a":null}}'],
    ['an entry of both forms', '{"format":1,"log":[0],"data":{"a":{"v":1,"r":[1]}}}'],
    ['an entry with a strange end', '{"format":1,"log":[0],"data":{"a":{"v":1,"x":"soon"}}}'],
    ['an entry whose end is a fraction', '{"format":1,"log":[0],"data":{"a":{"v":1,"x":1.5}}}'],
    ['a flash value that is null', '{"format":1,"log":[0],"data":{},"flash":{"a":null}}'],
    ['a pointer to nowhere', '{"format":1,"to":null}'],
    ['a pointer that is a text', '{"format":1,"to":"key"}'],
    ['a pointer without a key', '{"format":1,"to":{"kind":"renew"}}'],
    ['one that leads nowhere', '{"format":1,"data":{},"to":{"kind":"signIn"}}'],
    ['a log whose number is too small', '{"format":1,"log":[0,"a",1],"data":{}}'],
    ['a log with a strange time', '{"format":1,"log":[1,"a","b"],"data":{}}'],
    ['more than any session holds', `{"format":1,"log":[0],"data":{"a":{"v":"${'x'.repeat(MAX_TEXT)}"}}}`],
  ])('%s is corrupt', (_, text) => {
    expect(decode(text)).toBe('corrupt')
  })

  test('a newer format is told apart: it is not damaged', () => {
    expect(decode('{"format":2,"anything":true}')).toBe('unknown-version')
  })

  test('nesting that no writer of ours made is corrupt, or can be written back: it never breaks a commit', () => {
    const text = `{"format":1,"log":[0],"data":{"a":{"v":${'['.repeat(100_000)}${']'.repeat(100_000)}}}}`
    const decoded = decode(text)
    if (decoded === 'corrupt') return
    expect(() => encode(opened(text), {})).not.toThrow()
  })

  test('a value that cannot be decoded is written back as it was: a write next to it leaves the session readable', () => {
    const text = '{"format":1,"data":{"odd":{"r":null}},"flash":{"odd":{"r":null,"i":"f"}}}'
    const odd = opened(text)
    expect(() => odd.values.get('odd')?.take()).toThrow()
    expect(opened(encode(odd, {})).values.has('odd')).toBe(true)
  })

  test('what is wide is not deep, and brackets in texts are no nesting', () => {
    const values = {
      siblings: Array.from({ length: 5000 }, () => [{}]),
      objects: Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`k${i}`, { a: [] }])),
      brackets: '[{'.repeat(5000),
      quotes: ['"[', '\\', '\\"', '\\\\"['.repeat(2000), '"'],
      maps: new Map(Array.from({ length: 3000 }, (_, i) => [i, new Set([i])])),
    }
    const back = opened(encode(contents(values), {}))
    expect(Object.fromEntries(Array.from(back.values, ([key, entry]) => [key, entry.take()]))).toEqual(values)
  })

  test('the key __proto__ in a foreign text changes no prototype', () => {
    decode('{"format":1,"log":[0],"data":{},"__proto__":{"admin":true}}')
    expect(({} as { admin?: unknown }).admin).toBeUndefined()
  })
})

describe('promise 14: the largest values', () => {
  test('are named with their sizes, largest first, three at most, and never shown', () => {
    const text = largest(contents({ small: 1, big: 'x'.repeat(500), mid: 'y'.repeat(50), more: 'z'.repeat(20) }))
    expect(text).toBe('"big" (502 characters), "mid" (52 characters), "more" (22 characters)')
  })

  test('are found among the flash values as well', () => {
    const flash = new Map([['report', { id: 'i', entry: Entry.of('x'.repeat(500), 'report') }]])
    expect(largest(contents({ small: 1 }, { flash }))).toContain('"report"')
  })
})
