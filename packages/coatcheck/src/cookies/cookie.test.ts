import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createJar } from '../testing/jar.ts'
import {
  type CookieAttributes,
  Cookies,
  CookieTooLong,
  clearCookie,
  cookieNameOf,
  type PresentedCookie,
  readCookie,
  writeCookie,
} from './cookie.ts'

const NAME = '__Host-Http-sid'
const VALID = 'AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA'
const OTHER = 'IB8eHRwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgE'
const safe: CookieAttributes = { path: '/', secure: true, httpOnly: true, sameSite: 'lax' }
const nothing = { values: [], present: false, duplicated: false, refused: undefined, pieces: [] }
const one = (value: string): object => ({ ...nothing, values: [value], present: true })

describe('reading', () => {
  test('finds the cookie wherever it stands, with spaces and tabs around it', () => {
    for (const header of [
      `${NAME}=${VALID}`,
      `a=1; ${NAME}=${VALID}; b=2`,
      `a=1;${NAME}=${VALID};`,
      `;; \t${NAME} \t= \t${VALID} \t;`,
    ])
      expect(readCookie(header, NAME)).toEqual(one(VALID))
  })

  test.each([null, undefined, '', ';', '=', 'other=1', NAME, `${NAME};`, `${NAME} ;=${VALID}`])(
    'finds nothing in %j',
    (header) => {
      expect(readCookie(header, NAME)).toEqual(nothing)
    },
  )

  test('TK-011: sees that the cookie came without a value, and takes that for no value', () => {
    for (const header of [`${NAME}=`, `${NAME}= ;`, `${NAME}=;${NAME}=`])
      expect(readCookie(header, NAME)).toEqual({ ...nothing, present: true })
  })

  test.each<[string, string, readonly string[], boolean]>([
    ['CK-002 a foreign value before ours: both, in order', `sid=garbage; sid=${VALID}`, ['garbage', VALID], true],
    ['two of ours: both', `sid=${VALID}; sid=${OTHER}`, [VALID, OTHER], true],
    ['CK-004 the same value twice: one', `sid=${VALID}; sid=${VALID}`, [VALID], false],
    ['CK-005 the same value 500 times: one', `sid=${'A'.repeat(40)}; `.repeat(500), ['A'.repeat(40)], false],
    ['an empty value before ours: ours', `sid=; sid=${VALID}`, [VALID], false],
    [
      '500 different values: the first four',
      Array.from({ length: 500 }, (_, n) => `sid=v${n}`).join('; '),
      ['v0', 'v1', 'v2', 'v3'],
      true,
    ],
  ])('%s', (_, header, values, duplicated) => {
    expect(readCookie(header, 'sid')).toEqual({ ...nothing, values, present: true, duplicated })
  })

  test('S13: junk takes no place of what looks like a ticket, at any cost that is bounded', () => {
    const junk = Array.from({ length: 20 }, (_, n) => `sid=v${n}`).join('; ')
    const long = Array.from({ length: 20 }, (_, n) => `sid=${'%20'.repeat(20)}${n}`).join('; ')
    for (const header of [`${junk}; sid=${VALID}`, `${long}; sid=${VALID}`, `${junk}; ${long}; sid=${VALID}; ${junk}`])
      expect(readCookie(header, 'sid').values).toContain(VALID)
    const theirs = 'eyJ1c2VySWQiOiIxIn0%3D.signaturesignaturesignature'
    expect(readCookie(`${junk}; sid=${theirs}`, 'sid').values).toContain(theirs)
    // As much as a server of node:http takes, and twice that.
    const flood = Array.from(
      { length: 4000 },
      (_, n) => `sid=${n.toString(36).padStart(40, 'x')}; sid=${n}; sid=%${n}${'y'.repeat(40)}`,
    )
    expect(readCookie(flood.join('; ').slice(0, 32_768), 'sid').values).toHaveLength(12)
  })

  test.each<[string, string]>([
    ['CK-008 a non-breaking space before the name', `\u00a0${NAME}=${VALID}`],
    ['the same as UTF-8 bytes', `\u00c2\u00a0${NAME}=${VALID}`],
    ['CK-010 a next-line character before the name', `\u0085${NAME}=${VALID}`],
    ['CK-011 a byte order mark before the name', `\ufeff${NAME}=${VALID}`],
    ['a vertical tab before the name', `\v${NAME}=${VALID}`],
    ['a non-breaking space after the name', `${NAME}\u00a0=${VALID}`],
    ['CK-013 the name in capitals', `${NAME.toUpperCase()}=${VALID}`],
    ['CK-014 the name as a value', `=${NAME}=${VALID}`],
    ['CK-015 names that some servers map', `..Host-Http-sid=${VALID}; __Host-Http.sid=${VALID}; [_Host-Http-sid=${VALID}`],
    ['a name that ours begins', `${NAME}x=${VALID}; ${NAME}.x=${VALID}; ${NAME}.=${VALID}`],
    ['a name that ends in ours', `x${NAME}=${VALID}`],
    ['a percent sign in the name', `__Host-Http%2Dsid=${VALID}`],
    ['CK-039 a cookie made by joining headers with a comma', `a=1, ${NAME}=${VALID}`],
    ['a cookie in quotes with a comma', `a="1, ${NAME}=${VALID}"`],
  ])('does not take for ours: %s', (_, header) => {
    expect(readCookie(header, NAME)).toEqual(nothing)
  })

  test.each<[string, string, string]>([
    ['CK-016 attributes of RFC 2965 are other cookies', `$Version=1; ${NAME}=${VALID}; $Path=/; $Domain=evil`, VALID],
    ['CK-017 quotes belong to the value', `${NAME}="${VALID}"`, `"${VALID}"`],
    ['CK-018 quotes protect no semicolon', `x="a; ${NAME}=${VALID}; b"`, VALID],
    ['CK-032 a broken percent sequence is left as it is', `${NAME}=%E0%A4%A`, '%E0%A4%A'],
    ['CK-033 a percent sequence is left as it is', `${NAME}=%41%42%43`, '%41%42%43'],
    ['CK-035 a NUL cuts nothing off', `${NAME}=\u0000${VALID}`, `\u0000${VALID}`],
    ["CK-027 another library's pieces are a plain value", `${NAME}=__chunked__999999999`, '__chunked__999999999'],
    ['CK-039 a comma after the value belongs to it', `${NAME}=${VALID}, a=1`, `${VALID}, a=1`],
    ['an equals sign belongs to the value', `${NAME}==${VALID}=`, `=${VALID}=`],
    ['a non-breaking space belongs to the value', `${NAME}=\u00a0${VALID}\u00a0`, `\u00a0${VALID}\u00a0`],
    ['a name of Object.prototype is a name', `__proto__=1; ${NAME}=${VALID}; constructor=2`, VALID],
  ])('%s', (_, header, value) => {
    expect(readCookie(header, NAME)).toEqual(one(value))
  })

  test('a cookie named like a member of Object.prototype is found only when it came', () => {
    for (const name of ['toString', '__proto__', 'constructor', 'hasOwnProperty']) {
      expect(readCookie('other=1', name)).toEqual(nothing)
      expect(readCookie(`other=1; ${name}=${VALID}`, name)).toEqual(one(VALID))
    }
  })

  test('CK-025, CK-026: leaves out what is longer than any browser sends, and says so', () => {
    const longest = 'A'.repeat(4096 - NAME.length)
    expect(readCookie(`${NAME}=${longest}`, NAME)).toEqual(one(longest))
    for (const length of [longest.length + 1, 4097, 1_000_000])
      expect(readCookie(`${NAME}=${'A'.repeat(length)}`, NAME)).toEqual({ ...nothing, present: true, refused: 'oversized' })
    const both = readCookie(`${NAME}=${longest}A; ${NAME}=${VALID}`, NAME)
    expect(both).toEqual({ ...one(VALID), duplicated: true, refused: 'oversized' })
  })
})

