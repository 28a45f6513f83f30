import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { isWhole } from '../../test/helpers/depth.ts'
import { reachesDigest } from '../../test/trials/xaes.ts'
import { nodePrimitives } from './on-node.ts'
import { webPrimitives } from './on-web.ts'
import { createXaes } from './xaes.ts'

interface Vectors {
  readonly accumulated: { readonly iterations1000000: string }
}

const file = new URL('../../test/vectors/xaes-vectors.json', import.meta.url)
const { accumulated }: Vectors = JSON.parse(readFileSync(file, 'utf8'))
const node = nodePrimitives() ?? expect.fail('This Node has no node:crypto.')

async function reachesDigestOfAMillion(): Promise<void> {
  const iterations = 1_000_000
  // One output for all: SHAKE cannot be read piece by piece here, and 313 bytes are used on average.
  const stream = createHash('shake128', { outputLength: iterations * 320 }).digest()
  let at = 0
  const take = (length: number) => {
    at += length
    return stream.subarray(at - length, at)
  }
  const hash = createHash('shake128', { outputLength: 32 })
  for (let done = 0; done < iterations; done++) {
    const [key, nonce] = [take(32), take(24)]
    const plaintext = take(take(1)[0] ?? 0)
    const aad = take(take(1)[0] ?? 0)
    const xaes = createXaes(key, node)
    const sealed = xaes instanceof Promise ? expect.fail('node:crypto is synchronous.') : xaes.seal(nonce, aad, plaintext)
    for (const part of await sealed) hash.update(part)
  }
  expect(hash.digest('hex')).toBe(accumulated.iterations1000000)
}

// `xaes.test.ts` has the first ten thousand.
if (isWhole) it('reaches the accumulated digest of a million random messages', reachesDigestOfAMillion)

it('reaches the accumulated digest of 10 000 random messages by WebCrypto', () => reachesDigest(webPrimitives))
