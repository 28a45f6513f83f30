import { describe, expect, test } from 'vitest'
import { memoryStore } from '../../stores/memory.ts'
import { type AdapterOptions, settingsOf } from './options.ts'

const SECRET = 'kq3vX0n1tWq8m2Zp5sYc7uJb4rEd6fGh'
const settings = (options: Partial<AdapterOptions>) => settingsOf({ secrets: SECRET, ...options })
const { listByOwner: _, ...unlisted } = memoryStore()

describe('V13: how long a request may take, and what an old ticket is good for', () => {
  test.each<[Partial<AdapterOptions>, object]>([
    [{}, { maxRequestTime: 300_000, grace: 10_000, onReplay: 'report' }],
    [{ idleTimeout: 60 }, { maxRequestTime: 60_000, grace: 10_000 }],
    [
      { idleTimeout: 5, storeTimeout: 1 },
      { maxRequestTime: 5000, grace: 5000 },
    ],
    [{ maxRequestTime: 4 }, { maxRequestTime: 4000, grace: 4000 }],
    [{ maxRequestTime: 86_400 }, { maxRequestTime: 86_400_000, grace: 10_000 }],
    [{ grace: 0 }, { grace: 0 }],
    [{ grace: 300 }, { maxRequestTime: 300_000, grace: 300_000 }],
    [{ idleTimeout: 300, maxRequestTime: 300 }, { maxRequestTime: 300_000 }],
    [{ onReplay: 'report' }, { onReplay: 'report' }],
    [{ onReplay: 'endSession', store: unlisted }, { onReplay: 'endSession' }],
    [{ onReplay: 'endOwner', store: memoryStore() }, { onReplay: 'endOwner' }],
  ])('%j', (options, expected) => {
    expect(settings(options)).toMatchObject(expected)
  })

  test.each<[string, Record<string, unknown>, RegExp]>([
    [
      'a request that outlives the session',
      { idleTimeout: 60, maxRequestTime: 61 },
      /maxRequestTime.*61 seconds.*idleTimeout, 60/,
    ],
    ['the same by the idle time of the default', { maxRequestTime: 86_401 }, /maxRequestTime/],
    ['a grace longer than a request', { maxRequestTime: 20, grace: 21 }, /grace.*21 seconds.*maxRequestTime, 20/],
    ['a grace longer than a request of the default', { grace: 301 }, /grace.*301 seconds.*maxRequestTime, 300/],
    ['a grace longer than the session', { idleTimeout: 60, grace: 61 }, /grace.*61 seconds.*maxRequestTime, 60/],
    ['a call that outlives the session', { idleTimeout: 60, storeTimeout: 61 }, /storeTimeout/],
    ['no time for a request', { maxRequestTime: 0 }, /maxRequestTime/],
    ['negative times', { grace: -1 }, /grace/],
    ['no number', { maxRequestTime: '300' }, /maxRequestTime.*text/],
    ['NaN', { grace: Number.NaN }, /grace/],
    ['another word', { onReplay: 'end', store: memoryStore() }, /onReplay.*(?:report|endSession|endOwner)/s],
    ['an end where nothing is stored', { onReplay: 'endSession' }, /onReplay.*without a store/],
    ['the end of all of an owner’s where nothing is stored', { onReplay: 'endOwner' }, /onReplay.*without a store/],
    ['the same where the store lists none', { onReplay: 'endOwner', store: unlisted }, /onReplay.*lists no sessions/],
  ])('BAD_OPTIONS: %s', (_, options, message) => {
    expect(() => settings(options)).toThrow(
      expect.objectContaining({ code: 'BAD_OPTIONS', message: expect.stringMatching(message) }),
    )
  })
})
