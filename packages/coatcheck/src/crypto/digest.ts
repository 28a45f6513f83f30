import type { Maybe } from './maybe.ts'
import { platform } from './platform.ts'
import type { Primitives } from './primitives.ts'

/**
 * SHA-256 of `text`, used for `purpose`, as 64 lower-case hex digits. No two pairs are hashed alike: JSON tells every list of strings apart, those
 * with lone surrogates included (ECMA-262 25.5.2.3).
 */
export function digest(purpose: string, text: string, primitives: Primitives = platform()): Maybe<string> {
  return primitives.sha256(JSON.stringify(['coatcheck', purpose, text]))
}
