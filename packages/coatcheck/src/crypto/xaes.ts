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
      const k1 = deriveK1(zeros.subarray(0, 16))
      return {
        seal: (nonce, aad, plaintext) =>
          andThen(aes(counters(k1, nonce)), (subkey) => gcmSeal(subkey, nonce.subarray(12), aad, plaintext)),
        open: (nonce, aad, sealed) =>
          andThen(aes(counters(k1, nonce)), (subkey) => gcmOpen(subkey, nonce.subarray(12), aad, sealed)),
      }
    }),
  )
}

/** L shifted left by one bit, reduced in GF(2^128) (the CMAC subkey K1, NIST SP 800-38B 6.1). */
export function deriveK1(l: Bytes): Bytes {
  const carry = (l[0] ?? 0) >> 7
  return l.map((byte, i) => ((byte << 1) | ((l[i + 1] ?? 0) >> 7)) ^ (i === 15 ? carry * 0x87 : 0))
}

/** M1 ^ K1 and M2 ^ K1: with M1 = 00 01 'X' 00 N[:12] and M2 = 00 02 'X' 00 N[:12], AES of both is the message's own key. */
export function counters(k1: Bytes, nonce: Bytes): Bytes {
  const blocks = new Uint8Array(32)
  for (let i = 0; i < 16; i++) {
    blocks[i] = blocks[i + 16] = (k1[i] ?? 0) ^ (i === 2 ? 0x58 : i < 4 ? 0 : (nonce[i - 4] ?? 0))
  }
  blocks[1] = (blocks[1] ?? 0) ^ 1
  blocks[17] = (blocks[17] ?? 0) ^ 2
  return blocks
}