describe('reading does no more work than the header is long', () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })

  /** Characters that the string methods look at or copy while `header` is read, as they are called. */
  function steps(header: string): number {
    let count = 0
    const { split, startsWith, slice, indexOf, charCodeAt } = String.prototype
    vi.spyOn(String.prototype, 'split').mockImplementation(function (this: string, ...how) {
      count += this.length
      return split.apply(this, how)
    })
    vi.spyOn(String.prototype, 'startsWith').mockImplementation(function (this: string, text, from) {
      count += text.length
      return startsWith.call(this, text, from)
    })
    vi.spyOn(String.prototype, 'slice').mockImplementation(function (this: string, from, to) {
      const part = slice.call(this, from, to)
      count += part.length
      return part
    })
    vi.spyOn(String.prototype, 'indexOf').mockImplementation(function (this: string, text, from = 0) {
      const found = indexOf.call(this, text, from)
      count += (found < 0 ? this.length : found) - Math.min(from, this.length) + text.length
      return found
    })
    vi.spyOn(String.prototype, 'charCodeAt').mockImplementation(function (this: string, at) {
      count++
      return charCodeAt.call(this, at)
    })
    readCookie(header, NAME)
    vi.restoreAllMocks()
    return count
  }

  test.each<[string, (size: number) => string]>([
    ['CK-005 one name again and again', (size) => `${NAME}=${'A'.repeat(20)}; `.repeat(size / 40)],
    ['CK-020 an open quote and backslashes', (size) => `x="${'\\'.repeat(size)}`],
    ['CK-021 semicolons', (size) => ';'.repeat(size)],
    ['CK-022 spaces in a name', (size) => `a${' '.repeat(size)}=1`],
    ['CK-023 many cookies', (size) => Array.from({ length: size / 8 }, (_, n) => `k${n}=v`).join('; ')],
    ['CK-025 one long value', (size) => `${NAME}=${'A'.repeat(size)}`],
    ['spaces after our name', (size) => `${NAME}${' '.repeat(size)}`],
    ['spaces after our value', (size) => `${NAME}=1${' '.repeat(size)}2`],
    ['our name without a value', (size) => `${NAME};`.repeat(size / 16)],
    ['spaces between semicolons', (size) => `${' '.repeat(100)};`.repeat(size / 100)],
    ['pieces', (size) => `${NAME}.1=A; `.repeat(size / 20)],
    ['equals signs', (size) => '='.repeat(size)],
  ])('%s', (_, header) => {
    const [small, large] = [header(20_000), header(40_000)]
    expect(steps(small)).toBeLessThan(20 * small.length)
    expect(steps(large) / steps(small)).toBeLessThan(2.2)
  })
})

