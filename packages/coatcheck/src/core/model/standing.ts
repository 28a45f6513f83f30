import { SessionError } from '../../errors.ts'
import { type Contents, decode, EMPTY, encode, type Fields } from './contents.ts'
import { isObject } from './entry-text.ts'

// What a session says of the person who uses it. These fields stand beside the values, in `more`: a release that does not know them keeps
// them, and one that cannot read what they say goes on as if they were not there.

/** When, and how surely, the person proved who they are. */
export interface Auth {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** undefined: the application did not say. */
  readonly level?: string
  /** A higher level for a while: until then, in milliseconds since the epoch. */
  readonly up?: { readonly level: string; readonly until: number }
}

/** Whose session it is in which somebody else is acted as, and what that session held. */
interface Impersonator {
  readonly owner: string
  /** The text of its values and flash values. */
  readonly session: string
}

export function authOf({ more: { auth } }: Contents): Auth | undefined {
  if (!isObject(auth) || !isTime(auth.at)) return undefined
  const { at, level, up } = auth
  const isUp = isObject(up) && typeof up.level === 'string' && isTime(up.until)
  return { at, ...(typeof level === 'string' && { level }), ...(isUp && { up: up as unknown as NonNullable<Auth['up']> }) }
}

/** The level that counts at `now`. */
export function levelAt({ level, up }: Partial<Auth>, now: number): string | undefined {
  return up && now < up.until ? up.level : level
}

/** What the application noted of the visitor's device. A copy: contents are shared. */
export function noteOf({ more: { note } }: Pick<Contents, 'more'>): Fields | undefined {
  return isObject(note) ? structuredClone(note) : undefined
}

/** Whether a session belongs to one device: not; it has a key, which no refresh has shown; a refresh has; or it is no use without the cookie that did not come. */
export type Bound = 'none' | 'pending' | 'bound' | 'lapsed'

/** How a session is bound by what is stored of it. */
export function boundIn({ more: { bound } }: Pick<Contents, 'more'>): Exclude<Bound, 'lapsed'> {
  if (!isObject(bound) || !bound.print) return 'none'
  return bound.confirmed === true ? 'bound' : 'pending'
}

export function impersonatorOf({ more: { impersonator } }: Contents): string | undefined {
  return ownIn(impersonator)?.owner
}

/** Who acts in this session, under whose digest its record is listed: the impersonator, or the owner. */
export function actorOf(contents: Contents): string | undefined {
  return impersonatorOf(contents) ?? contents.owner
}

/** The contents with these fields beside the values; an undefined one is removed. */
export function beside(contents: Contents, fields: Fields): Contents {
  const more = Object.entries({ ...contents.more, ...fields }).filter(([, value]) => value !== undefined)
  return { ...contents, more: Object.fromEntries(more) }
}

/** The session of `owner` that the person of `own` acts in: without values, with those of `own` put aside. */
export function impersonated(own: Contents, owner: string): Contents {
  const { values, flash } = own
  const impersonator: Impersonator = { owner: own.owner ?? '', session: encode({ ...EMPTY, values, flash }, {}) }
  return beside({ ...own, values: EMPTY.values, flash: EMPTY.flash, owner }, { impersonator })
}

/** The own session of who acted as somebody else. undefined: what was put aside cannot be read. */
export function released(contents: Contents): Contents | undefined {
  const own = ownIn(contents.more.impersonator)
  const decoded = own && decode(own.session)
  if (!own || typeof decoded !== 'object') return undefined
  const { values, flash } = decoded.contents
  return beside({ ...contents, values, flash, owner: own.owner }, { impersonator: undefined })
}

const isTime = (value: unknown): value is number => Number.isSafeInteger(value)

const ownIn = (value: unknown): Impersonator | undefined =>
  isObject(value) && typeof value.owner === 'string' && typeof value.session === 'string'
    ? (value as unknown as Impersonator)
    : undefined

/** `what` it was given to. */
export function checkOwner(owner: string, what: string): void {
  if (typeof owner === 'string' && owner !== '' && owner.isWellFormed()) return
  throw new SessionError('BAD_VALUE', `${what} was given an owner that is not a non-empty text.`, {
    fix: 'Pass the id of the user as a string.',
  })
}
