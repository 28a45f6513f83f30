import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { SessionError } from '../../errors.ts'
import { memoryStore } from '../../stores/memory.ts'
import { customPersistence } from '../persistence/custom.ts'
import { sessionsOf } from '../sessions.ts'
import { type AdapterOptions, settingsOf } from './options.ts'
import { OPTIONS } from './table.ts'

const SECRET = 'kq3vX0n1tWq8m2Zp5sYc7uJb4rEd6fGh'
const OTHER = 'Vb9xLw2cTz7nQm4kRj8pHs5gDf3yUa6e'

const DAY = 86_400

/** Options as plain JavaScript would pass them. */
const options = (given: unknown): AdapterOptions => given as AdapterOptions
const good = (more: object = {}): AdapterOptions => options({ secrets: SECRET, ...more })

function refusal(given: unknown): SessionError {
  try {
    sessionsOf(options(given))
  } catch (error) {
    if (error instanceof SessionError) return error
    throw error
  }
  throw new Error('they were accepted')
}

describe('a wrong option throws BAD_OPTIONS that names it, says of what kind it is, and what to do', () => {
  const store = memoryStore()
  const persistence = customPersistence({
    create: async () => 'id',
    read: async () => null,
    update: async () => {},
    delete: async () => {},
  })
  test.each<[string, unknown, string, RegExp, RegExp]>([
    // what, options, option named, what is wrong with it, the fix
    ['no options', undefined, 'options', /missing/, /object/],
    ['null', null, 'options', /null/, /object/],
    ['a text', SECRET, 'options', /text of 32 characters/, /object/],
    ['a misspelt option', good({ secret: OTHER }), 'secret', /does not exist/, /secrets/],
    ['an option of the cookie at the top', good({ sameSite: 'lax' }), 'sameSite', /does not exist/, /cookie/],
    ['nothing to seal with', {}, 'secrets', /missing/, /openssl rand/],
    ['no secret to encrypt records with', { store, encryptRecords: true }, 'secrets', /missing/, /openssl/],
    ['no secret for tickets of a custom storage', { persistence }, 'secrets', /missing/, /openssl/],
    ['secrets of null', { secrets: null }, 'secrets', /null|missing/, /openssl|text/],
    ['secrets as an object', { secrets: { a: SECRET } }, 'secrets', /object/, /list/],
    ['secrets as a number', { secrets: 7 }, 'secrets', /number 7/, /list/],
    ['an empty secret', { secrets: '' }, 'secrets', /text of 0 characters/, /32/],
    ['a word', { secrets: 'changeme' }, 'secrets', /text of 8 characters/, /32 random/],
    ['31 characters', { secrets: SECRET.slice(1) }, 'secrets', /text of 31 characters/, /32/],
    ['one letter 32 times', { secrets: 'a'.repeat(32) }, 'secrets', /repeats/, /random/],
    ['a word again and again', { secrets: 'correct-horse'.repeat(4) }, 'secrets', /repeats/, /random/],
    ['sixteen letters twice', { secrets: 'kq3vX0n1tWq8m2Zp'.repeat(2) }, 'secrets', /repeats/, /random/],
    ['a pattern cut short', { secrets: `${'abcdefgh12'.repeat(4)}abcd` }, 'secrets', /repeats/, /random/],
    ['a secret that is undefined', { secrets: [SECRET, undefined] }, 'secrets[1]', /missing/, /32/],
    ['a short second secret', { secrets: [SECRET, 'old'] }, 'secrets[1]', /text of 3 characters/, /32/],
    ['one secret twice', { secrets: [SECRET, OTHER, SECRET] }, 'secrets[2]', /same/, /once/],
    ['a store of null', good({ store: null }), 'store', /null/, /memoryStore/],
    ['a store that was not called', good({ store: memoryStore }), 'store', /function/, /memoryStore\(\)/],
    ['a name for a store', good({ store: 'redis' }), 'store', /text/, /memoryStore/],
    ['a promise of a store', good({ store: Promise.resolve(store) }), 'store', /object/, /memoryStore/],
    ['half a store', good({ store: { update: async () => undefined } }), 'store', /object|store/, /read|create|memoryStore/],
    ['records to encrypt without a store', good({ encryptRecords: true }), 'encryptRecords', /without a store/, /Leave it out/],
    ['a flag of text', good({ chunks: 'yes' }), 'chunks', /text of 3/, /true or false/],
    ['a flag of null', good({ acceptUnsigned: null }), 'acceptUnsigned', /null/, /true or false/],
    ['a flag of a number', good({ store, encryptRecords: 1 }), 'encryptRecords', /number 1/, /true or false/],
    [
      'a store that is waited for longer than a session lives',
      good({ store, storeTimeout: 61, idleTimeout: 60 }),
      'storeTimeout',
      /longer/,
      /shorter/,
    ],
    ['a grace before the new id', good({ grace: -1 }), 'grace', /number -1/, /0 to 86400/],
    ['another word', good({ whenStoreDown: 'wait' }), 'whenStoreDown', /text of 4/, /`fail` or `read-only`/],
    ['a word of another option', good({ onReplay: 'fail' }), 'onReplay', /text/, /`report`, `endSession` or `endOwner`\.$/],
    ['a clock that is a time', good({ now: 0 }), 'now', /number 0/, /function/],
    ['a clock of null', good({ now: null }), 'now', /null/, /function/],
    ['an observer that is a list', good({ onEvent: [] }), 'onEvent', /list/, /function/],
    ['no way for the ticket to travel', good({ cookie: false }), 'cookie', /false/, /header/],
    ['the cookie header', good({ header: 'Cookie' }), 'header', /text/, /x-session/],
    ['the header that sets cookies', good({ header: 'set-cookie' }), 'header', /text/, /x-session/],
    ['a header of the body', good({ header: 'content-type' }), 'header', /text/, /x-session/],
    ['a header of the connection', good({ header: 'transfer-encoding' }), 'header', /text/, /x-session/],
    ['where a redirect leads', good({ header: 'location' }), 'header', /text/, /x-session/],
    ['a header with a line break', good({ header: 'x\r\nset-cookie: a=1' }), 'header', /text/, /x-session/],
    ['an empty header', good({ header: '' }), 'header', /text of 0/, /x-session/],
    ['a header that is true', good({ header: true }), 'header', /boolean/, /x-session/],
    ['a store time limit of nothing', good({ store, storeTimeout: 0 }), 'storeTimeout', /number 0/, /1 to 600/],
    ['a store time limit in milliseconds', good({ store, storeTimeout: 2000 }), 'storeTimeout', /number 2000/, /1 to 600/],
    ['a cookie of null', good({ cookie: null }), 'cookie', /null/, /object/],
    ['a cookie of true', good({ cookie: true }), 'cookie', /boolean/, /object/],
    ['a name for a cookie', good({ cookie: 'sid' }), 'cookie', /text of 3/, /object/],
    ['an unknown option of the cookie', good({ cookie: { maxAge: 60 } }), 'cookie.maxAge', /does not exist/, /persistent/],
    ['HttpOnly off', good({ cookie: { httpOnly: false } }), 'cookie.httpOnly', /cannot be set/, /script/],
    ['HttpOnly off, spelt otherwise', good({ cookie: { HttpOnly: false } }), 'cookie.httpOnly', /cannot be set/, /script/],
    ['persistent as text', good({ cookie: { persistent: 'no' } }), 'cookie.persistent', /text/, /true or false/],
    ['a name with a line break', good({ cookie: { name: 'sid\r\nX: y' } }), 'cookie.name', /string/, /letters/],
    ['a name with attributes', good({ cookie: { name: 'sid=1; Path=/' } }), 'cookie.name', /string/, /letters/],
    ['an empty name', good({ cookie: { name: '' } }), 'cookie.name', /string/, /letters/],
    [
      'a path with a line break',
      good({ cookie: { name: 'sid', path: '/\r\nSet-Cookie: admin=1' } }),
      'cookie.path',
      /string/,
      /"\//,
    ],
    ['a path with an attribute', good({ cookie: { name: 'sid', path: '/a;Secure' } }), 'cookie.path', /string/, /"\//],
    [
      'a domain with attributes',
      good({ cookie: { name: 'sid', domain: 'x.com; Path=/' } }),
      'cookie.domain',
      /string/,
      /host name/,
    ],
    ['a sameSite with a line break', good({ cookie: { sameSite: 'lax\r\nX: y' } }), 'cookie.sameSite', /string/, /"lax"/],
    ['a sameSite in capitals', good({ cookie: { sameSite: 'Lax' } }), 'cookie.sameSite', /string/, /"lax"/],
    ['the default name, not Secure', good({ cookie: { secure: false } }), 'cookie.secure', /cannot be|must/, /prefix/],
    ['the default name with a path', good({ cookie: { path: '/app' } }), 'cookie.path', /cannot be|must/, /prefix/],
    ['the default name with a domain', good({ cookie: { domain: 'app.test' } }), 'cookie.domain', /cannot be|must/, /prefix/],
    [
      '__Host- with a domain',
      good({ cookie: { name: '__Host-sid', domain: 'app.test' } }),
      'cookie.domain',
      /cannot be|must/,
      /prefix/,
    ],
    ['__Host- with a path', good({ cookie: { name: '__Host-sid', path: '/app' } }), 'cookie.path', /cannot be|must/, /prefix/],
    [
      '__hOsT- without Secure',
      good({ cookie: { name: '__hOsT-sid', secure: false } }),
      'cookie.secure',
      /cannot be|must/,
      /prefix/,
    ],
    [
      '__Secure- without Secure',
      good({ cookie: { name: '__Secure-sid', secure: false } }),
      'cookie.secure',
      /cannot be|must/,
      /prefix/,
    ],
    [
      '__Http- without Secure',
      good({ cookie: { name: '__Http-sid', secure: false } }),
      'cookie.secure',
      /cannot be|must/,
      /prefix/,
    ],
    [
      'SameSite=None without Secure',
      good({ cookie: { name: 'sid', sameSite: 'none', secure: false } }),
      'cookie.secure',
      /cannot be|must/,
      /[Ss]ame[Ss]ite|[Pp]artitioned|secure/,
    ],
    [
      'Partitioned without Secure',
      good({ cookie: { name: 'sid', partitioned: true, secure: false } }),
      'cookie.secure',
      /cannot be|must/,
      /[Ss]ame[Ss]ite|[Pp]artitioned|secure/,
    ],
    [
      'idle longer than absolute',
      good({ idleTimeout: 3601, absoluteTimeout: 3600 }),
      'absoluteTimeout',
      /3600 seconds.*3601/,
      /as long as/,
    ],
    [
      'idle longer than the default of absolute',
      good({ idleTimeout: 31 * DAY }),
      'absoluteTimeout',
      /shorter than idleTimeout/,
      /as long as/,
    ],
    ['a custom storage beside a store', good({ store, persistence }), 'persistence', /store/, /one/i],
    ['an empty list of secrets', { store, secrets: [] }, 'secrets', /empty|no secret|missing/, /Leave|Give|Make/],
  ])('%s', (_, given, option, wrong, fix) => {
    const error = refusal(given)
    expect(error.code).toBe('BAD_OPTIONS')
    expect(error.message).toContain(option)
    expect(error.message).toMatch(wrong)
    expect(error.fix).toMatch(fix)
    expect(error.message, 'it reads as sentences').not.toMatch(/\.\.| {2}/)
  })

  test('the option is named once before its fix', () => {
    const { message, fix } = refusal(good({ cookie: { secure: false } }))
    expect(message.slice(0, -fix.length).match(/cookie\.secure/g)).toHaveLength(1)
  })

  const times: [string, unknown][] = [
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['0', 0],
    ['-1', -1],
    ['1.5', 1.5],
    ['"60"', '60'],
    ['1e21', 1e21],
    ['400 days and a second', 400 * DAY + 1],
    ['a Date', new Date(Number.NaN)],
    ['null', null],
    ['a list', [60]],
    ['true', true],
  ]
  test.each(times)('a timeout of %s', (_, time) => {
    for (const option of ['idleTimeout', 'absoluteTimeout', 'storeTimeout']) {
      const error = refusal({ store: memoryStore(), [option]: time })
      expect(error.code).toBe('BAD_OPTIONS')
      expect(error.message).toContain(`\`${option}\``)
    }
  })

  test('the advice to take 400 days at most says why', () => {
    expect(refusal(good({ absoluteTimeout: 401 * DAY })).fix).toContain('400 days')
  })

  test('no message and nothing else in the error shows a secret', () => {
    const short = 'hunter2-hunter2'
    for (const given of [
      SECRET,
      { secrets: short },
      { secrets: [SECRET, short] },
      { secrets: [SECRET, SECRET] },
      { secrets: `${short.repeat(4)}` },
      { secrets: { secret: SECRET } },
      good({ store: SECRET }),
      good({ cookie: SECRET }),
      good({ cookie: { name: `${SECRET} ` } }),
      good({ cookie: { path: SECRET } }),
      good({ cookie: { domain: `${SECRET}!` } }),
      good({ cookie: { sameSite: SECRET } }),
      good({ header: `${SECRET} ` }),
      good({ idleTimeout: SECRET }),
      good({ now: SECRET }),
      good({ chunks: SECRET }),
    ]) {
      const told = inspect(refusal(given), { depth: 9, showHidden: true })
      expect(told).not.toContain(SECRET)
      expect(told).not.toContain(short)
    }
  })
})

describe('what may be left out', () => {
  test('has defaults that are safe', () => {
    expect(settingsOf(good())).toMatchObject({
      cookie: {
        name: '__Host-Http-session',
        attributes: { path: '/', sameSite: 'lax', secure: true, httpOnly: true },
        persistent: true,
      },
      header: undefined,
      idle: 7 * DAY * 1000,
      absolute: 30 * DAY * 1000,
      encryptRecords: false,
      chunks: false,
      joins: true,
      acceptUnsigned: false,
      storeTimeout: 2000,
    })
  })

  test('may also be undefined: that is left out, and never weaker than the default', () => {
    const names = Object.keys(OPTIONS).filter((name) => name !== 'secrets')
    const absent = Object.fromEntries(names.map((name) => [name, undefined]))
    expect(settingsOf(good(absent))).toEqual(settingsOf(good()))
    const cookie = { path: undefined, domain: undefined, sameSite: undefined, secure: undefined, partitioned: undefined }
    expect(settingsOf(good({ cookie: { ...cookie, name: undefined, persistent: undefined } })).cookie?.attributes).toMatchObject({
      path: '/',
      sameSite: 'lax',
      secure: true,
      httpOnly: true,
    })
    expect(settingsOf(good({ cookie: { ...cookie, name: 'sid' } })).cookie?.attributes).toMatchObject({
      path: '/',
      sameSite: 'lax',
      secure: true,
      httpOnly: true,
    })
  })

  test('is enough with a store alone', () => {
    expect(settingsOf({ store: memoryStore() }).secrets).toBeUndefined()
  })

  test('lets the idle timeout follow a shorter absolute one', () => {
    expect(settingsOf(good({ absoluteTimeout: 3600 }))).toMatchObject({ idle: 3_600_000, absolute: 3_600_000 })
  })

  test('goes to the very limits', () => {
    expect(settingsOf(good({ idleTimeout: 400 * DAY, absoluteTimeout: 400 * DAY })).absolute).toBe(400 * DAY * 1000)
    expect(settingsOf(good({ idleTimeout: 1, absoluteTimeout: 1 })).idle).toBe(1000)
    expect(settingsOf({ store: memoryStore(), storeTimeout: 600 }).storeTimeout).toBe(600_000)
  })

  test('leaves room for cookies of every kind', () => {
    for (const cookie of [
      { name: 'sid', secure: false },
      { name: '__Secure-sid', domain: 'app.test', path: '/app' },
      { name: '__Http-sid', path: '/app' },
      { name: '__Host-sid' },
      { sameSite: 'none', partitioned: true },
      { sameSite: 'strict', persistent: false },
    ])
      expect(settingsOf(good({ cookie })).cookie?.attributes).toMatchObject({ httpOnly: true })
    expect(settingsOf(good({ cookie: false, header: 'X-Session' }))).toMatchObject({ cookie: undefined, header: 'x-session' })
    expect(settingsOf(good({ header: 'authorization' })).header).toBe('authorization')
  })

  test('has no effect where it has nothing to do: one configuration may serve sealed and stored sessions', () => {
    const store = memoryStore()
    expect(settingsOf(good({ store, chunks: true })).chunks).toBe(true)
    expect(settingsOf(good({ acceptUnsigned: true })).acceptUnsigned).toBe(true)
    expect(settingsOf({ store, acceptUnsigned: true }).acceptUnsigned).toBe(true)
    expect(settingsOf(good({ storeTimeout: 5 })).storeTimeout).toBe(5000)
  })

  test('secrets are kept newest first, and one alone may be given by itself', () => {
    expect(settingsOf({ secrets: [SECRET, OTHER] }).secrets).toEqual([SECRET, OTHER])
    expect(settingsOf({ secrets: SECRET }).secrets).toEqual([SECRET])
  })
})

describe('an adapter whose framework lets its user name the header', () => {
  const named = (header: string) => settingsOf({ secrets: SECRET, header, anyHeader: true }).header
  test.each(['session-token', 'x-my.session-session', 'X-H3-Session', 'Authorization'])('takes %s', (header) => {
    expect(named(header)).toBe(header.toLowerCase())
  })
  test.each(['cookie', 'set-cookie', 'host', 'content-type', 'location', 'a b-c', 'x-a:b', 'sec-fetch-site', ''])(
    'refuses %s',
    (header) => {
      expect(() => named(header)).toThrow('`header`')
    },
  )
})
