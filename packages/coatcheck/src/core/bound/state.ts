import type { PublicKey } from '../../crypto/signatures.ts'
import type { Contents } from '../model/contents.ts'
import { publicKeyOf } from './proof.ts'

/** What a session says of its device, beside its values. A sealed session has its key in the name that the browser knows it by. */
export interface BoundState {
  /** Drawn at each sign-in. */
  readonly sid: string
  /** The thumbprint of the device's key; absent until one is registered. */
  readonly print?: string
  readonly jwk?: PublicKey | undefined
  /** The name that the browser knows the session by. */
  readonly name?: string
  /** A refresh has shown that the browser has the cookie: from here on it is asked for. */
  readonly confirmed?: true
}

/** undefined: nobody was asked for a key, or what is there is nothing of ours. */
export function stateIn(contents: Pick<Contents, 'more'> | undefined): BoundState | undefined {
  const { sid, print, jwk, name, confirmed } = Object(contents?.more.bound) as Record<string, unknown>
  if (typeof sid !== 'string') return undefined
  return {
    sid,
    ...(typeof print === 'string' && { print }),
    ...(jwk !== undefined && { jwk: publicKeyOf(jwk) }),
    ...(typeof name === 'string' && { name }),
    ...(confirmed === true && { confirmed }),
  }
}
