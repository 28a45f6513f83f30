import { afterEach, expect, test, vi } from 'vitest'
import { inProduction, processSingleton } from './process-singleton.ts'

afterEach(() => vi.unstubAllEnvs())

test('F19: what an adapter remembers survives that a development server loads its module again', () => {
  const first = processSingleton('a store', () => new Map())
  expect(processSingleton('a store', () => new Map())).toBe(first)
  expect(processSingleton('another store', () => new Map())).not.toBe(first)
})

test('in production nothing is shared by name', () => {
  vi.stubEnv('NODE_ENV', 'production')
  expect(inProduction()).toBe(true)
  expect(processSingleton('a shop', () => new Map())).not.toBe(processSingleton('a shop', () => new Map()))
})

test('where there is no process to ask, it is taken to be production', () => {
  vi.stubGlobal('process', undefined)
  const is = inProduction()
  vi.unstubAllGlobals()
  expect(is).toBe(true)
})