describe('writing', () => {
  test('gives one line with the attributes', () => {
    expect(writeCookie(NAME, VALID, { ...safe, maxAge: 60 })).toEqual([
      `${NAME}=${VALID}; Max-Age=60; Path=/; HttpOnly; Secure; SameSite=Lax`,
    ])
  })

  test('writes what other libraries put into values as it is', () => {
    const value = "s%3A!#$&'()*+-./:<=>?@[]^_`{|}~.%22"
    expect(writeCookie('sid', value, {})).toEqual([`sid=${value}`])
    expect(readCookie(`sid=${value}`, 'sid').values).toEqual([value])
  })

  test.each([' ', 'a b', 'a;b', 'a,b', 'a"b', 'a\\b', 'a\r\nX: y', 'a\u0000', 'a\u007f', 'é', '~a'])(
    'refuses the value %j',
    (value) => {
      expect(() => writeCookie('sid', value, {})).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
    },
  )

  test('OP-019: 4096 bytes of name and value are written, 4097 are refused with their number', () => {
    const longest = 'A'.repeat(4096 - NAME.length)
    const [line = ''] = writeCookie(NAME, longest, safe)
    expect(createJar().set(line, 'https://app.test')).toBeUndefined()
    const write = (): unknown => writeCookie(NAME, `${longest}A`, safe)
    expect(write).toThrow(CookieTooLong)
    expect(write).toThrow(expect.objectContaining({ bytes: 4097 }))
  })

  test('clears with the same attributes and an end in the past', () => {
    const attributes: CookieAttributes = {
      path: '/app',
      domain: 'app.test',
      sameSite: 'none',
      secure: true,
      partitioned: true,
      httpOnly: true,
    }
    expect(clearCookie('sid', { ...attributes, maxAge: 60, expires: new Date(Date.UTC(2100, 0)) }, ['sid.1'])).toEqual(
      ['sid', 'sid.1'].map(
        (name) =>
          `${name}=; Max-Age=0; Domain=app.test; Path=/app; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; Partitioned; SameSite=None`,
      ),
    )
  })
})

