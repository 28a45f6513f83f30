import { describe, expect, test } from 'vitest'
import { createJar, type Jar } from './jar.ts'

const DAY = 86_400_000
const SHOP = 'https://app.test'

/** A browser whose clock the test moves. */
function browser(): { jar: Jar; pass: (milliseconds: number) => void } {
  let time = Date.UTC(2026, 10, 21)
  return { jar: createJar({ now: () => time }), pass: (milliseconds) => (time += milliseconds) }
}

/** What a fresh browser sends back to the shop's first page after `https://app.test` answered with these lines. */
function kept(...lines: string[]): string {
  const { jar } = browser()
  for (const line of lines) jar.set(line, SHOP)
  return jar.header(SHOP)
}

describe('what Chromium 156 was seen to do', () => {
  test.each([
    ['__Host- without Secure', '__Host-a=1; Path=/'],
    ['__Host- without Path=/', '__Host-a=1; Secure'],
    ['__Host- with a longer path', '__Host-a=1; Secure; Path=/x'],
    ['__Host- with Domain', '__Host-a=1; Secure; Path=/; Domain=app.test'],
    ['__HOST- in capitals without Secure', '__HOST-a=1; Path=/'],
    ['__Secure- without Secure', '__Secure-a=1; Path=/'],
    ['__Http- without HttpOnly', '__Http-a=1; Secure; Path=/'],
    ['__Host-Http- without HttpOnly', '__Host-Http-a=1; Secure; Path=/'],
    ['__Host-Http- with Domain', '__Host-Http-a=1; Secure; HttpOnly; Path=/; Domain=app.test'],
    ['SameSite=None without Secure', 'a=1; SameSite=None'],
    ['Partitioned without Secure', 'a=1; Partitioned'],
    ['name and value of 4097 bytes', `a=${'v'.repeat(4096)}`],
  ])('drops %s', (_, line) => {
    const { jar } = browser()
    expect(jar.set(line, SHOP)).toBeTypeOf('string')
    expect(jar.all()).toEqual([])
  })

  test.each([
    ['__Host- as it should be', '__Host-a=1; Secure; Path=/'],
    ['__Host-Http- as it should be', '__Host-Http-a=1; Secure; HttpOnly; Path=/'],
    ['__Http- with a domain', '__Http-a=1; Secure; HttpOnly; Domain=app.test'],
    ['SameSite=None with Secure', 'a=1; SameSite=None; Secure'],
    ['Partitioned with Secure', 'a=1; Partitioned; Secure'],
    ['name and value of 4096 bytes', `a=${'v'.repeat(4095)}`],
  ])('keeps %s', (_, line) => {
    const { jar } = browser()
    expect(jar.set(line, SHOP)).toBeUndefined()
    expect(jar.header(SHOP)).toBe(line.split(';')[0])
  })

  test('lets scripts set __Host- but neither __Http- nor __Host-Http-', () => {
    const { jar } = browser()
    const page = jar.document(SHOP)
    page.cookie = '__Host-a=1; Secure; Path=/'
    page.cookie = '__Http-b=1; Secure; Path=/'
    page.cookie = '__Http-b=1; Secure; Path=/; HttpOnly'
    page.cookie = '__Host-Http-c=1; Secure; Path=/'
    expect(page.cookie).toBe('__Host-a=1')
  })

  test('keeps a path of 1024 bytes, and takes the default path in place of a longer one', () => {
    const { jar } = browser()
    const path = `/${'p'.repeat(1023)}`
    jar.set(`kept=1; Path=${path}`, `${SHOP}/shop/cart`)
    jar.set(`default=1; Path=${path}p`, `${SHOP}/shop/cart`)
    expect(jar.all().map((cookie) => cookie.path)).toEqual([path, '/shop'])
  })

  test.each(['a=1', 'a=1; SameSite', 'a=1; SameSite=bogus', 'a=1; SameSite=Strict; SameSite=bogus'])(
    'treats %j as Lax',
    (line) => {
      const { jar } = browser()
      jar.set(line, SHOP)
      expect(jar.all()).toMatchObject([{ sameSite: 'lax' }])
      expect(jar.header(SHOP, { from: 'https://evil.test' })).toBe('a=1')
      expect(jar.header(SHOP, { from: 'https://evil.test', method: 'POST' })).toBe('')
    },
  )

  test('keeps nothing longer than 400 days', () => {
    const { jar, pass } = browser()
    jar.set(`age=1; Max-Age=${1157 * 86_400}`, SHOP)
    jar.set('date=1; Expires=Fri, 01 Jan 2100 00:00:00 GMT', SHOP)
    pass(400 * DAY - 1)
    expect(jar.header(SHOP)).toBe('age=1; date=1')
    pass(1)
    expect(jar.header(SHOP)).toBe('')
  })

  test('sends the longest path first, and then the oldest', () => {
    const { jar, pass } = browser()
    jar.set('dup=1; Path=/', SHOP)
    pass(1)
    jar.set('other=1; Path=/', SHOP)
    jar.set('dup=2; Path=/set', SHOP)
    expect(jar.header(`${SHOP}/set`)).toBe('dup=2; dup=1; other=1')
  })

  test('sends wide spaces before a name as the UTF-8 bytes they are, so no prefix rule applies and no prefix is seen', () => {
    const { jar } = browser()
    const page = jar.document('https://sub.app.test')
    page.cookie = '\u2000__Host-a=1; Domain=app.test'
    page.cookie = '\u00a0__Host-b=1; Domain=app.test'
    expect(jar.header(SHOP)).toBe('\u00e2\u0080\u0080__Host-a=1; \u00c2\u00a0__Host-b=1')
    expect(page.cookie).toBe('\u2000__Host-a=1; \u00a0__Host-b=1')
  })

  test('takes http on the own machine for secure, and can be told not to, as Safari', () => {
    for (const origin of [
      'http://localhost:3000',
      'http://shop.localhost',
      'http://127.0.0.1:80',
      'http://127.8.9.1',
      'http://[::1]:3000',
    ]) {
      const chromium = createJar()
      expect(chromium.set('__Host-Http-a=1; Secure; HttpOnly; Path=/', origin)).toBeUndefined()
      expect(chromium.header(origin)).toBe('__Host-Http-a=1')
      const safari = createJar({ secureLoopback: false })
      expect(safari.set('__Host-Http-a=1; Secure; HttpOnly; Path=/', origin)).toContain('Secure')
    }
    for (const origin of [
      'http://app.test',
      'http://127.0.0.1.app.test',
      'http://localhost.app.test',
      'http://10.0.0.1',
      'http://notlocalhost',
    ])
      expect(createJar().set('a=1; Secure', origin)).toContain('Secure')
  })
})

