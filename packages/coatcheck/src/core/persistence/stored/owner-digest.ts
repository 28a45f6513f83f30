import { digest } from '../../../crypto/digest.ts'
import type { Maybe } from '../../../crypto/maybe.ts'

/** What a store is told instead of an owner's name. */
export function ownerDigest(owner: string): Maybe<string> {
  return digest('owner', owner)
}
