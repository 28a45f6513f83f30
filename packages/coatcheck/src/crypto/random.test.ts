import { afterEach, expect, it, vi } from 'vitest'
import { randomBytes, randomText } from './random.ts'

afterEach(() => vi.restoreAllMocks())

it('makes text of the length that was asked for, in letters that a cookie can hold', () => {
  expect(randomText(24)).toMatch(/^[A-Za-z0-9_-]{32}$/)
  expect(randomText(20)).toMatch(/^[A-Za-z0-9_-]{27}$/)
  expect(randomBytes(24)).toHaveLength(24)
})

it('never gives the same twice', () => {
  expect(new Set(Array.from({ length: 1000 }, () => randomText(16))).size).toBe(1000)
})

it('asks the system for every value, and for no more than that value', () => {
  const asked = vi.spyOn(globalThis.crypto, 'getRandomValues')
  randomText(24)
  randomBytes(16)
  expect(asked.mock.calls.map(([bytes]) => bytes?.byteLength)).toEqual([24, 16])
})
