/** Values of any kind: what goes in comes out, or is refused by `BAD_VALUE`; text of anybody's is decoded or called corrupt. */

import { Entry } from '../../../src/core/model/codec.ts'
import { type Contents, decode, encode, type Fields } from '../../../src/core/model/contents.ts'
import { decodeSealed, encodeSealed } from '../../../src/core/model/sealed-text.ts'
import { NO_WRITES, withWrite } from '../../../src/core/model/writes.ts'
import { SessionError } from '../../../src/errors.ts'
import { mutated } from '../mutate.ts'
import { Random } from '../random.ts'
import { counted, holds, type Input, type Running, type Target } from '../target.ts'
import { anyValue, shape } from '../values.ts'

type Drawn = { readonly value: number } | { readonly text: string }

const FRAME = { key: '0123456789abcdef' }
const LIFETIME = { createdAt: 1e12, endsAt: 2e12, expiresAt: 1.5e12 }
const WRITES = withWrite(NO_WRITES, { id: 'w', at: 1 }, 4000)
/** Fields of a newer release. */
const MORE: Fields = { newer: { a: [1] } }

async function open(): Promise<Running> {
  const ends = new Map<string, number>()
  return {
    genuine: {},
    ends,
    draw: (random) =>
      random.oneIn(2) ? { value: random.below(2 ** 31) } : { text: mutated(textOf(random), random, [textOf(random)]) },
    check(input: Input) {
      const drawn = input as unknown as Drawn
      if ('value' in drawn) valueComesBack(anyValue(new Random('value', drawn.value)), ends)
      else if (typeof drawn.text === 'string') textIsRead(drawn.text, ends)
    },
  }
}

function textOf(random: Random): string {
  const contents = bodyOf(random)
  return random.oneIn(3) ? encodeSealed({ id: 'i', contents, lifetime: LIFETIME }) : encode(contents, FRAME)
}

function bodyOf(random: Random): Contents {
  const entries = Array.from({ length: random.size(4) }, (_, at): [string, Entry][] => {
    const entry = entryOf(anyValue(random), random.oneIn(3) ? random.below(2 ** 31) : undefined)
    return entry ? [[random.pick(['a', '__proto__', 'é', `k${at}`]), entry]] : []
  }).flat()
  const flash = new Map(entries.slice(1).map(([key, entry]) => [key, { id: 'i', entry }]))
  const lasts = random.oneIn(3) ? { lasts: 1 + random.below(1000) } : {}
  return {
    values: new Map(entries),
    flash,
    owner: random.pick([undefined, 'ada']),
    writes: random.oneIn(2) ? NO_WRITES : WRITES,
    more: random.oneIn(3) ? MORE : {},
    ...lasts,
  }
}

function entryOf(value: unknown, until?: number): Entry | undefined {
  try {
    return Entry.of(value, 'k', until)
  } catch (error) {
    if (error instanceof SessionError && error.code === 'BAD_VALUE') return undefined
    throw error
  }
}

function valueComesBack(value: unknown, ends: Map<string, number>): void {
  const entry = entryOf(value, 7)
  counted(ends, entry ? (entry.rich ? 'rich' : 'plain') : 'BAD_VALUE')
  if (!entry) return
  const before = shape(value)
  const again = Entry.parsed(entry.rich, JSON.parse(entry.text), 7)
  holds(again.equals(entry), 'the text is the same after it was parsed')
  for (const one of [entry, again, again])
    holds(
      shape(one.take()) === before,
      'what goes in comes out',
      () => `${before.slice(0, 300)} became ${shape(again.take()).slice(0, 300)}`,
    )
  const contents: Contents = {
    values: new Map([['k', entry]]),
    flash: new Map([['f', { id: 'i', entry }]]),
    owner: 'ada',
    writes: WRITES,
    lasts: 5,
    more: MORE,
  }
  const text = encode(contents, FRAME)
  const read = decode(text)
  holds(typeof read === 'object', 'what was written is read', () => String(read))
  holds(encode(read.contents, read.frame) === text, 'what was read is written the same')
  const ticket = encodeSealed({ id: 'i', contents, lifetime: LIFETIME })
  const sealed = decodeSealed(ticket)
  holds(typeof sealed === 'object', 'what was sealed is read', () => String(sealed))
  holds(encodeSealed(sealed) === ticket, 'what was sealed is sealed the same')
  holds(encode(sealed.contents, FRAME) === text, 'a sealed session is the same as a record')
}

function textIsRead(text: string, ends: Map<string, number>): void {
  const sealed = text.startsWith('{') ? 'corrupt' : decodeSealed(text)
  if (typeof sealed === 'object') {
    counted(ends, 'sealed')
    textIsRead(encode(sealed.contents, FRAME), ends)
  }
  const read = decode(text)
  counted(ends, typeof read === 'string' ? read : read.ended ? 'ended' : read.to ? 'moved' : 'contents')
  if (typeof read === 'string' || read.ended) return
  const { contents, frame, to } = read
  for (const [, entry] of contents.values) {
    entry.live(0)
    holds(typeof entry.text === 'string', 'every value has a text')
    let value: unknown
    try {
      value = entry.take()
    } catch {
      continue // an unreadable value is absent
    }
    const known = entryOf(value)
    if (known)
      holds(
        shape(Entry.parsed(known.rich, JSON.parse(known.text)).take()) === shape(value),
        'what was decoded can be stored and comes back',
      )
    counted(ends, known ? 'a value' : 'a value that cannot be stored again')
  }
  const again = encode(contents, frame, to)
  const second = decode(again)
  holds(typeof second === 'object', 'what was read can be written and read', () => `${String(second)} ${again.slice(0, 300)}`)
  holds(encode(second.contents, second.frame, second.to) === again, 'and then stays the same')
}

export const codec: Target = { name: 'codec', open }
