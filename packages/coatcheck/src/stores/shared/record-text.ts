import type { SessionRecord } from '../store.ts'

/** The parts that an update leaves as they were, as text. It travels in the version, so that an update or a delete need not read first. */
export function fixedOf({ createdAt, endsAt, owner = '' }: SessionRecord, entry = ''): string {
  return [createdAt, endsAt, owner, entry].join('/')
}

/** A record as one text; in a backend that holds nothing else of it. */
export function recordText(fixed: string, { data, expiresAt }: Pick<SessionRecord, 'data' | 'expiresAt'>): string {
  return `${expiresAt}/${fixed}\n${data}`
}

export interface Stored {
  readonly record: SessionRecord
  readonly fixed: string
  /** The name of the entry in the owner's index, where there is one. */
  readonly entry: string
}

/** The record in a text of `recordText`; `undefined` for any other text. */
export function parseRecord(text: string): Stored | undefined {
  const end = text.indexOf('\n')
  const parts = HEAD.exec(text.slice(0, Math.max(end, 0)))
  if (!parts) return undefined
  const [, expiresAt, fixed = '', createdAt, endsAt, owner, entry = ''] = parts
  const times = { createdAt: Number(createdAt), endsAt: Number(endsAt), expiresAt: Number(expiresAt) }
  return { record: { data: text.slice(end + 1), ...(owner && { owner }), ...times }, fixed, entry }
}

/** The version that the backend gave, and what goes with it. */
export const versionText = (own: string | number, fixed: string): string => `${own}/${fixed}`

/** The parts of a text of `versionText`; `undefined` for any other text, which is no version of this backend. */
export function parseVersion(version: string): (Pick<Stored, 'fixed' | 'entry'> & { own: string; owner: string }) | undefined {
  const [, own = '', fixed = '', , , owner = '', entry = ''] = VERSION.exec(version) ?? []
  return own === '' ? undefined : { own, fixed, owner, entry }
}

const TIME = '-?\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?'
const FIXED = `((${TIME})/(${TIME})/([a-z0-9_-]{0,128})/([\\w-]{0,32}))`
const HEAD = new RegExp(`^(${TIME})/${FIXED}$`)
const VERSION = new RegExp(`^([\\w.-]+)/${FIXED}$`)
