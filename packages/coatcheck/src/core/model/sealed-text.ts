import { Entry } from './codec.ts'
import { type Contents, contentsOf, decode, encodeWrites, flashText, MAX_TEXT } from './contents.ts'
import { entryAt, entryText } from './entry-text.ts'
import { isTooDeep, members, nameAt } from './json-text.ts'
import type { Lifetime } from './lifetime.ts'

/** What a sealed ticket holds. */
export interface SealedSession {
  readonly id: string
  readonly contents: Contents
  /** As it was written: whoever reads it checks that these are times. */
  readonly lifetime: Lifetime
}

/** Of the text as it is written here. Number 1 is the JSON that records are written in: it is read as well. */
const FORMAT = 2

/** Format, when it was created, how long from there to its end, and from its idle end to its end, id; then the values. */
const HEAD = /^(\d+)\.([0-9a-z]{1,11})\.(-?[0-9a-z]{1,11})\.([0-9a-z]{1,11})\.([\w-]+)(?=\{)/

/** Stands before a key whose value is not plain JSON alone, and before one that begins with it. */
const MARK = '*'

/** Short, since all of it travels with each request: values as they are, times in base 36, and what is not there takes no room. */
export function encodeSealed({ id, contents, lifetime }: SealedSession): string {
  const { createdAt, endsAt, expiresAt } = lifetime
  const { owner, lasts, since, from, writes, more } = contents
  const times = [createdAt, endsAt - createdAt, endsAt - expiresAt].map((time) => time.toString(36)).join('.')
  let values = ''
  for (const [key, entry] of contents.values) values += `${values && ','}${valueText(key, entry)}`
  const fields = JSON.stringify({ ...more, owner, lasts, since, from, ...(writes.count > 0 && encodeWrites(writes)) }).slice(
    1,
    -1,
  )
  const flash = contents.flash.size === 0 ? '' : flashText(contents.flash)
  const rest = [fields, flash && `"flash":${flash}`].filter(Boolean).join()
  return `${FORMAT}.${times}.${id}{${values}}${rest && `{${rest}}`}`
}

function valueText(key: string, entry: Entry): string {
  const isPlain = !(entry.rich || entry.isOpaque || entry.more || key.startsWith(MARK)) && entry.until === undefined
  return isPlain ? `${JSON.stringify(key)}:${entry.text}` : `${JSON.stringify(MARK + key)}:${entryText(entry)}`
}

/** What was sealed here, or why it cannot be read. */
export function decodeSealed(text: string): SealedSession | 'corrupt' | 'unknown-version' {
  if (text.startsWith('{')) return decodeJson(text)
  try {
    const format = Number(/^\d+(?=\.)/.exec(text)?.[0])
    if (format > FORMAT) return 'unknown-version'
    const [head = '', , createdAt, span, left, id = ''] = HEAD.exec(text) ?? []
    const found = members(text, head.length)
    if (format !== FORMAT || !found || text.length > MAX_TEXT) return 'corrupt'
    const values = new Map<string, Entry>()
    for (let i = 0; i < found.at.length; i += 4) {
      const [name = 0, value = 0, end = 0] = found.at.slice(i, i + 3)
      const key = nameAt(text, name, value)
      if (key.startsWith(MARK)) values.set(key.slice(1), entryAt(text, found, i / 4))
      else values.set(key, Entry.read(false, text.slice(value, end)))
    }
    const rest = text.slice(found.end)
    if (rest !== '' && (rest[0] !== '{' || isTooDeep(rest))) return 'corrupt'
    const contents = contentsOf(rest === '' ? {} : JSON.parse(rest), values)
    if (!contents) return 'corrupt'
    const [from, endsAt] = [time(createdAt), time(createdAt) + time(span)]
    return { id, contents, lifetime: { createdAt: from, endsAt, expiresAt: endsAt - time(left) } }
  } catch {
    return 'corrupt'
  }
}

const time = (digits = ''): number => Number.parseInt(digits, 36)

function decodeJson(text: string): SealedSession | 'corrupt' | 'unknown-version' {
  const decoded = decode(text)
  if (typeof decoded === 'string') return decoded
  const { contents, frame, to, ended } = decoded
  const [createdAt, endsAt, expiresAt] = Array.isArray(frame.life) ? frame.life : []
  if (to || ended || typeof frame.id !== 'string') return 'corrupt'
  return { id: frame.id, contents, lifetime: { createdAt, endsAt, expiresAt } as Lifetime }
}
