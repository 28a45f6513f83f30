import { describe, expect, test } from 'vitest'
import { SessionError } from '../errors.ts'
import { lineWriter } from './attributes.ts'
import { type CookieAttributes, clearCookie, cookieFault, writeCookie } from './cookie.ts'

const DAY = 86_400
const safe: CookieAttributes = { path: '/', secure: true, httpOnly: true, sameSite: 'lax' }

/** Attributes as they come from untyped configuration. */
const untyped = (attributes: Record<string, unknown>): CookieAttributes => attributes

interface Refused {
  readonly id: string
  readonly name?: string
  readonly attributes: Record<string, unknown>
  readonly option: string
}

const refused: readonly Refused[] = [
  { id: 'OP-001 a header in the path', attributes: { path: '/\r\nSet-Cookie: admin=1' }, option: 'cookie.path' },
  { id: 'OP-003 attributes in the domain', attributes: { domain: 'x.com; HttpOnly=; Path=/' }, option: 'cookie.domain' },
  { id: 'OP-004 a header in the name', name: 'sid\r\nX: y', attributes: {}, option: 'cookie.name' },
  { id: 'OP-005 a pair in the name', name: 'sid=1; Path=/', attributes: {}, option: 'cookie.name' },
  { id: 'OP-006 a header in SameSite', attributes: { sameSite: 'lax\r\nX: y' }, option: 'cookie.sameSite' },
  { id: 'OP-007 an attribute in the path', attributes: { path: '/a;Secure' }, option: 'cookie.path' },
  { id: 'OP-008 __Host- with a domain', name: '__Host-sid', attributes: { ...safe, domain: 'x.com' }, option: 'cookie.domain' },
  { id: '__Host- without a path', name: '__Host-sid', attributes: { secure: true }, option: 'cookie.path' },
  { id: '__Host- with a longer path', name: '__Host-sid', attributes: { ...safe, path: '/app' }, option: 'cookie.path' },
  {
    id: 'OP-010 __Host-Http- for scripts',
    name: '__Host-Http-sid',
    attributes: { ...safe, httpOnly: false },
    option: 'cookie.httpOnly',
  },
  {
    id: '__Host-Http- with a domain',
    name: '__Host-Http-sid',
    attributes: { ...safe, domain: 'x.com' },
    option: 'cookie.domain',
  },
  { id: '__Http- for scripts', name: '__Http-sid', attributes: { secure: true }, option: 'cookie.httpOnly' },
  { id: '__Http- without Secure', name: '__http-sid', attributes: { httpOnly: true }, option: 'cookie.secure' },
  { id: 'OP-011 a prefix in other case', name: '__hOsT-sid', attributes: { path: '/', secure: false }, option: 'cookie.secure' },
  { id: '__Secure- without Secure', name: '__Secure-sid', attributes: {}, option: 'cookie.secure' },
  { id: 'OP-012 SameSite=None without Secure', attributes: { sameSite: 'none', secure: false }, option: 'cookie.secure' },
  { id: 'OP-013 Partitioned without Secure', attributes: { partitioned: true, secure: false }, option: 'cookie.secure' },
  ...[Number.NaN, Number.POSITIVE_INFINITY, -1, 1.5, '60', 1e21, null].map((maxAge) => ({
    id: `OP-014 maxAge ${String(maxAge)} (${typeof maxAge})`,
    attributes: { maxAge },
    option: 'cookie.maxAge',
  })),
  { id: 'OP-015 over 400 days', attributes: { maxAge: 400 * DAY + 1 }, option: 'cookie.maxAge' },
  { id: 'OP-016 no date', attributes: { expires: new Date(Number.NaN) }, option: 'cookie.expires' },
  { id: 'a year of five digits', attributes: { expires: new Date(Date.UTC(10_000, 0)) }, option: 'cookie.expires' },
  { id: 'a date as text', attributes: { expires: 'tomorrow' }, option: 'cookie.expires' },
  { id: 'no name', name: '', attributes: {}, option: 'cookie.name' },
  { id: 'a space in the name', name: 'my sid', attributes: {}, option: 'cookie.name' },
  { id: 'a name with a non-breaking space', name: '\u00a0sid', attributes: {}, option: 'cookie.name' },
  { id: 'a line feed after the name', name: 'sid\n', attributes: {}, option: 'cookie.name' },
  { id: 'a list of paths', attributes: { path: ['/app'] }, option: 'cookie.path' },
  { id: 'a date as a number', attributes: { expires: 86_400_000 }, option: 'cookie.expires' },
  { id: 'a relative path', attributes: { path: 'app' }, option: 'cookie.path' },
  { id: 'an empty path', attributes: { path: '' }, option: 'cookie.path' },
  { id: 'a path of 1025 bytes', attributes: { path: `/${'a'.repeat(1024)}` }, option: 'cookie.path' },
  { id: 'a path beyond ASCII', attributes: { path: '/é' }, option: 'cookie.path' },
  { id: 'a domain that is a symbol', attributes: { domain: Symbol('a') }, option: 'cookie.domain' },
  { id: 'an empty domain', attributes: { domain: '' }, option: 'cookie.domain' },
  { id: 'a domain beyond ASCII', attributes: { domain: 'bücher.example' }, option: 'cookie.domain' },
  { id: 'a domain with a port', attributes: { domain: 'x.com:80' }, option: 'cookie.domain' },
  { id: 'SameSite as a word of its own', attributes: { sameSite: 'Lax' }, option: 'cookie.sameSite' },
  { id: 'Secure as text', attributes: { secure: 'false' }, option: 'cookie.secure' },
  { id: 'HttpOnly as a number', attributes: { httpOnly: 1 }, option: 'cookie.httpOnly' },
  { id: 'Partitioned as null', attributes: { partitioned: null }, option: 'cookie.partitioned' },
]

