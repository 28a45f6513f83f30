import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { SessionError } from '../../errors.ts'
import { memoryStore } from '../../stores/memory.ts'
import type { Store } from '../../stores/store.ts'
import { callStore } from './store-call.ts'
import { askStore } from './stored/record-access.ts'

const down = new Error('ECONNREFUSED')
/** What a store that names its failure itself rejects with, and one that does not. */
const failures = {
  'an error of its own': () => Promise.reject(down),
  STORE_FAILED: () => Promise.reject(new SessionError('STORE_FAILED', 'Redis could not be used.', { cause: down })),
  nothing: () => new Promise<never>(() => {}),
}

describe.each(Object.entries(failures))('a store that rejects with %s', (_, run) => {
  const failed = (what: string): Promise<SessionError> => callStore({ storeTimeout: 1 }, what, run).catch((error) => error)

  test.each(['read', 'read of an old session'])('says nothing of writes at "%s"', async (what) => {
    const error = await failed(what)
    expect(error).toMatchObject({ code: 'STORE_FAILED', fix: expect.stringMatching(/nobody was logged out\.$/i) })
    expect(error.message).not.toMatch(/write|kept/i)
  })

  test.each(['create', 'update', 'touch', 'delete'])('says that the write may have been kept at "%s"', async (what) => {
    const error = await failed(what)
    expect(error).toMatchObject({ code: 'STORE_FAILED', fix: expect.stringContaining('may or may not have been kept') })
    expect(error.message.endsWith(error.fix)).toBe(true)
  })
})

test.each(['read', 'update'])('what a store advises itself is kept as it is, at "%s"', async (what) => {
  const full = new SessionError('STORE_FAILED', 'The disk is full.', { fix: 'Make room.', cause: down })
  await expect(callStore({ storeTimeout: 1000 }, what, () => Promise.reject(full))).rejects.toBe(full)
})

test('what throws when it is looked at is a cause like any other, and nobody waits for ever', async () => {
  const trap = () => {
    throw new Error('do not look')
  }
  const hostile = new Proxy({}, { get: trap, has: trap, getPrototypeOf: trap })
  const error = await callStore({ storeTimeout: 1000 }, 'read', () => Promise.reject(hostile)).catch((error) => error)
  expect(error.code).toBe('STORE_FAILED')
})

test('an error is ours when another copy of the library made it, and not when it only looks like one', () => {
  const copied = Object.defineProperty(new Error('made elsewhere'), Symbol.for('coatcheck.error'), { value: true })
  expect([copied instanceof SessionError, new SessionError('ENDED', 'It ended.') instanceof SessionError]).toEqual([true, true])
  const alike = Object.assign(new Error(), { name: 'SessionError', fix: 'Do.', code: 'ENDED' })
  for (const other of [alike, undefined, null, 'ENDED', {}]) expect(other instanceof SessionError).toBe(false)
})

test('the cause stays the one that the store told', async () => {
  const error = await callStore({ storeTimeout: 1000 }, 'update', failures.STORE_FAILED).catch((error) => error)
  expect(error).toMatchObject({ message: expect.stringMatching(/^Redis could not be used\. See/), cause: down })
})

describe('a store that answers at once', () => {
  const record = { data: '{}', createdAt: 1, endsAt: 3, expiresAt: 2 }
  const within = { storeTimeout: 1000 }

  test('is waited for in no promise and no timer, and promises to everybody else', async () => {
    const timer = vi.spyOn(globalThis, 'setTimeout')
    onTestFinished(() => timer.mockRestore())
    const store = memoryStore()
    const version = askStore(within, store, 'create', 'k', record)
    expect(version).toEqual(expect.any(String))
    expect(askStore(within, store, 'read', 'k')).toEqual({ record, version })
    expect(askStore(within, store, 'update', 'k', record, 'another')).toBeUndefined()
    expect(askStore(within, store, 'touch', 'k', 3, version as string)).toBe(true)
    expect(askStore(within, store, 'delete', 'k', version as string)).toBe(true)
    expect(timer).not.toHaveBeenCalled()
    expect(store.read('k')).toBeInstanceOf(Promise)
  })

  test('is asked as whoever stands on top of it says', async () => {
    const inner = memoryStore()
    const store: Store = { ...inner, read: async () => ({ record, version: 'of the wrapper' }) }
    expect(await askStore(within, store, 'read', 'k')).toEqual({ record, version: 'of the wrapper' })
    const { read } = inner
    inner.read = new Proxy(read, { apply: async () => undefined })
    expect(await askStore(within, inner, 'read', 'k'), 'a stand-in').toBeUndefined()
    inner.read = Object.assign(async () => undefined, read)
    expect(askStore(within, inner, 'read', 'k')).toBeInstanceOf(Promise)
  })

  test('fails as one that waits', () => {
    const store = {
      ...memoryStore(),
      read: () => {
        throw down
      },
    }
    const failure = expect.objectContaining({ code: 'STORE_FAILED', cause: down })
    expect(() => askStore(within, store, 'read', 'k')).toThrow(failure)
  })
})

test('a promise of another library or realm is waited for, and limited in time', async () => {
  const later = (then: PromiseLike<undefined>['then']) => ({ ...memoryStore(), read: () => ({ then }) as Promise<undefined> })
  const asked = askStore(
    { storeTimeout: 1000 },
    later((done) => Promise.resolve(undefined).then(done)),
    'read',
    'k',
  )
  expect(asked).toBeInstanceOf(Promise)
  expect(await asked).toBeUndefined()
  await expect(
    askStore(
      { storeTimeout: 1 },
      later(() => new Promise<never>(() => {})),
      'read',
      'k',
    ),
  ).rejects.toMatchObject({
    code: 'STORE_FAILED',
  })
})
