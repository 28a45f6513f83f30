import { digest } from '../../../crypto/digest.ts'
import type { Maybe } from '../../../crypto/maybe.ts'

export function ownerDigest(owner: string): Maybe<string> {
  return digest('owner', owner)
}
