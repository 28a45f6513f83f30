import { hkdfSync } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import { SECRET } from '../../test/helpers/site.ts'
import { memoryStore } from '../stores/memory.ts'
import type { Store } from '../stores/store.ts'
import type { SessionEvent } from './events.ts'
import { sessionsFor } from './memo.ts'
import { type AnySessions, faceOf, sessionsOf } from './sessions.ts'

interface Config {
  readonly password: string
  readonly name?: string
  readonly cookie?: { readonly path?: string; readonly secure?: boolean }
  readonly store?: Store
  readonly onEvent?: (event: SessionEvent) => void
}

const made = vi.fn(
  ({ password, store, onEvent }: Config): AnySessions =>
    sessionsOf({ secrets: password, ...(store && { store }), ...(onEvent && { onEvent }) }),
)
const of = (config: Config): AnySessions => sessionsFor('test', config, made)

describe('sessionsFor', () => {
  test('makes the sessions of a configuration once, however often it is written down', () => {
    const first = of({ password: SECRET, cookie: { path: '/', secure: true } })
    expect(of({ cookie: { secure: true, path: '/' }, password: SECRET })).toBe(first)
    expect(of({ password: SECRET, cookie: { path: '/x', secure: true } })).not.toBe(first)
    expect(of({ password: SECRET })).not.toBe(first)
    expect(sessionsFor('other', { password: SECRET }, made)).not.toBe(of({ password: SECRET }))
  })

  test('tells stores apart by which they are', () => {
    const [one, two] = [memoryStore(), memoryStore()]
    expect(of({ password: SECRET, store: one })).toBe(of({ password: SECRET, store: one }))
    expect(of({ password: SECRET, store: one })).not.toBe(of({ password: SECRET, store: two }))
  })

  test('F17: functions are no part of what is compared, and the newest is the one that is called', async () => {
    const told: string[] = []
    const config = (name: string): Config => ({ password: SECRET, onEvent: () => void told.push(name) })
    const first = of(config('first'))
    expect(of(config('second'))).toBe(first)
    await faceOf(first).fromTicket('nonsense').open()
    expect(told).toEqual(['second'])
  })

  test('F17: derives no key for a configuration that is known', async () => {
    const crypto = process.getBuiltinModule('node:crypto')
    const derive = vi.spyOn(crypto, 'hkdfSync')
    const config = (): Config => ({ password: `${SECRET}-derived`, onEvent: () => {} })
    for (let request = 0; request < 20; request++) {
      const scope = faceOf(of(config())).detached({ get: () => null })
      const session = await scope.open()
      session.set('n', request)
      await scope.commit()
    }
    expect(derive.mock.calls.length).toBeLessThan(10)
    derive.mockRestore()
    expect(hkdfSync).toBeTypeOf('function')
  })

  test('keeps the 256 used last', () => {
    const kept = of({ password: SECRET, name: 'kept' })
    for (let n = 0; n < 255; n++) of({ password: SECRET, name: `n${n}` })
    expect(of({ password: SECRET, name: 'kept' })).toBe(kept)
    for (let n = 0; n < 256; n++) of({ password: SECRET, name: `m${n}` })
    expect(of({ password: SECRET, name: 'kept' })).not.toBe(kept)
  })
})
