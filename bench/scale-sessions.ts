import { createHash, randomBytes } from 'node:crypto'
import type { SessionRecord } from '../packages/coatcheck/src/stores/store.ts'

/** Sessions of one owner. */
export const PER_OWNER = 4
const VERSION_BYTES = 9
/** What a cart of 306 bytes is, encrypted. */
const DATA_CHARS = 480

const HOUR = 3_600_000
const sha = (text: string): string => createHash('sha256').update(text).digest('base64url').toLowerCase()

/** The key of the session with this number: like those of the engine, in no order. */
export const keyOf = (n: number): string => sha(`key ${n}`)

/** The owner of the session with this number. */
export const ownerOf = (n: number): string => sha(`owner ${Math.floor(n / PER_OWNER)}`)

export const newVersion = (): string => randomBytes(VERSION_BYTES).toString('base64url')

/** Data that cannot be packed, all of it different. */
const pool = randomBytes(1_000_000).toString('base64url')
export function newData(): string {
  const from = Math.floor(Math.random() * (pool.length - DATA_CHARS))
  return pool.slice(from, from + DATA_CHARS)
}

export function recordOf(n: number, expiresAt: number = Date.now() + 24 * HOUR): SessionRecord {
  return { data: newData(), owner: ownerOf(n), createdAt: Date.now() - HOUR, endsAt: expiresAt + HOUR, expiresAt }
}

/** Numbers from `from` on, so many, in parts. */
export function* parts(from: number, count: number, size: number): Generator<readonly number[]> {
  for (let at = 0; at < count; at += size) yield Array.from({ length: Math.min(size, count - at) }, (_, n) => from + at + n)
}

/** The values of a row of the SQL stores, in the order of their columns. */
export function rowOf(n: number, expiresAt?: number): [string, string, string, string, number, number, number] {
  const { data, owner = '', createdAt, endsAt, expiresAt: ends } = recordOf(n, expiresAt)
  return [keyOf(n), newVersion(), data, owner, createdAt, endsAt, ends]
}

export const COLUMNS = ['key', 'version', 'data', 'owner', 'created_at', 'ends_at', 'expires_at'] as const
