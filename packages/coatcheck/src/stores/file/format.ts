import { createHash } from 'node:crypto'
import { randomText } from '../../crypto/random.ts'
import { SessionError } from '../../errors.ts'
import type { SessionRecord, Version } from '../store.ts'
import { DamagedRecord } from './damaged.ts'

/** Twelve characters that nobody draws twice. */
export function draw(): string {
  return randomText(9)
}

/** `<number>.<expiresAt>.<random>`: the number tells leftovers of former versions, the time tells what to prune without opening a file. */
export function nameVersion(number: number, expiresAt: number): Version {
  return `${number}.${expiresAt}.${draw()}`
}

export function parseVersion(version: Version): { readonly number: number; readonly expiresAt: number } | undefined {
  const [, number, expiresAt] = /^(\d{1,15})\.(\d{1,16})\.[\w-]{12}$/.exec(version) ?? []
  return number === undefined || expiresAt === undefined ? undefined : { number: Number(number), expiresAt: Number(expiresAt) }
}

/** The content of a file: the record, and which of the sessions that were ever made under its key it is. */
export interface Content {
  readonly birth: string
  readonly record: SessionRecord
}

/** The name of a session in its owner's directory. */
export function nameEntry(key: string, { birth, record }: Content): string {
  return `${key}.${record.endsAt}.${birth}`
}

export function parseEntry(entry: string): { readonly key: string; readonly endsAt: number } | undefined {
  const [, key, endsAt] = /^([a-z0-9_-]{1,128})\.(\d{1,16})\.[\w-]{12}$/.exec(entry) ?? []
  return key === undefined || endsAt === undefined ? undefined : { key, endsAt: Number(endsAt) }
}

const FORMAT = 1

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url')

/** Three parts, a line each: the SHA-256 of the rest, a JSON object of all but the data, the data as it is. */
export function encode(key: string, { birth, record }: Content): string {
  const { data, ...rest } = record
  for (const [name, value] of Object.entries(rest)) {
    if (name !== 'owner' && !(Number.isSafeInteger(value) && Number(value) >= 0)) {
      throw new SessionError('STORE_FAILED', `A record's ${name} must be whole milliseconds since 1970, not ${value}.`)
    }
  }
  const text = `${JSON.stringify({ format: FORMAT, key, birth, ...rest })}\n${data}`
  return `${sha256(text)}\n${text}`
}

interface Head extends Omit<SessionRecord, 'data'> {
  readonly format: typeof FORMAT
  readonly key: string
  readonly birth: string
}

/** The checksum was right, so only another version of this library can have written something else. */
function isHead(value: unknown): value is Head {
  return typeof value === 'object' && value !== null && 'format' in value && value.format === FORMAT
}

/** Reads back what `encode` wrote for `key`. Throws DamagedRecord with `path` for anything else. */
export function decode(text: string, key: string, path: string): Content {
  const [, sum, rest, head = '', data = ''] = /^([\w-]{43})\n(([^\n]*)\n(.*))$/s.exec(text) ?? []
  if (rest === undefined) throw new DamagedRecord(path, 'it is not a whole record')
  if (sum !== sha256(rest)) throw new DamagedRecord(path, 'its content is torn or was changed')
  const parsed: unknown = JSON.parse(head)
  if (!isHead(parsed)) throw new DamagedRecord(path, 'another version of this library wrote it')
  const { format, key: itsKey, birth, ...times } = parsed
  if (itsKey !== key) throw new DamagedRecord(path, 'it is the record of another session')
  return { birth, record: { data, ...times } }
}
