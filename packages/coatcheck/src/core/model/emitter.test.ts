import { afterEach, describe, expect, it, vi } from 'vitest'
import { settled } from '../../../test/helpers/gate.ts'
import { emitter } from './emitter.ts'
import type { Happening, SessionEvent } from './events.ts'

const event: Happening = { type: 'refused', reason: 'malformed' }
const now = () => 5
const digest = (owner: string) => `digest of ${owner}`
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
    expect(emitter(onEvent, now, digest)(event)).toBeUndefined()
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
  emitter(async (one) => void seen.push(one), now, digest)(event)
  emitter(undefined, now, digest)(event)
  await new Promise((resolve) => setImmediate(resolve))
  expect([seen, print.mock.calls]).toEqual([[{ ...event, at: 5 }], []])
})

describe('every event says when it happened, whose session it was, and in which request', () => {
  it('as far as that is known', () => {
    const seen: SessionEvent[] = []
    const emit = emitter((one) => seen.push(one), now, digest)
    emit(event)
    emit(event, { owner: 'ada' })
    emit(event, { request: { note: 'r1' }, owner: undefined })
    emit(event, { request: {} })
    expect(seen).toEqual([
      { ...event, at: 5 },
      { ...event, at: 5, owner: 'digest of ada' },
      { ...event, at: 5, request: 'r1' },
      { ...event, at: 5 },
    ])
  })

  it('in the order of the events, also where digests take a while', async () => {
    const seen: unknown[] = []
    const emit = emitter(
      ({ owner }) => seen.push(owner),
      now,
      (owner) => (owner === 'slow' ? settled().then(() => owner) : Promise.resolve(owner)),
    )
    emit(event, { owner: 'slow' })
    emit(event, { owner: 'fast' })
    emit(event)
    expect(seen).toEqual([])
    await settled()
    await settled()
    expect(seen).toEqual(['slow', 'fast', undefined])
    emit(event)
    expect(seen).toHaveLength(4)
  })

  it('a note that is long, no text, or thrown for breaks nothing; nor does a clock that tells no time', () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => {})
    const seen: SessionEvent[] = []
    const emit = emitter(
      (one) => seen.push(one),
      () => {
        throw error
      },
      digest,
    )
    emit(event, { request: { note: `${'x'.repeat(199)}\ud83d\ude00` } })
    emit(event, { request: { note: 5 as unknown as string } })
    emit(event, {
      request: {
        get note(): string {
          throw error
        },
      },
    })
    expect(seen).toEqual([{ ...event, at: 0, request: `${'x'.repeat(199)}\ufffd` }, ...Array(2).fill({ ...event, at: 0 })])
    expect(print).toHaveBeenCalledOnce()
  })
})