describe('a value in pieces', () => {
  const room = 4096 - NAME.length - 3
  const long = (length: number): string => Array.from({ length }, (_, n) => VALID[n % 43]).join('')
  const header = (lines: readonly string[]): string => lines.map((line) => line.split(';')[0]).join('; ')

  test('is read as it was written, up to eight pieces', () => {
    for (let count = 2; count <= 8; count++) {
      const value = long(room * count)
      const lines = writeCookie(NAME, value, safe, { chunks: true })
      const pieces = Array.from({ length: count - 1 }, (_, n) => `${NAME}.${n + 1}`)
      expect(lines.map(cookieNameOf)).toEqual([NAME, ...pieces])
      expect(readCookie(header(lines), NAME)).toEqual({ ...one(value), pieces })
      expect(readCookie(header(lines.toReversed()), NAME).values, 'in any order').toEqual([value])
    }
  })

  test('is not split while it fits, and refused when it needs a ninth piece', () => {
    expect(writeCookie(NAME, long(room + 3), safe, { chunks: true })).toEqual(writeCookie(NAME, long(room + 3), safe))
    expect(writeCookie(NAME, long(room + 4), safe, { chunks: true })).toHaveLength(2)
    expect(() => writeCookie(NAME, long(8 * room + 1), safe, { chunks: true })).toThrow(CookieTooLong)
    expect(() => writeCookie('n'.repeat(4095), VALID, {}, { chunks: true })).toThrow(CookieTooLong)
  })

  test('leaves no piece behind when it gets shorter, and none when it goes', () => {
    const jar = createJar()
    const take = (lines: readonly string[]): void =>
      expect(lines.map((line) => jar.set(line, 'https://app.test'))).toEqual(lines.map(() => undefined))
    const presented = (): ReturnType<typeof readCookie> => readCookie(jar.header('https://app.test'), NAME)
    take(writeCookie(NAME, long(room * 4), safe, { chunks: true }))
    expect(jar.all()).toHaveLength(4)
    take(writeCookie(NAME, long(room * 2), safe, { chunks: true, pieces: presented().pieces }))
    expect(presented()).toEqual({ ...one(long(room * 2)), pieces: [`${NAME}.1`] })
    take(writeCookie(NAME, VALID, safe, { pieces: presented().pieces }))
    expect(presented()).toEqual(one(VALID))
    take(writeCookie(NAME, long(room * 3), safe, { chunks: true }))
    take(clearCookie(NAME, safe, presented().pieces))
    expect(jar.all()).toEqual([])
  })

  test('is still whole when an answer that knew fewer pieces arrives last', () => {
    const jar = createJar()
    const lines = [
      ...writeCookie(NAME, long(room * 3), safe, { chunks: true }),
      ...writeCookie(NAME, long(room * 2), safe, { chunks: true }),
    ]
    for (const line of lines) jar.set(line, 'https://app.test')
    expect(readCookie(jar.header('https://app.test'), NAME).values).toEqual([long(room * 2)])
  })

  test('is found among other values of its name', () => {
    const lines = writeCookie(NAME, long(5000), safe, { chunks: true })
    expect(readCookie(`${NAME}=stale; ${header(lines)}`, NAME)).toMatchObject({ values: ['stale', long(5000)], duplicated: true })
  })

  test.each<[string, string]>([
    ['one piece', `${NAME}=~1~A`],
    ['no piece', `${NAME}=~0~A`],
    ['nine pieces', `${NAME}=~9~A; ${[1, 2, 3, 4, 5, 6, 7, 8].map((n) => `${NAME}.${n}=A`).join('; ')}`],
    ['CK-027 a huge number', `${NAME}=~999999999~A`],
    ['CK-031 a number in another notation', `${NAME}=~1e3~A; ${NAME}.1=A`],
    ['a leading zero', `${NAME}=~02~A; ${NAME}.1=A`],
    ['a sign', `${NAME}=~+2~A; ${NAME}.1=A`],
    ['a digit of another script', `${NAME}=~\u0662~A; ${NAME}.1=A`],
    ['no number', `${NAME}=~~A; ${NAME}.1=A`],
    ['no end of the number', `${NAME}=~2; ${NAME}.1=A`],
    ['nothing else', `${NAME}=~`],
    ['a missing piece', `${NAME}=~3~A; ${NAME}.1=B`],
    ['an empty piece', `${NAME}=~2~A; ${NAME}.1=`],
    ['an over-long piece', `${NAME}=~2~A; ${NAME}.1=${'B'.repeat(4096)}`],
    ['a piece with a leading zero', `${NAME}=~2~A; ${NAME}.01=B`],
    ['a piece in capitals', `${NAME}=~2~A; ${NAME.toUpperCase()}.1=B`],
  ])('is refused when it has %s', (_, presented) => {
    expect(readCookie(presented, NAME)).toMatchObject({ values: [], present: true, refused: 'bad-chunks' })
  })

  test('CK-028: of two pieces with one number takes the first, so that a mixture fails its seal', () => {
    expect(readCookie(`${NAME}=~2~A; ${NAME}.1=B; ${NAME}.1=C`, NAME)).toEqual({ ...one('AB'), pieces: [`${NAME}.1`] })
  })

  test('counts once when a plain value says the same', () => {
    const presented = readCookie(`${NAME}=~2~A; ${NAME}.1=B; ${NAME}=AB`, NAME)
    expect(presented).toMatchObject({ values: ['AB'], duplicated: true })
  })

  test('of a plain value is none, but its left-over pieces are named', () => {
    expect(readCookie(`${NAME}.7=x; ${NAME}=${VALID}; ${NAME}.2=y; ${NAME}.8=z`, NAME)).toEqual({
      ...one(VALID),
      pieces: [`${NAME}.7`, `${NAME}.2`],
    })
    expect(readCookie(`${NAME}.1=x`, NAME)).toEqual({ ...nothing, pieces: [`${NAME}.1`] })
  })
})