describe('reading a Set-Cookie line', () => {
  test.each([
    ['spaces and tabs around both sides', ' \ta \t=\t 1 ;Path=/', 'a=1'],
    ['an equals sign in the value', 'a==1=', 'a==1='],
    ['quotes, which are part of the value', 'a="1 2"', 'a="1 2"'],
    ['a comma, which joins nothing', 'a=1, b=2', 'a=1, b=2'],
    ['no value', 'a=', 'a='],
    ['no name', '=1', '1'],
    ['no equals sign: a value without a name', 'lonely; Path=/', 'lonely'],
    ['attributes in any case, and unknown ones', 'a=1; SECURE; pAtH=/; Version=1; =x; ;;', 'a=1'],
    ['a quoted attribute, which is another one', 'a=1; "Secure"', 'a=1'],
    ['the last path of several', 'a=1; Path=/x; Path=/', 'a=1'],
    ['the default path in place of a relative one', 'a=1; Path=/x; Path=x', 'a=1'],
    ['an empty domain', 'a=1; Domain=', 'a=1'],
  ])('understands %s', (_, line, sent) => {
    expect(kept(line)).toBe(sent)
  })

  test.each([
    ['nothing', ''],
    ['neither name nor value', ' = ; Path=/'],
    ['a NUL', 'a=1\u0000'],
    ['a line break', 'a=1\r\nb=2'],
    ['a control character in an attribute', 'a=1; Path=/\u007f'],
    ['a value without a name that looks like a prefix', '__Host-a; Secure; Path=/'],
    ['a value after "=" that looks like a prefix', '=__Http-a; Secure; HttpOnly; Path=/'],
  ])('ignores %s', (_, line) => {
    expect(kept(line)).toBe('')
  })

  test('counts bytes, not characters', () => {
    const { jar } = browser()
    jar.document(SHOP).cookie = `a=${'é'.repeat(2047)}`
    expect(jar.all()).toHaveLength(1)
    jar.document(SHOP).cookie = `b=${'é'.repeat(2048)}`
    expect(jar.all()).toHaveLength(1)
  })
})

