import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, onTestFinished, test, vi } from 'vitest'
import { SplitMap } from './records.ts'

test('a map in parts says what a Map says, whatever the keys', () => {
  const key = fc.oneof(fc.string({ maxLength: 4, unit: 'binary' }), fc.constantFrom('', 'a', 'aa', 'ab', '__proto__', '\0'))
  const step = fc.record({ what: fc.constantFrom('get', 'set', 'delete'), key, value: fc.nat() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const [split, plain] = [new SplitMap<number>(), new Map<string, number>()]
      for (const { what, key, value } of steps) {
        if (what === 'set') {
          split.set(key, value)
          plain.set(key, value)
        } else if (what === 'delete') {
          split.delete(key)
          plain.delete(key)
        }
        expect(split.get(key)).toBe(plain.get(key))
      }
      for (const known of new Set(steps.map(({ key }) => key))) expect(split.get(known)).toBe(plain.get(known))
    }),
  )
})

test.each([
  ['digests', (n: number) => createHash('sha256').update(`${n}`).digest('base64url')],
  ['names with a number', (n: number) => `person-${n}`],
])('a map in parts never copies more than a small part of what it holds: %s', (_, keyOf) => {
  const parts = new Set<Map<unknown, unknown>>()
  const { set } = Map.prototype
  vi.spyOn(Map.prototype, 'set').mockImplementation(function (this: Map<unknown, unknown>, key, value) {
    parts.add(this)
    return set.call(this, key, value)
  })
  onTestFinished(() => void vi.restoreAllMocks())
  const split = new SplitMap<number>()
  const count = 20_000
  for (let n = 0; n < count; n++) split.set(keyOf(n), n)
  const sizes = [...parts].map(({ size }) => size)
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(count)
  expect(Math.max(...sizes)).toBeLessThan(count / 50)
})
