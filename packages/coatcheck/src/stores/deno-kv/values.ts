import { SessionError } from '../../errors.ts'
import type { Found, SessionRecord, Version } from '../store.ts'

/** The part of a record that never changes. */
type Fixed = Pick<SessionRecord, 'owner' | 'createdAt' | 'endsAt'>

/** A record as Deno KV has it. Its data are bytes, because text would take up to two bytes for each of its own. */
export interface Stored extends Fixed {
  readonly data: Uint8Array
  readonly expiresAt: number
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function stored({ data, owner, createdAt, endsAt, expiresAt }: SessionRecord): Stored {
  return { data: encoder.encode(data), ...(owner !== undefined && { owner }), createdAt, endsAt, expiresAt }
}

export function foundIn(value: unknown, versionstamp: string): Found {
  const { data, owner, createdAt, endsAt, expiresAt } = (value ?? {}) as Partial<Stored>
  const areTimes = [createdAt, endsAt, expiresAt].every(Number.isFinite)
  if (!(data instanceof Uint8Array) || !areTimes || !(owner === undefined || typeof owner === 'string'))
    throw new SessionError('DAMAGED_RECORD', 'What Deno KV has for a session is no session.')
  const fixed = { ...(owner !== undefined && { owner }), createdAt: Number(createdAt), endsAt: Number(endsAt) }
  const record = { ...fixed, data: decoder.decode(data), expiresAt: Number(expiresAt) }
  return { record, version: versionOf(versionstamp, fixed) }
}

/**
 * A version is the stamp, which Deno KV never gives twice, and what is fixed under the key: so that an update keeps that, and a delete
 * knows the owner, without a read before.
 */
export function versionOf(versionstamp: string, { owner = '', createdAt, endsAt }: Fixed): Version {
  return [versionstamp, createdAt, endsAt, owner].join(' ')
}

/** `undefined` for a version that this store did not make; Deno KV would throw. */
export function stampOf(version: Version): { readonly versionstamp: string; readonly fixed: Fixed } | undefined {
  const [, versionstamp, createdAt, endsAt, owner] = /^([0-9a-f]{20}) (\S+) (\S+) ([a-z0-9_-]*)$/.exec(version) ?? []
  if (versionstamp === undefined || owner === undefined) return undefined
  return { versionstamp, fixed: { ...(owner !== '' && { owner }), createdAt: Number(createdAt), endsAt: Number(endsAt) } }
}