describe('time', () => {
  test.each([
    ['Max-Age over Expires, in whatever order', 'a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT', true],
    ['the last of two Max-Age', 'a=1; Max-Age=60; Max-Age=0', false],
    ['a negative Max-Age', 'a=1; Max-Age=-1', false],
    ['a Max-Age that is no number: as if it were not there', 'a=1; Max-Age=soon', true],
    ['a Max-Age with a sign: as if it were not there', 'a=1; Max-Age=+0', true],
    ['an empty Max-Age: as if it were not there', 'a=1; Max-Age=', true],
    ['an Expires that is no date: as if it were not there', 'a=1; Expires=yesterday', true],
    ['an old style of date', 'a=1; Expires=Sunday, 06-Nov-94 08:49:37 GMT', false],
    ['the style of asctime', 'a=1; Expires=Sun Nov  6 08:49:37 1994', false],
    ['a two-digit year of this century', 'a=1; Expires=01-Jan-69 00:00:00', true],
    ['a year of five digits: no date', 'a=1; Expires=Sat, 01 Jan 01970 00:00:00 GMT', true],
    ['a day that does not exist: no date', 'a=1; Expires=Mon, 31 Feb 2000 00:00:00 GMT', true],
    ['an hour that does not exist: no date', 'a=1; Expires=Mon, 01 Feb 2000 24:00:00 GMT', true],
    ['a year before 1601: no date', 'a=1; Expires=Mon, 01 Feb 1600 00:00:00 GMT', true],
  ])('obeys %s', (_, line, stays) => {
    expect(kept(line)).toBe(stays ? 'a=1' : '')
  })

  test('ends a cookie at the very millisecond', () => {
    const { jar, pass } = browser()
    jar.set('a=1; Max-Age=60', SHOP)
    pass(59_999)
    expect(jar.header(SHOP)).toBe('a=1')
    pass(1)
    expect(jar.header(SHOP)).toBe('')
    expect(jar.all()).toEqual([])
  })

  test('removes a cookie that is given again with an end in the past', () => {
    expect(kept('a=1; Path=/', 'a=; Path=/; Max-Age=0', 'b=2')).toBe('b=2')
  })

  test('leaves a cookie alone when the one that should end it has another path', () => {
    expect(kept('a=1; Path=/', 'a=; Path=/x; Max-Age=0')).toBe('a=1')
  })

  test('forgets, when the browser closes, what was to last until then', () => {
    const { jar } = browser()
    jar.set('closed=1', SHOP)
    jar.set('kept=1; Max-Age=60', SHOP)
    jar.restart()
    expect(jar.header(SHOP)).toBe('kept=1')
  })

  test('keeps the age of a cookie that is replaced, and so its place in the header', () => {
    const { jar, pass } = browser()
    jar.set('first=1', SHOP)
    pass(1000)
    jar.set('second=1', SHOP)
    pass(1000)
    jar.set('first=2', SHOP)
    expect(jar.header(SHOP)).toBe('first=2; second=1')
    expect(jar.all()[1]?.createdAt).toBe((jar.all()[0]?.createdAt ?? 0) + 1000)
  })

  test('gives a cookie that had ended a new age', () => {
    expect(kept('a=1', 'b=1', 'a=; Max-Age=0', 'a=2')).toBe('b=1; a=2')
  })
})

