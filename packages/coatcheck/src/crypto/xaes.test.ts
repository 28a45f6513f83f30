import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { reachesDigest } from '../../test/trials/xaes.ts'
import { concat, toUtf8 } from './bytes.ts'
import { nodePrimitives } from './on-node.ts'
import { webPrimitives } from './on-web.ts'
import type { Bytes } from './primitives.ts'
import { createXaes, deriveK1, maskCounters } from './xaes.ts'

interface Vector {
  readonly id: string
  readonly key: string
  readonly nonce: string
  readonly plaintext: string
  readonly aad: string
  readonly ciphertext: string
  readonly L: string
  readonly K1: string
  readonly M1: string
  readonly M2: string
  readonly Kx: string
}

interface Vectors {
  readonly vectors: readonly Vector[]
}

const file = new URL('../../test/vectors/xaes-vectors.json', import.meta.url)
const { vectors }: Vectors = JSON.parse(readFileSync(file, 'utf8'))
const node = nodePrimitives() ?? expect.fail('This Node has no node:crypto.')

const bytes = (hex: string): Bytes => Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
const hex = (value: Bytes | undefined): string | undefined => value && Buffer.from(value).toString('hex')

describe.each([
  ['node:crypto', node],
  ['WebCrypto', webPrimitives],
])('XAES-256-GCM by %s', (_, primitives) => {
  describe.each(vectors)('vector $id of the specification', (vector) => {
    const nonce = bytes(vector.nonce)

    it('derives every value on the way', async () => {
      const aes = await primitives.aes(bytes(vector.key))
      const l = (await aes(new Uint8Array(32))).subarray(0, 16)
      expect(hex(l)).toBe(vector.L)
      const k1 = deriveK1(l)
      expect(hex(k1)).toBe(vector.K1)
      const masked = [vector.M1, vector.M2].map((m) => bytes(m).map((byte, i) => byte ^ (k1[i] ?? 0)))
      const blocks = maskCounters(k1)(nonce)
      expect(hex(blocks)).toBe(hex(concat(...masked)))
      expect(hex(await aes(blocks))).toBe(vector.Kx)
    })

    it('seals and opens', async () => {
      const xaes = await createXaes(bytes(vector.key), primitives)
      const sealed = concat(...(await xaes.seal(nonce, bytes(vector.aad), bytes(vector.plaintext))))
      expect(hex(sealed)).toBe(vector.ciphertext)
      expect(hex(await xaes.open(nonce, bytes(vector.aad), sealed))).toBe(vector.plaintext)
    })

    it.each(['nonce', 'aad', 'sealed'])('does not open with another %s', async (changed) => {
      const xaes = await createXaes(bytes(vector.key), primitives)
      const other = (value: Bytes, name: string) => (name === changed ? concat(value.subarray(1), Uint8Array.of(0)) : value)
      const opened = await xaes.open(
        other(nonce, 'nonce'),
        changed === 'aad' ? toUtf8('other') : bytes(vector.aad),
        other(bytes(vector.ciphertext), 'sealed'),
      )
      expect(opened).toBeUndefined()
    })
  })
})

// By WebCrypto, and a million messages: `xaes.slow.test.ts`.
it('reaches the accumulated digest of 10 000 random messages by node:crypto', () => reachesDigest(node))