const allowed: readonly { readonly id: string; readonly name: string; readonly attributes: CookieAttributes }[] = [
  { id: 'the default', name: '__Host-Http-session', attributes: safe },
  { id: 'nothing at all', name: 'sid', attributes: {} },
  { id: 'a shared domain', name: '__Secure-sid', attributes: { secure: true, domain: '.shop.example.com' } },
  { id: 'exactly 400 days', name: 'sid', attributes: { maxAge: 400 * DAY } },
  { id: 'no time at all', name: 'sid', attributes: { maxAge: 0 } },
  { id: 'a path of 1024 bytes', name: 'sid', attributes: { path: `/${'a'.repeat(1023)}` } },
  { id: 'a frame of its own', name: '__Host-sid', attributes: { path: '/', secure: true, sameSite: 'none', partitioned: true } },
  { id: 'a name that only looks prefixed', name: '__Hostess', attributes: {} },
]

test.each([Symbol('a'), Object.create(null), 7])('a name that is no text is refused, and does not throw (%#)', (name) => {
  expect(cookieFault(name as string, {})?.option).toBe('cookie.name')
})

describe('a cookie that a browser would drop or misread', () => {
  test.each(refused)('is refused when it is set up: $id', ({ name = 'sid', attributes, option }) => {
    const fault = cookieFault(name, untyped(attributes))
    expect(fault?.option).toBe(option)
    expect(fault?.what).toMatch(/^cannot be .*[^.]$/)
    expect(fault?.fix).toMatch(/\.$/)
  })

  test.each(refused)('is refused again when it is sent, before any line is made: $id', ({ name = 'sid', attributes, option }) => {
    const send = (): unknown => writeCookie(name, 'ticket', untyped(attributes))
    expect(send).toThrow(SessionError)
    expect(send).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS', message: expect.stringContaining(option) }))
  })

  test.each(refused)('is refused by the writer of one configuration as well: $id', ({ name = 'sid', attributes, option }) => {
    const write = lineWriter(name, untyped(attributes))
    for (const maxAge of [undefined, 60])
      if (!(maxAge !== undefined && option === 'cookie.maxAge'))
        expect(() => write('ticket', maxAge)).toThrow(expect.objectContaining({ message: expect.stringContaining(option) }))
  })

  test('is refused when it is cleared, except for the times, which are replaced', () => {
    expect(() => clearCookie('sid', untyped({ path: '/;Secure' }))).toThrow(SessionError)
    expect(clearCookie('sid', { maxAge: 60 })).toHaveLength(1)
  })

  test('never has its value, which may be a secret, or its line breaks repeated in the message', () => {
    const fault = cookieFault('sid\r\nX: y', {})
    expect(`${fault?.what}${fault?.fix}`).not.toMatch(/[\r\n]|X: y/)
  })
})

test.each(allowed)('an honest cookie passes: $id', ({ name, attributes }) => {
  expect(cookieFault(name, attributes)).toBeUndefined()
  expect(writeCookie(name, 'ticket', attributes)).toHaveLength(1)
})

test.each(allowed)('the writer of one configuration writes the same line: $id', ({ name, attributes }) => {
  const write = lineWriter(name, attributes)
  for (const value of ['ticket', 'another', '']) {
    expect(write(value, undefined)).toBe(writeCookie(name, value, attributes)[0])
    for (const maxAge of [0, 60, 400 * DAY])
      expect(write(value, maxAge)).toBe(writeCookie(name, value, { ...attributes, maxAge })[0])
    for (const maxAge of [-1, 1.5, Number.NaN, 400 * DAY + 1]) expect(() => write(value, maxAge)).toThrow(SessionError)
  }
})

test('a value goes into one cookie as it is unless it is too long, in pieces, or no value', () => {
  const values = ['ticket', '', '~2~a', 'a b', 'a;b', 'A'.repeat(4093), 'A'.repeat(4094)]
  expect(values.map((value) => lineWriter('sid', {})(value) !== undefined)).toEqual([
    true,
    true,
    false,
    false,
    false,
    true,
    false,
  ])
})