describe('hosts and paths', () => {
  test('sends a cookie without Domain to its own host only', () => {
    const { jar } = browser()
    jar.set('a=1', SHOP)
    expect(jar.header('https://sub.app.test')).toBe('')
    expect(jar.header('https://test')).toBe('')
  })

  test('sends a cookie with Domain to all hosts below, whatever its case and leading dot', () => {
    const { jar } = browser()
    jar.set('a=1; Domain=.APP.test', 'https://sub.app.test')
    expect(jar.header(SHOP)).toBe('a=1')
    expect(jar.header('https://other.sub.app.test')).toBe('a=1')
    expect(jar.header('https://myapp.test')).toBe('')
  })

  test.each([
    ['a host beside it', SHOP, 'other.test'],
    ['a host below it', SHOP, 'sub.app.test'],
    ['a name that it only ends with', 'https://myapp.test', 'app.test'],
    ['a public suffix', SHOP, 'test'],
    ['the end of an address', 'https://10.0.0.1', '0.0.1'],
    ['a host with its port', 'https://app.test:8443', 'app.test:8443'],
    ['a name beyond ASCII', 'https://xn--bcher-kva.test', 'bücher.test'],
  ])('refuses Domain for %s', (_, url, domain) => {
    expect(createJar().set(`a=1; Domain=${domain}`, url)).toContain('cannot set it for')
  })

  test('makes a cookie of the host alone when the host is a public suffix and names itself', () => {
    const jar = createJar()
    jar.set('a=1; Domain=localhost', 'http://localhost')
    expect(jar.all()).toMatchObject([{ hostOnly: true }])
    expect(jar.header('http://sub.localhost')).toBe('')
  })

  test('allows an address as Domain when it is the own one', () => {
    const jar = createJar()
    jar.set('a=1; Domain=127.0.0.1', 'http://127.0.0.1:3000')
    expect(jar.header('http://127.0.0.1:4000')).toBe('a=1')
    expect(jar.all()).toMatchObject([{ hostOnly: true }])
  })

  test('keeps a cookie of the host and one of the domain apart', () => {
    expect(kept('a=1', 'a=2; Domain=app.test')).toBe('a=1; a=2')
  })

  test.each([
    ['/', '/'],
    ['/cart', '/'],
    ['/shop/cart', '/shop'],
    ['/shop/cart/', '/shop/cart'],
  ])('a page %s without Path sets its cookie for %s', (page, path) => {
    const jar = createJar()
    jar.set('a=1', SHOP + page)
    expect(jar.all()).toMatchObject([{ path }])
  })

  test.each([
    ['/shop', '/shop', true],
    ['/shop', '/shop/cart', true],
    ['/shop/', '/shop/cart', true],
    ['/shop/', '/shop', false],
    ['/shop', '/shopping', false],
    ['/shop', '/Shop', false],
    ['/shop', '/', false],
  ])('a cookie of %s and a request for %s', (path, page, sent) => {
    const jar = createJar()
    jar.set(`a=1; Path=${path}`, SHOP)
    expect(jar.header(SHOP + page)).toBe(sent ? 'a=1' : '')
  })

  test("tossing: a neighbour puts its cookie before the shop's by a longer path, but cannot do so with a __Host- name", () => {
    const { jar } = browser()
    jar.set('sid=victim; Path=/', SHOP)
    jar.set('sid=evil; Domain=app.test; Path=/account', 'https://sub.app.test')
    expect(jar.header(`${SHOP}/account`)).toBe('sid=evil; sid=victim')
    expect(jar.set('__Host-sid=evil; Secure; Domain=app.test; Path=/', 'https://sub.app.test')).toBeTypeOf('string')
  })
})

describe('without TLS', () => {
  test('neither sets nor gets a Secure cookie', () => {
    const { jar } = browser()
    expect(jar.set('a=1; Secure', 'http://app.test')).toContain('Secure')
    jar.set('a=1; Secure', SHOP)
    expect(jar.header('http://app.test')).toBe('')
  })

  test('leaves Secure cookies alone: replaces none and puts none before it', () => {
    const { jar } = browser()
    jar.set('sid=1; Secure; Path=/login; Domain=app.test', SHOP)
    for (const line of ['sid=evil; Path=/login', 'sid=evil; Path=/login/en', 'sid=evil; Path=/login; Domain=app.test'])
      expect(jar.set(line, 'http://app.test')).toContain('Secure cookie')
    expect(jar.set('sid=evil; Path=/login', 'http://sub.app.test')).toContain('Secure cookie')
    expect(jar.set('sid=evil; Path=/', 'http://app.test'), 'a shorter path comes after it').toBeUndefined()
    expect(jar.set('other=1; Path=/login', 'http://app.test'), 'another name').toBeUndefined()
  })

  test('leaves Secure cookies of hosts below alone, too', () => {
    const { jar } = browser()
    jar.set('sid=1; Secure; Path=/', 'https://sub.app.test')
    expect(jar.set('sid=evil; Domain=app.test; Path=/', 'http://app.test')).toContain('Secure cookie')
  })
})

