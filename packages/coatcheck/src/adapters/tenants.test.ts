import { describe, expect, test } from 'vitest'
import { NEWER_SECRET, SECRET } from '../../test/helpers/site.ts'
import type { AdapterSessions } from '../core/adapter.ts'
import type { Telemetry } from '../core/model/observing.ts'
import { deviceBound } from '../device-bound.ts'
import type { SessionReader } from '../migrate/format.ts'
import { memoryStore } from '../stores/memory.ts'
import { answering } from './h3/bound.ts'
import type { SessionConfig } from './h3/config.ts'
import { clearingSessions, sessionsWith as h3With } from './h3/options.ts'
import type { CookieOptions } from './hydrogen/config.ts'
import { sessionsWith as hydrogenWith } from './hydrogen/options.ts'
import { AppSession, type AppSessionOptions, MemorySessionStorage } from './hydrogen.ts'

// Configurations that are written anew for each request are told apart by everything that can change an answer.

/** For each option two values that mean two things. The compiler sees to it that none is missing. */
type Pairs<Options> = Required<{ readonly [Name in keyof Options]: readonly [unknown, unknown] | 'no part of any answer' }>

const reader = (user: string): SessionReader => ({ format: 'other', read: () => ({ values: { user } }) })
const silent = (): Telemetry => ({ span: (_part, _attributes, run) => run(), event() {} })

const shared = {
  migrateFrom: [[reader('a')], [reader('b')]],
  migrateUntil: [1, 2],
  storeTimeout: [2, 3],
  maxRequestTime: [100, 101],
  grace: [5, 6],
  onReplay: ['report', 'endSession'],
  whenStoreDown: ['fail', 'read-only'],
  revocations: [memoryStore(), { store: memoryStore(), every: 30 }],
  now: [() => 1, () => 2],
  onEvent: [() => {}, () => {}],
  requestId: [() => 'a', () => 'b'],
  telemetry: [silent(), silent()],
  absoluteTimeout: [60 * 86_400, 61 * 86_400],
} as const

const H3: Pairs<SessionConfig> = {
  ...shared,
  password: [SECRET, NEWER_SECRET],
  name: ['a', 'b'],
  maxAge: [60, 61],
  idleTimeout: [10, 11],
  cookie: [{ path: '/' }, { path: '/x' }],
  sessionHeader: ['x-a', 'x-b'],
  store: [memoryStore(), memoryStore()],
  format: [undefined, 'upstream'],
  legacySealFallback: [true, false],
  encryptRecords: [false, true],
  chunks: [true, false],
  // As if a middleware had them.
  deviceBound: [answering({ deviceBound: deviceBound() }).deviceBound, answering({ deviceBound: deviceBound() }).deviceBound],
  issue: 'no part of any answer', // asked at each call
  seal: 'no part of any answer',
  crypto: 'no part of any answer',
  generateId: 'no part of any answer',
}

const HYDROGEN: Pairs<Omit<CookieOptions, 'expires'>> = {
  ...shared,
  secrets: [[SECRET], [NEWER_SECRET]],
  httpOnly: [true, false],
  httponly: [true, false],
  secure: [true, false],
  sameSite: ['Lax', 'Strict'],
  samesite: ['Lax', 'Strict'],
  path: ['/', '/x'],
  domain: ['a.example', 'b.example'],
  maxAge: [60, 61],
  maxage: [60, 61],
  format: [undefined, 'upstream'],
}

/** With, each alone and against being absent; of some options one value means the same as none, which may share. */
function differing(pairs: object): [name: string, one: object, other: object][] {
  return Object.entries(pairs).flatMap(([name, pair]) =>
    Array.isArray(pair) ? [[name, { [name]: pair[0] }, { [name]: pair[1] }] as [string, object, object]] : [],
  )
}