test.each([
  ['sid=1; Path=/', 'sid'],
  [' \tsid \t= 1', 'sid'],
  ['sid=', 'sid'],
  ['=1', ''],
  ['lonely; Path=/', ''],
  ['', ''],
  ['\u00a0sid=1', '\u00a0sid'],
])('the line %j sets the cookie %j', (line, name) => {
  expect(cookieNameOf(line)).toBe(name)
})

describe('whatever is written, a browser presents and we read', () => {
  const names = fc.stringMatching(/^[a-zA-Z0-9_-]{1,20}$/).filter((name) => !/^__(secure|http|host)-/i.test(name))
  const prefixed = fc
    .tuple(fc.constantFrom('', '__Secure-', '__Http-', '__Host-', '__Host-Http-'), names)
    .map((parts) => parts.join(''))
  const values = fc
    .string({ unit: fc.constantFrom(...'AZaz09-_.~'), minLength: 1, maxLength: 6000 })
    .filter((value) => value[0] !== '~')

  test('as one value, also after others of other lengths', () => {
    fc.assert(
      fc.property(prefixed, fc.array(values, { minLength: 1, maxLength: 4 }), fc.string(), (name, written, stranger) => {
        const jar = createJar()
        jar.set(`${name}x=${stranger}; Path=/; Secure; HttpOnly`, 'https://app.test')
        for (const value of written) {
          const { pieces } = readCookie(jar.header('https://app.test'), name)
          for (const line of writeCookie(name, value, safe, { chunks: true, pieces })) {
            expect(cookieNameOf(line).startsWith(name)).toBe(true)
            expect(jar.set(line, 'https://app.test')).toBeUndefined()
          }
          const presented = readCookie(jar.header('https://app.test'), name)
          expect(presented).toMatchObject({ values: [value], present: true, duplicated: false, refused: undefined })
          expect(presented.pieces).toHaveLength(value.length + name.length <= 4096 ? 0 : 1)
        }
        for (const line of clearCookie(name, safe, readCookie(jar.header('https://app.test'), name).pieces))
          jar.set(line, 'https://app.test')
        expect(readCookie(jar.header('https://app.test'), name)).toEqual(nothing)
      }),
    )
  })

  test('and no header, however broken, makes reading throw or give what did not come', () => {
    const crumbs = fc.constantFrom(NAME, '=', ';', ' ', '\t', '~2~', '.1', '.2', '"', '%', ',', 'A', '\u00a0', '\u0000')
    fc.assert(
      fc.property(fc.string({ unit: fc.oneof(crumbs, fc.string({ maxLength: 2 })), maxLength: 60 }), (header) => {
        const { values, present, duplicated } = readCookie(header, NAME)
        expect(new Set(values).size).toBe(values.length)
        expect(values.length).toBeLessThanOrEqual(4)
        if (values.length > 0) expect(present).toBe(true)
        if (values.length > 1) expect(duplicated).toBe(true)
        // The slow and obvious reading: every pair on its own.
        const pairs = header.split(';').map((pair) => pair.replace(/^[ \t]+|[ \t]+$/g, ''))
        const plain = pairs.filter((pair) => pair.slice(0, NAME.length) === NAME && /^[ \t]*=/.test(pair.slice(NAME.length)))
        expect(present).toBe(plain.length > 0)
        for (const value of values)
          if (plain.length > 0 && !plain.some((pair) => /=[ \t]*~/.test(pair)))
            expect(plain.some((pair) => pair.slice(pair.indexOf('=') + 1).replace(/^[ \t]+/, '') === value)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })
})

/** As the rules say it: no browser pads a cookie with thousands of spaces. Written with no thought of what it costs. */
function naive(header: string, name: string): PresentedCookie {
  const cookies = header
    .split(';')
    .filter((text) => (/^[ \t]*/.exec(text)?.[0] ?? '').length <= 8192)
    .map((text) => ({ text: text.replace(/^[ \t]+/, '') }))
    .filter(({ text }) => text.startsWith(name) && /^[=. \t]/.test(text.slice(name.length)))
    .slice(0, 64)
    .flatMap(({ text }) => {
      const number = /^\.[1-7]/.exec(text.slice(name.length))?.[0] ?? ''
      const rest = text.slice(name.length + number.length)
      if (text.length > 8192) return [{ number, value: '', oversized: true }]
      const value = /^[ \t]*=([\s\S]*)$/.exec(rest)?.[1]?.replace(/^[ \t]+|[ \t]+$/g, '')
      if (value === undefined) return []
      const oversized = name.length + number.length + value.length > 4096
      return [{ number, value: oversized ? '' : value, oversized }]
    })
  const plain = cookies.filter(({ number }) => number === '')
  const formOf = (value: string) => (value.startsWith('~') ? 0 : value.length < 32 ? 2 : /^[A-Za-z0-9_-]+$/.test(value) ? 0 : 1)
  const distinct = [...new Set(plain.map(({ value }) => value).filter((value) => value !== ''))]
  const heads = distinct.filter(
    (value, at) => distinct.slice(0, at).filter((other) => formOf(other) === formOf(value)).length < 4,
  )
  const numbers = [...new Set(cookies.map(({ number }) => number).filter((number) => number !== ''))]
  const part = (number: number) => cookies.find((cookie) => cookie.number === `.${number}`)?.value
  const wholes = heads.map((head) => {
    if (!head.startsWith('~')) return head
    const count = Number(/^~([2-8])~/.exec(head)?.[1] ?? 0)
    const parts = Array.from({ length: Math.max(0, count - 1) }, (_, at) => part(at + 1))
    return count > 0 && parts.every(Boolean) ? head.slice(3) + parts.join('') : undefined
  })
  const oversized = plain.some((cookie) => cookie.oversized)
  return {
    values: [...new Set(wholes.filter((whole) => whole !== undefined))],
    present: plain.length > 0,
    duplicated: heads.length + Number(oversized) > 1,
    refused: oversized ? 'oversized' : wholes.includes(undefined) ? 'bad-chunks' : undefined,
    pieces: numbers.map((number) => `${name}${number}`),
  }
}

describe('a search through the header finds what splitting it finds', () => {
  const names = ['a', 'ab', 'a.1', 'a.7', 'a.8', 'a.12', 'b', 'A', 'aa', 'x a', '']
  const values = ['', 'v', '~2~x', '~3~y', '~9~', '~', 'a=b', '=', 'x y', 'w'.repeat(32), `%${'w'.repeat(40)}`, 'l'.repeat(4200)]
  const space = fc.constantFrom('', ' ', '\t', '  ', '\u00a0', ' '.repeat(9000))
  const pair = fc
    .tuple(space, fc.constantFrom(...names), space, fc.constantFrom('=', '', '=='), space, fc.constantFrom(...values), space)
    .map((parts) => parts.join(''))
  const header = fc.array(fc.oneof({ weight: 9, arbitrary: pair }, { weight: 1, arbitrary: fc.string() }), { maxLength: 90 })

  test('whatever it holds', () => {
    fc.assert(
      fc.property(header, fc.constantFrom('; ', ';', ' ; ;'), (pairs, joint) => {
        const text = pairs.join(joint)
        expect(readCookie(text, 'a')).toEqual(naive(text, 'a'))
      }),
      { numRuns: 2000 },
    )
  })

  test('the first value of a cookie with a number is the same however it is looked for', () => {
    fc.assert(
      fc.property(header, (pairs) => {
        const text = pairs.join(';')
        const cookies = new Cookies(text)
        for (const name of ['a.1', 'a.7', 'a.8', 'a.12']) {
          const plain = cookies.named(name).values.filter((_, at) => at === 0)
          // Pieces of ours under such a name are nobody's.
          if (!/~/.test(text)) expect([cookies.first(name)]).toEqual(plain.length > 0 ? plain : [undefined])
        }
        expect(cookies.first('b')).toBe(cookies.named('b').values[0])
      }),
      { numRuns: 1000 },
    )
  })
})
