import { expect, test } from 'vitest'
import { CHANGED, COOKIE_CASES, type CookieCase, DATE_CASES } from '../../test/helpers/cookie-cases.ts'
import { createJar } from './jar.ts'
import { parseCookieDate } from './set-cookie.ts'

/** The Cookie header, as text, in the year in which the cases were written. */
function sent({ lines, from, to }: CookieCase): string {
  const jar = createJar({ now: () => Date.UTC(2011, 0, 1) })
  for (const line of lines) jar.set(line, from)
  const bytes = jar.header(to)
  return new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)))
}

test.each(COOKIE_CASES.filter(({ name }) => !(name in CHANGED)))('the http-state case $name', (given) => {
  expect(sent(given)).toBe(given.sent)
})

test.each(COOKIE_CASES.filter(({ name }) => name in CHANGED))('the http-state case $name, which is otherwise now', (given) => {
  expect(sent(given), CHANGED[given.name]).not.toBe(given.sent)
})

test('there are all cases', () => {
  expect([COOKIE_CASES.length, Object.keys(CHANGED).length, DATE_CASES.length]).toEqual([222, 25, 70])
})

test.each(DATE_CASES)('the http-state date %j', (text, time) => {
  const found = parseCookieDate(text)
  expect(found === undefined ? null : new Date(found).toUTCString()).toBe(time)
})
