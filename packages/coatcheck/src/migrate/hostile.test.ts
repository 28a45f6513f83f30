import { createRequire } from 'node:module'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { spoiled, THEN } from '../../test/helpers/migrate.ts'
import { astroRecord } from './astro.ts'
import { cookieSession } from './cookie-session.ts'
import { expressSession } from './express-session.ts'
import { fastifySession, secureSession } from './fastify.ts'
import type { ReaderRequest, SessionReader } from './format.ts'
import { h3Seal } from './h3.ts'
import { hydrogenCookie, hydrogenId } from './hydrogen.ts'
import { ironSession, ironSessionChunks } from './iron-session.ts'
import { remixCookie, remixId } from './remix.ts'
import { remix3Cookie, remix3Id } from './remix3.ts'
import { signer } from './signed.ts'
import { storedSessions } from './stored.ts'

const sodium = createRequire(import.meta.url)('sodium-native') as Readonly<
  Record<'crypto_secretbox_easy' | 'crypto_secretbox_open_easy', (...all: readonly Uint8Array[]) => boolean>
>
const PASSWORD = 'a password that is shared, of 32 or more'
const SECRETS = ['one secret', 'another']
const UUID = '1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed'
const ABOUT = { id: UUID, createdAt: THEN, now: THEN, values: { user: 'ada', n: [1, { a: 'ä' }] }, flash: { hi: 1 } }
const row = async () => ({ user: 'ada' })
const options = { password: PASSWORD, cookieName: 'app' }

/** Every reader there is, and what a genuine cookie of it looks like. */
const READERS: Readonly<Record<string, () => Promise<readonly [SessionReader, string, Readonly<Record<string, string>>?]>>> = {
  'remix, values': async () => [remixCookie(SECRETS), String(await remixCookie(SECRETS).write(ABOUT))],
  'remix, values, unsigned': async () => [remixCookie([]), String(await remixCookie([]).write(ABOUT))],
  'remix, an id': async () => [storedSessions(remixId(SECRETS), row), String(await remixId(SECRETS).write('0123456789abcdef'))],
  'remix 3, values': async () => [remix3Cookie(SECRETS), String(await remix3Cookie(SECRETS).write(ABOUT))],
  'remix 3, an id': async () => [storedSessions(remix3Id(SECRETS), row), String(await remix3Id(SECRETS).write(UUID))],
  'h3 1': async () => [h3Seal({ password: PASSWORD }), String(await h3Seal({ password: PASSWORD, version: 1 }).write(ABOUT))],
  'h3 2': async () => [h3Seal({ password: PASSWORD }), String(await h3Seal({ password: PASSWORD }).write(ABOUT))],
  'iron-session': async () => [
    ironSession({ ...options, ttl: 0 }),
    String(await ironSession({ ...options, ttl: 0 }).write(ABOUT)),
  ],
  'iron-session in pieces': async () => {
    const seal = String(await ironSession({ ...options, ttl: 0 }).write(ABOUT))
    return [ironSessionChunks(options), seal.slice(0, 99), { 'app.1': seal.slice(99) }]
  },
  'cookie-session': async () => {
    const format = cookieSession({ keys: SECRETS })
    const value = String(await format.write(ABOUT))
    return [format, value, Object.fromEntries(await format.companions(value))]
  },
  'express-session': async () => {
    const store = {
      get: (_: string, done: (error?: unknown, session?: unknown) => void) => done(null, { user: 'ada' }),
      destroy: (_: string, done: () => void) => done(),
    }
    return [expressSession({ secret: SECRETS, store }), encodeURIComponent(`s:${await signer(SECRETS).sign(UUID)}`)]
  },
  '@fastify/session': async () => {
    const store = {
      get: (_: string, done: (error?: unknown, session?: unknown) => void) => done(null, { user: 'ada' }),
      destroy: (_: string, done: () => void) => done(),
    }
    return [fastifySession({ secret: SECRETS, store }), encodeURIComponent(String(await signer(SECRETS).sign(UUID)))]
  },
  '@fastify/secure-session': async () => {
    const [key, nonce] = [new Uint8Array(32).fill(7), new Uint8Array(24).fill(9)]
    const text = Buffer.from(JSON.stringify({ ...ABOUT.values, __ts: THEN / 1000 }))
    const box = Buffer.alloc(text.length + 16)
    sodium.crypto_secretbox_easy(box, text, nonce, key)
    const open = (sealed: Uint8Array, number: Uint8Array, with_: Uint8Array): Uint8Array | undefined => {
      const opened = Buffer.alloc(sealed.length - 16)
      return sodium.crypto_secretbox_open_easy(opened, sealed, number, with_) ? opened : undefined
    }
    const value = `${box.toString('base64')};${Buffer.from(nonce).toString('base64')}`
    return [secureSession({ key, open }), encodeURIComponent(value)]
  },
  'hydrogen, values': async () => [hydrogenCookie(), String(await hydrogenCookie().write(ABOUT))],
  'hydrogen, an id': async () => [storedSessions(hydrogenId(), row), String(await hydrogenId().write(UUID))],
  astro: async () => {
    const text = JSON.stringify([['Map', 1, 2], 'user', { data: 3 }, 'ada'])
    return [astroRecord({ getItem: () => text, removeItem: () => {} }), UUID]
  },
}

