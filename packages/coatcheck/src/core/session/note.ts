import { SessionError } from '../../errors.ts'
import { EMPTY, type Fields } from '../model/contents.ts'
import { noteOf } from '../model/standing.ts'
import type { Inside } from './sure.ts'

/** Bytes of a note, as JSON. */
const LONGEST = 1024
/** Objects and lists within each other. */
const DEEPEST = 16

/** Reads the note, or puts `fields` in its place; an empty one removes it. */
export function note({ next, contents = EMPTY, admit }: Inside, fields: Fields | undefined): Fields | undefined {
  if (fields === undefined) return noteOf({ more: { ...contents.more, ...next.more } })
  const copy = checked(fields)
  admit('note()', true)
  next.more = { ...next.more, note: Object.keys(copy).length === 0 ? undefined : copy }
  return undefined
}

/** A copy, as JSON has it: what is given may change until it is stored. */
function checked(fields: Fields): Fields {
  try {
    const text = JSON.stringify(fields)
    const copy: unknown = JSON.parse(text)
    const isPlain = typeof copy === 'object' && copy !== null && !Array.isArray(copy)
    if (isPlain && new TextEncoder().encode(text).length <= LONGEST && !isDeep(copy, DEEPEST)) return copy as Fields
  } catch {} // what has no JSON
  throw new SessionError('BAD_VALUE', `note() was given something that is no object of at most ${LONGEST} bytes as JSON.`, {
    fix: 'Note only what a list of sessions shows, such as the device and the place, and keep the rest elsewhere.',
  })
}

const isDeep = (value: unknown, left: number): boolean =>
  typeof value === 'object' && value !== null && (left === 0 || Object.values(value).some((each) => isDeep(each, left - 1)))
