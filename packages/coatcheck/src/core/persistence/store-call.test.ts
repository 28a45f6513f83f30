import { describe, expect, test } from 'vitest'
import { SessionError } from '../../errors.ts'
import { callStore } from './store-call.ts'

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

test('the cause stays the one that the store told', async () => {
  const error = await callStore({ storeTimeout: 1000 }, 'update', failures.STORE_FAILED).catch((error) => error)
  expect(error).toMatchObject({ message: expect.stringMatching(/^Redis could not be used\. See/), cause: down })
})