describe('scripts', () => {
  test('see no HttpOnly cookie, make none and replace none', () => {
    const { jar } = browser()
    jar.set('sid=1; HttpOnly', SHOP)
    const page = jar.document(SHOP)
    page.cookie = 'mine=1'
    page.cookie = 'other=1; HttpOnly'
    page.cookie = 'sid=evil'
    page.cookie = 'sid=; Max-Age=0'
    expect(page.cookie).toBe('mine=1')
    expect(jar.header(SHOP)).toBe('sid=1; mine=1')
  })

  test('in a frame of another site have only SameSite=None', () => {
    const { jar } = browser()
    jar.set('lax=1', SHOP)
    const frame = jar.document(SHOP, { within: 'https://portal.test' })
    frame.cookie = 'b=1'
    frame.cookie = 'none=1; SameSite=None; Secure'
    expect(frame.cookie).toBe('none=1')
    expect(jar.header(SHOP)).toBe('lax=1; none=1')
  })
})

describe('requests of other sites', () => {
  const visits = {
    'a link on another site': { from: 'https://portal.test' },
    'a form that another site posts': { from: 'https://portal.test', method: 'POST' },
    'an image in a page of another site': { within: 'https://portal.test' },
    'its own frame in a page of another site': { from: SHOP, within: 'https://portal.test' },
    'a link on a sister host': { from: 'https://blog.app.test', method: 'POST' },
    'a link on the same host without TLS': { from: 'http://app.test', method: 'POST' },
    'the address bar': {},
  } as const

  test.each<[keyof typeof visits, string]>([
    ['a link on another site', 'lax=1; none=1'],
    ['a form that another site posts', 'none=1'],
    ['an image in a page of another site', 'none=1'],
    ['its own frame in a page of another site', 'none=1'],
    ['a link on a sister host', 'strict=1; lax=1; none=1'],
    ['a link on the same host without TLS', 'none=1'],
    ['the address bar', 'strict=1; lax=1; none=1'],
  ])('%s carries %s', (visit, sent) => {
    const { jar } = browser()
    for (const value of ['Strict', 'Lax', 'None']) jar.set(`${value.toLowerCase()}=1; Secure; SameSite=${value}`, SHOP)
    expect(jar.header(SHOP, visits[visit])).toBe(sent)
  })

  test('set a SameSite cookie when they load a page, not when they load a part of one', () => {
    const { jar } = browser()
    expect(jar.set('a=1; SameSite=Strict', SHOP, visits['a form that another site posts'])).toBeUndefined()
    expect(jar.set('b=1; SameSite=Lax', SHOP, visits['an image in a page of another site'])).toContain('another site')
    expect(jar.set('c=1; SameSite=None; Secure', SHOP, visits['an image in a page of another site'])).toBeUndefined()
  })

  test('keep a Partitioned cookie for the site in the address bar', () => {
    const { jar } = browser()
    const line = (value: string): string => `a=${value}; Secure; SameSite=None; Partitioned`
    jar.set(line('portal'), SHOP, { within: 'https://www.portal.test' })
    jar.set(line('own'), SHOP)
    expect(jar.header(SHOP, { within: 'https://portal.test' })).toBe('a=portal')
    expect(jar.header(SHOP, { within: 'https://other.test' })).toBe('')
    expect(jar.header(SHOP)).toBe('a=own')
  })
})

test('a copy of a jar goes its own way', () => {
  const { jar, pass } = browser()
  jar.set('a=1; Max-Age=60', SHOP)
  const stolen = jar.copy()
  jar.set('a=; Max-Age=0', SHOP)
  expect(jar.header(SHOP)).toBe('')
  expect(stolen.header(SHOP)).toBe('a=1')
  pass(60_000)
  expect(stolen.header(SHOP), 'the clock is the same').toBe('')
})
