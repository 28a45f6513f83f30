import { afterEach, expect, it, vi } from 'vitest'
import { emitter, type SessionEvent } from './events.ts'

const event: SessionEvent = { type: 'refused', reason: 'malformed' }
const error = new Error('mine')

afterEach(() => vi.restoreAllMocks())

const observers: Readonly<Record<string, (event: SessionEvent) => void>> = {
  'that throws': () => {
    throw error
  },
  'whose promise rejects': async () => {
    throw error
  },
  'that answers something whose `then` throws': () => ({
    // biome-ignore lint/suspicious/noThenProperty: what a site may answer
    get then() {
      throw error
    },
  }),
}

it.each(Object.entries(observers))('an observer %s is reported, and breaks nothing', async (_, onEvent) => {
  const print = vi.spyOn(console, 'error').mockImplementation(() => {})
  const unhandled: unknown[] = []
  const listen = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', listen)
  try {
    expect(emitter(onEvent)(event)).toBeUndefined()
    // Node tells of rejections once its queue is empty.
    await new Promise((resolve) => setImmediate(resolve))
  } finally {
    process.off('unhandledRejection', listen)
  }
  expect(unhandled).toEqual([])
  expect(print.mock.calls).toEqual([['coatcheck: onEvent threw; the request goes on.', error]])
})

it('an observer that answers in time prints nothing', async () => {
  const print = vi.spyOn(console, 'error').mockImplementation(() => {})
  const seen: SessionEvent[] = []
  emitter(async (one) => void seen.push(one))(event)
  emitter(undefined)(event)
  await new Promise((resolve) => setImmediate(resolve))
  expect([seen, print.mock.calls]).toEqual([[event], []])
})
