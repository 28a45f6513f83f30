import { digest } from '../../../crypto/digest.ts'
import type { Maybe } from '../../../crypto/maybe.ts'

/** A store is told this instead of an owner's name. */
export function ownerDigest(owner: string): Maybe<string> {
  return digest('owner', owner)
}
