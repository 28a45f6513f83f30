import { createStorage } from 'unstorage'
import { describe, expect, test } from 'vitest'
import { clockFrom, DAY, HOUR } from '../../../test/helpers/clock.ts'
import { aal2 } from '../../core/options/presets.ts'
import { memoryStore } from '../../stores/memory.ts'
import type { Store } from '../../stores/store.ts'
import { astroDriver } from './driver.ts'

const ID = '0b3e5c1a-7d42-4f6e-9a58-3c1d2e4f5a6b'
const TEXT = '[["Map",1,2],"name",{"data":3,"expires":-1},"ada"]'

function place(store: Store = memoryStore()) {
  const clock = clockFrom()
  return { clock, store, driver: astroDriver({ store, now: clock.now }) }
}

describe('a driver for Astro’s own session object', () => {
  test('takes a preset for both timeouts', async () => {
    const clock = clockFrom()
    const driver = astroDriver({ store: memoryStore(), now: clock.now, ...aal2 })
    await driver.setItem(ID, TEXT)
    clock.advance(HOUR)
    expect(await driver.getItem(ID)).toBeNull()
  })

  test('gives back what was stored, through Astro’s storage too', async () => {
    const { driver } = place()
    const storage = createStorage({ driver: { ...driver, hasItem: () => false, getKeys: () => [] } })
    expect(await storage.getItem(ID)).toBeNull()
    await storage.setItem(ID, TEXT)
    expect(await storage.getItem(ID)).toEqual(JSON.parse(TEXT))
    expect(await driver.getItem(ID)).toBe(TEXT)
  })

  test('B5: a session that was ended does not come back with a write that was under way', async () => {
    const { driver } = place()
    await driver.setItem(ID, TEXT)
    await driver.removeItem(ID)
    await driver.setItem(ID, TEXT)
    expect(await driver.getItem(ID)).toBeNull()
  })

  test('B7: a session ends by its times, and its record can be pruned', async () => {
    const { driver, clock, store } = place()
    await driver.setItem(ID, TEXT)
    clock.advance(6 * DAY)
    await driver.setItem(ID, TEXT)
    clock.advance(6 * DAY)
    expect(await driver.getItem(ID)).toBe(TEXT)
    clock.advance(DAY)
    expect(await driver.getItem(ID)).toBeNull()
    expect(await store.prune?.(clock.now(), 10)).toBe(1)

    for (let days = 0; days < 30; days += 5) {
      await driver.setItem(ID, TEXT)
      clock.advance(5 * DAY)
    }
    expect(await driver.getItem(ID)).toBeNull()
  })

  test('an ended session is remembered for an hour, longer than any request takes', async () => {
    const { driver, clock, store } = place()
    await driver.setItem(ID, TEXT)
    await driver.removeItem(ID)
    clock.advance(HOUR - 1)
    expect(await store.prune?.(clock.now(), 10)).toBe(0)
    clock.advance(1)
    expect(await store.prune?.(clock.now(), 10)).toBe(1)
  })

  test('the store never sees an id', async () => {
    const keys: string[] = []
    const { driver } = place({
      ...memoryStore(),
      create: async (key) => {
        keys.push(key)
        return 'version'
      },
    })
    await driver.setItem(ID, TEXT)
    expect(keys).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)])
  })

  test('writes at the same time are stored one after the other, and none is lost without another in its place', async () => {
    const { driver } = place()
    await Promise.all(Array.from({ length: 20 }, (_, at) => driver.setItem(ID, `text ${at}`)))
    expect(await driver.getItem(ID)).toMatch(/^text \d+$/)
  })

  test('a store that fails is told, and numbers that are none are refused', async () => {
    const down = () => Promise.reject(new Error('down'))
    await expect(astroDriver({ store: { ...memoryStore(), read: down } }).getItem(ID)).rejects.toThrow('down')
    expect(() => astroDriver({ store: memoryStore(), idleTimeout: 0 })).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
  })
})
