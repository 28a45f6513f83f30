import { afterEach, beforeEach, expect, it, vi } from 'vitest'

beforeEach(() => vi.resetModules())
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

/** A Node whose `node:crypto` is what `change` makes of it. */
function withNodeCrypto(change: (crypto: typeof import('node:crypto')) => object | undefined): void {
  const real = process.getBuiltinModule.bind(process)
  vi.stubGlobal('process', { getBuiltinModule: (id: string) => (id === 'node:crypto' ? change(real(id)) : undefined) })
}

function notImplemented(): never {
  throw new Error('not implemented')
}

it('works at once where node:crypto is', async () => {
  const { platform } = await import('./platform.ts')
  expect(platform().sha256('abc')).toMatch(/^ba7816bf/)
})

it.each([
  ['there is no process', () => vi.stubGlobal('process', undefined)],
  ['process is a stand-in', () => vi.stubGlobal('process', { env: {} })],
  ['node:crypto is not there', () => withNodeCrypto(() => undefined)],
  ['node:crypto is half there', () => withNodeCrypto((crypto) => ({ ...crypto, createCipheriv: undefined }))],
  ['node:crypto only pretends', () => withNodeCrypto((crypto) => ({ ...crypto, createHmac: notImplemented }))],
  ['node:crypto answers otherwise', () => withNodeCrypto((crypto) => ({ ...crypto, hkdfSync: () => new ArrayBuffer(32) }))],
  ['node:crypto cannot compare', () => withNodeCrypto((crypto) => ({ ...crypto, timingSafeEqual: undefined }))],
  ['node:crypto cannot open', () => withNodeCrypto((crypto) => ({ ...crypto, createDecipheriv: notImplemented }))],
])('goes to WebCrypto where %s', async (_, prepare) => {
  const { platform } = await import('./platform.ts')
  prepare()
  const hash = platform().sha256('abc')
  vi.unstubAllGlobals()
  expect(hash).toBeInstanceOf(Promise)
  expect(await hash).toMatch(/^ba7816bf/)
})

it('takes a node:crypto that is whole, whatever else the process lacks', async () => {
  const { platform } = await import('./platform.ts')
  withNodeCrypto((crypto) => crypto)
  const hash = platform().sha256('abc')
  vi.unstubAllGlobals()
  expect(hash).toMatch(/^ba7816bf/)
})

it('takes node:crypto at once where Buffer is no global, and writes the same', async () => {
  const { createKeyring } = await import('./keyring.ts')
  const secret = ['a secret that is long enough for this']
  const bytes = Uint8Array.of(1, 2, 3)
  const expected = createKeyring(secret).sign('ticket', ['name'], bytes)
  vi.stubGlobal('Buffer', undefined)
  vi.resetModules()
  const { createKeyring: createThere } = await import('./keyring.ts')
  const there = createThere(secret)
  const found = [there.sign('ticket', ['name'], bytes), there.verify('ticket', ['name'], String(expected))]
  vi.unstubAllGlobals()
  expect(found).toEqual([expected, { bytes, stale: false }])
})

it('looks for nothing when it is imported, and once when it is used', async () => {
  const asked = vi.spyOn(process, 'getBuiltinModule')
  const looks = () => asked.mock.calls.filter(([id]) => id === 'node:crypto').length
  const { platform } = await import('./platform.ts')
  const { createKeyring } = await import('./keyring.ts')
  createKeyring(['a secret that is long enough for this'])
  expect(looks()).toBe(0)
  platform()
  platform()
  expect(looks()).toBe(1)
})
