import { concat } from './bytes.ts'
import { andThen, type Maybe } from './maybe.ts'
import type { Bytes, Primitives } from './primitives.ts'

/** XAES-256-GCM (C2SP) under one key: 24-byte nonces, long enough to be random for as many messages as anybody seals. */
export interface Xaes {
  /** The ciphertext followed by its 16-byte tag, in one piece or several. */
  seal(nonce: Bytes, aad: Bytes, plaintext: Bytes): Maybe<readonly Bytes[]>
  open(nonce: Bytes, aad: Bytes, sealed: Bytes): Maybe<Bytes | undefined>
}

export function createXaes(key: Bytes, primitives: Primitives): Maybe<Xaes> {
  const { gcmSeal, gcmOpen } = primitives
  return andThen(primitives.aes(key), (aes) =>
    andThen(aes(new Uint8Array(32)), (zeros) => {
      const counters = maskCounters(deriveK1(zeros.subarray(0, 16)))
      return {
        seal: (nonce, aad, plaintext) =>
          andThen(aes(counters(nonce)), (subkey) => gcmSeal(subkey, nonce.subarray(12), aad, plaintext)),
        open: (nonce, aad, sealed) => andThen(aes(counters(nonce)), (subkey) => gcmOpen(subkey, nonce.subarray(12), aad, sealed)),
      }
    }),
  )
}

/** L shifted left by one bit, reduced in GF(2^128) (the CMAC subkey K1, NIST SP 800-38B 6.1). */
export function deriveK1(l: Bytes): Bytes {
  const carry = (l[0] ?? 0) >> 7
  return l.map((byte, i) => ((byte << 1) | ((l[i + 1] ?? 0) >> 7)) ^ (i === 15 ? carry * 0x87 : 0))
}

/**
 * For a nonce N, M1 ^ K1 and M2 ^ K1, where M1 = 00 01 'X' 00 N[:12] and M2 = 00 02 'X' 00 N[:12]: AES of both is the
 * message's own key. The same 32 bytes are used for every nonce.
 */
export function maskCounters(k1: Bytes): (nonce: Bytes) => Bytes {
  const xor = (bytes: Bytes, ...mask: readonly number[]) => bytes.map((byte, i) => byte ^ (mask[i] ?? 0))
  const blocks = concat(xor(k1, 0, 1, 0x58), xor(k1, 0, 2, 0x58))
  return (nonce) => {
    for (let i = 0; i < 12; i++) blocks[i + 4] = blocks[i + 20] = (k1[i + 4] ?? 0) ^ (nonce[i] ?? 0)
    return blocks
  }
}
