import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { concat } from '../../src/crypto/bytes.ts'
import type { Bytes, Primitives } from '../../src/crypto/primitives.ts'
import { createXaes } from '../../src/crypto/xaes.ts'

interface Vectors {
  readonly accumulated: { readonly rngStartsWith: string; readonly iterations10000: string }
}

const { accumulated }: Vectors = JSON.parse(readFileSync(new URL('../vectors/xaes-vectors.json', import.meta.url), 'utf8'))

/** Seals 10 000 random messages, and comes to the digest of the specification. */
export async function reachesDigest(primitives: Primitives): Promise<void> {
  const iterations = 10_000
  const stream = createHash('shake128', { outputLength: iterations * 330 }).digest()
  expect(stream.subarray(0, 16).toString('hex')).toBe(accumulated.rngStartsWith)
  let at = 0
  const take = (length: number): Bytes => {
    at += length
    return new Uint8Array(stream.subarray(at - length, at))
  }
  const hash = createHash('shake128', { outputLength: 32 })
  for (let done = 0; done < iterations; done += 500) {
    const several = Array.from({ length: 500 }, async () => {
      const [key, nonce] = [take(32), take(24)]
      const plaintext = take(take(1)[0] ?? 0)
      const aad = take(take(1)[0] ?? 0)
      const xaes = await createXaes(key, primitives)
      return concat(...(await xaes.seal(nonce, aad, plaintext)))
    })
    for (const sealed of await Promise.all(several)) hash.update(sealed)
  }
  expect(hash.digest('hex')).toBe(accumulated.iterations10000)
}
