import upstream from 'express-session'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { clockFrom } from '../../../test/helpers/clock.ts'
import { createSessions } from '../../core/sessions.ts'
import { storeSuite } from '../../testing/store-suite.ts'
import type { Store } from '../store.ts'
import { type ExpressStoreLike, expressStore } from './express-session.ts'

const KEY = 'a'.repeat(64)
const START = Date.parse('2090-01-01')
const record = { data: 'cart', createdAt: START, endsAt: START + 20_000, expiresAt: START + 10_000 }

describe('over the MemoryStore of express-session, within one process', () => {
  storeSuite({
    it,
    // What the suite asks of a strong store holds in one process; that the store does not call itself one is tested below.
    open: ({ now }) => {
      const backend = new upstream.MemoryStore()
      const strong = (clock = now): Store => ({ ...expressStore(backend, { now: clock }), consistency: 'strong' })
      return { store: strong(), reopen: (tools) => strong(tools?.now) }
    },
    records: 200,
  })
})

it('declares that the last write wins, and says so at the start', () => {
  const onEvent = vi.fn()
  const store = expressStore(new upstream.MemoryStore())
  createSessions({ secrets: 'a secret of thirty-two characters or more', store, onEvent })
  expect(store.consistency).toBe('last-write-wins')
  expect(onEvent).toHaveBeenCalledWith(expect.objectContaining({ type: 'weaker-store', consistency: 'last-write-wins' }))
})

it('gives the store what it reads: a cookie with the end of the session', async () => {
  const { now } = clockFrom(START)
  vi.useFakeTimers({ now: 5_000_000, toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const set = vi.fn((_: string, __: object, done?: () => void) => done?.())
  const backend: ExpressStoreLike = { get: (_, done) => done(), set, destroy: (_, done) => done?.() }
  await expressStore(backend, { now }).create(KEY, record)
  expect(set.mock.calls[0]?.[1]).toMatchObject({
    // By the clock of the store, and a minute more.
    cookie: { originalMaxAge: 70_000, expires: new Date(5_070_000).toISOString(), httpOnly: true, path: '/' },
  })
})

it('a session of express-session itself under such a key is damaged, and left alone', async () => {
  const destroy = vi.fn()
  const backend: ExpressStoreLike = { get: (_, done) => done(null, { cookie: {}, n: 1 }), set: vi.fn(), destroy }
  await expect(expressStore(backend).read(KEY)).rejects.toMatchObject({ code: 'DAMAGED_RECORD' })
  expect(destroy).not.toHaveBeenCalled()
})

it('a missing file is no session; what a store reports, throws or rejects is an error', async () => {
  const over = (get: ExpressStoreLike['get']) => expressStore({ get, set: vi.fn(), destroy: vi.fn() })
  const failed = new Error('connection refused')
  expect(await over((_, done) => done(Object.assign(new Error('no file'), { code: 'ENOENT' }))).read(KEY)).toBeUndefined()
  await expect(over((_, done) => done(failed)).read(KEY)).rejects.toBe(failed)
  await expect(over(() => Promise.reject(failed)).read(KEY)).rejects.toBe(failed)
  await expect(
    over(() => {
      throw failed
    }).read(KEY),
  ).rejects.toBe(failed)
})

it('refuses what is no such store', () => {
  for (const wrong of [undefined, null, {}, { get() {}, set() {} }])
    expect(() => expressStore(wrong as never)).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
})
