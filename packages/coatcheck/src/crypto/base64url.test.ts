import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { decode, encode } from './base64url.ts'

afterEach(() => vi.unstubAllGlobals())

/** Runs with or without `Buffer`, as on a platform of the other kind. */
const platforms: readonly (readonly [string, <T>(work: () => T) => T])[] = [
  ['with Buffer', (work) => work()],
  [
    'without Buffer',
    (work) => {
      vi.stubGlobal('Buffer', undefined)
      try {
        return work()
      } finally {
        vi.unstubAllGlobals()
      }
    },
  ],
]

describe.each(platforms)('base64url %s', (_, on) => {
  it('writes the vectors of RFC 4648 section 10 without their padding, and reads them', () => {
    const vectors = { '': '', f: 'Zg', fo: 'Zm8', foo: 'Zm9v', foob: 'Zm9vYg', fooba: 'Zm9vYmE', foobar: 'Zm9vYmFy' }
    for (const [text, encoded] of Object.entries(vectors)) {
      const bytes = new TextEncoder().encode(text)
      expect(on(() => encode(bytes))).toBe(encoded)
      expect([...(on(() => decode(encoded)) ?? [])]).toEqual([...bytes])
    }
  })

  it('uses - and _, the letters that may stand in a cookie and an address', () => {
    expect(on(() => encode(Uint8Array.of(0xfb, 0xff, 0xbe)))).toBe('-_--')
    expect(on(() => decode('-_--'))).toEqual(expect.objectContaining({ 0: 0xfb, 1: 0xff, 2: 0xbe }))
  })

  it('encodes a view of a larger buffer, and not its neighbours', () => {
    const whole = Uint8Array.of(1, 2, 3, 4, 5, 6)
    expect(on(() => encode(whole.subarray(2, 4)))).toBe('AwQ')
  })

  it('gives any bytes back, also more than a call may have arguments', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect([...(on(() => decode(encode(bytes))) ?? [])]).toEqual([...bytes])
      }),
    )
    const long = new Uint8Array(300_000).fill(0xa5)
    expect(on(() => decode(encode(long)))?.length).toBe(long.length)
  })

  it.each([
    ['padding', 'Zg=='],
    ['half of the padding', 'Zg='],
    ['padding that is not due', 'Zm9v='],
    ['the standard alphabet, +', '+_--'],
    ['the standard alphabet, /', '-/--'],
    ['a space inside', 'Zm 9v'],
    ['a line feed at the end', 'Zm9v\n'],
    ['a tab at the start', '\tZm9v'],
    ['a form feed', 'Zm\f9v'],
    ['an unused bit that is set, after one byte', 'Zh'],
    ['an unused bit that is set, after two bytes', 'Zm9'],
    ['a letter too many', 'Zm9vZ'],
    ['one letter', 'Z'],
    ['a percent escape', 'Zm9v%3D'],
    ['NUL', 'Zm9v\0'],
    ['a quote', '"Zm9v"'],
    ['a letter beyond Latin-1', 'Zm9\u2160'],
    ['a letter that is v in its low byte', 'Zm9\u0176'],
    ['a lone surrogate', 'Zm9\ud800'],
  ])('refuses %s', (_, text) => {
    expect(on(() => decode(text))).toBeUndefined()
  })

  it('reads nothing but what it writes', () => {
    const letters = fc.string({ unit: fc.constantFrom(...'AQgwZ9-_+/= \n'), maxLength: 12 })
    fc.assert(
      fc.property(letters, (text) => {
        const bytes = on(() => decode(text))
        const canonical = /^[A-Za-z0-9_-]*$/.test(text) && Buffer.from(text, 'base64url').toString('base64url') === text
        expect(bytes !== undefined).toBe(canonical)
        if (bytes) expect(on(() => encode(bytes))).toBe(text)
      }),
    )
  })
})