describe('S12: of two configurations that differ in one option none answers for the other', () => {
  const store = memoryStore()
  const h3 = (more: object): AdapterSessions =>
    h3With(
      { password: SECRET, ...('encryptRecords' in more || 'onReplay' in more ? { store } : {}), ...more } as SessionConfig,
      1,
    )
  const hydrogen = (more: object): AdapterSessions =>
    hydrogenWith(['cookie'], 'sid', { secrets: [SECRET], ...more }, () => ('onReplay' in more ? { store } : {}))

  test.each(differing(H3))('h3: %s', (_, one, other) => {
    expect(h3(one)).not.toBe(h3(other))
    expect(h3(one)).toBe(h3({ ...one }))
  })

  test.each(differing(HYDROGEN))('Hydrogen: %s', (_, one, other) => {
    expect(hydrogen(one)).not.toBe(hydrogen(other))
    expect(hydrogen(one)).toBe(hydrogen({ ...one }))
  })

  test('h3: versions of one list, named ones in their order, and nested options of the cookie', () => {
    const [a, b] = [SECRET, NEWER_SECRET]
    expect(h3({ password: { a, b } })).not.toBe(h3({ password: { b, a } }))
    expect(h3({ password: [a, b] })).not.toBe(h3({ password: [b, a] }))
    expect(h3({ cookie: { domain: 'a.example' } })).not.toBe(h3({ cookie: { domain: 'b.example' } }))
    expect(h3({ format: 'upstream' })).not.toBe(h3With({ password: SECRET, format: 'upstream' }, 2))
    expect(clearingSessions({ name: 'a', cookie: { path: '/a' } })).not.toBe(
      clearingSessions({ name: 'a', cookie: { path: '/b' } }),
    )
  })

  test('Hydrogen: where sessions are kept, and when a cookie of `format` ends', () => {
    const at = (key: unknown) => hydrogenWith(['store', key], 'sid', { secrets: [SECRET] }, () => ({ store }))
    expect(at(memoryStore())).not.toBe(at(memoryStore()))
    const until = (time: number) => hydrogen({ format: 'upstream', expires: new Date(time) })
    expect(until(4e12)).not.toBe(until(4e12 + 1))
  })
})

describe('S12: no tenant reads what belongs to another', () => {
  const request = (cookie = '') => new Request('https://shop.example/', { headers: { cookie } })

  test('Hydrogen: tenants whose readers alone differ', async () => {
    const tenant = (secret: string): AppSessionOptions => ({
      migrateFrom: [
        { format: 'old', read: (value) => (value === `admin-of-${secret}` ? { values: { role: 'admin' } } : undefined) },
      ],
    })
    const role = async (cookie: string, of: AppSessionOptions) =>
      (await AppSession.init<{ role: string }>(request(cookie), [SECRET], of)).get('role')
    const [a, b] = [tenant('a'), tenant('b')]
    expect(await role('session=admin-of-a', a)).toBe('admin')
    expect(await role('session=admin-of-b', b)).toBe('admin')
    expect(await role('session=admin-of-b', a)).toBeUndefined()
    expect(await role('session=admin-of-a', b)).toBeUndefined()
  })

  test.each<[string, object, object]>([
    ['secrets', { secrets: [SECRET] }, { secrets: [NEWER_SECRET] }],
    ['the domain', { secrets: [SECRET], domain: 'a.example' }, { secrets: [SECRET], domain: 'b.example' }],
    ['the path, as Hydrogen writes cookies', { format: 'upstream', path: '/a' }, { format: 'upstream', path: '/b' }],
  ])('Hydrogen’s memory: tenants that differ in %s', async (_, a, b) => {
    const [first, second] = [a, b].map((options) => MemorySessionStorage('sid', options)())
    const line = await first?.set(request(), { role: 'admin' })
    const cookie = line?.split(';')[0] ?? ''
    expect(await MemorySessionStorage('sid', a)().get(request(cookie))).toEqual({ role: 'admin' })
    expect(await second?.get(request(cookie))).toEqual({})
  })
})