/** The same texts in every run. */
function drawing(seed: number) {
  let state = seed
  const next = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  const SIGNS = [
    '%',
    '=',
    '.',
    '*',
    '~',
    '"',
    '\\',
    '+',
    '/',
    '-',
    '_',
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    ' ',
    '\0',
    'é',
    '😀',
    '\ud800',
    '0',
    'A',
    'z',
    '%2',
    '%00',
    's:',
    'Fe26.2',
    '__proto__',
  ]
  const text = (): string => Array.from({ length: next(60) }, () => SIGNS[next(SIGNS.length)]).join('')
  /** The text after up to four of: a character changed, a piece taken out, doubled, moved to another place, or junk put in. */
  const mutated = (from: string): string => {
    let changed = from
    for (let times = 0; times <= next(4); times++) {
      const [at, length] = [next(changed.length + 1), next(12)]
      const [head, piece, tail] = [changed.slice(0, at), changed.slice(at, at + length), changed.slice(at + length)]
      changed =
        [
          head + tail,
          head + piece + piece + tail,
          tail + head + piece,
          head + text() + tail,
          head + SIGNS[next(SIGNS.length)] + tail,
        ][next(5)] ?? ''
    }
    return changed
  }
  return { next, text, mutated }
}

const asking = (cookies: Readonly<Record<string, string>>, mayDerive: () => boolean): ReaderRequest => {
  const cookie = (name: string) => (Object.hasOwn(cookies, name) ? cookies[name] : undefined)
  const cookies_ = (name: string) => [cookie(name)].flatMap((value) => value ?? [])
  return { cookieName: 'app', now: THEN, cookie, cookies: cookies_, slowly: (trial) => trial(mayDerive) }
}

/** What passes every cheap check of a seal: only then may a slow key be asked for. */
const SEAL = /Fe26\.2\*\w{0,64}\*[0-9a-f]{64}\*[\w-]{22}\*[\w-]{22,}\*\d{0,16}\*[0-9a-f]{64}\*[\w-]{43}/

afterEach(() => vi.restoreAllMocks())

describe.each(Object.entries(READERS))('S9: %s', (name, make) => {
  test('opens what is genuine', async () => {
    const [reader, genuine, cookies = {}] = await make()
    const read = await reader.read(
      genuine,
      asking(cookies, () => true),
    )
    expect(read?.values).toMatchObject({ user: 'ada' })
  })

  test('never throws, whatever is sent, and asks for a slow key only where all that is cheap to check is right', async () => {
    const [reader, genuine, cookies = {}] = await make()
    const { mutated, text, next } = drawing(26)
    const many = Array.from({ length: 1500 }, (_, n) => (n % 3 === 0 ? text() : mutated(genuine)))
    let asked = 0
    for (const value of [...spoiled(genuine), ...many]) {
      const others =
        next(2) === 0 ? cookies : Object.fromEntries(Object.entries(cookies).map(([key, other]) => [key, mutated(other)]))
      let isAsked = false
      const request = asking(others, () => {
        isAsked = true
        return false
      })
      const read = await reader.read(value, request)
      expect(read === undefined || typeof read.values === 'object').toBe(true)
      if (!isAsked) continue
      asked++
      const whole = value + Object.values(others).join('')
      expect(SEAL.test(whole), whole).toBe(true)
    }
    if (name === 'h3 1') expect(asked).toBeGreaterThan(0)
    if (!/^h3/.test(name)) expect(asked).toBe(0)
  })

  test('opens nothing that was changed', async () => {
    const [reader, genuine, cookies = {}] = await make()
    if (/unsigned|hydrogen|astro/.test(name)) return expect(reader.format).toMatch(/unsigned|hydrogen|astro/) // nothing is signed there
    const { mutated } = drawing(11)
    const spelled = decodeURIComponent(genuine)
    const wanted = await reader.read(
      genuine,
      asking(cookies, () => true),
    )
    for (let n = 0; n < 400; n++) {
      const value = mutated(genuine)
      const read = await reader.read(
        value,
        asking(cookies, () => false),
      )
      if (!read) continue
      // The same in other words: escapes, quotes, padding after the MAC.
      expect([value, read.values]).toEqual([value, wanted?.values])
      expect(
        decodeURIComponent(value)
          .replace(/^"|"$|=+$/g, '')
          .replaceAll('-', '+')
          .replaceAll('_', '/')
          .slice(0, 20),
      ).toBe(spelled.replaceAll('-', '+').replaceAll('_', '/').slice(0, 20))
    }
  })
})
