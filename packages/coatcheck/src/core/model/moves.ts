import { SessionError } from '../../errors.ts'
import { apply, type Changes } from './changes.ts'
import type { Entry } from './codec.ts'
import type { Contents, Fields } from './contents.ts'
import { type Auth, authOf, beside, impersonated, impersonatorOf, released } from './standing.ts'

interface Noted {
  /** What the application wants to know when the old ticket is used after its time. */
  readonly note?: string
}

/** For the same person; their level may go up with it. */
interface Regenerate extends Noted {
  readonly kind: 'regenerate'
  /** The session's time begins again as well. */
  readonly anew?: boolean
  readonly auth?: Auth
  /** As at a sign-in, where a framework knows none. */
  readonly bound?: Fields
}

/** Somebody signs in. */
interface SignIn extends Noted {
  readonly kind: 'signIn'
  readonly owner: string
  /** What was there of the owner's ends before the credentials were checked. */
  readonly mark?: string
  readonly auth: Auth
  /** Takes the place of what binds the session to a device: a key that a guest's session had does not count for the person. */
  readonly bound?: Fields
  /** Milliseconds that the session lasts from here on; false: as long as the others of the site. */
  readonly remember?: number | false
  /** The values that a guest's session gets with those of another session of the owner. */
  readonly merge?: (guest: Contents, existing: Contents, now: number) => ReadonlyMap<string, Entry>
  /** That other session; null: there is none. Absent until somebody looked. */
  readonly existing?: Contents | null
}

/** The person begins to act as somebody else, or goes back to the own session. Nobody else's writes come along. */
interface Switch extends Noted {
  readonly kind: 'switch'
  /** Whose the session is then. */
  readonly owner: string
  readonly impersonates: boolean
  /** What the request changed before it, in the session that is put aside. */
  readonly before?: Changes
  /** What the request sees of the session meanwhile. */
  readonly shows: Contents
}

/** A new id, and why. */
export type Move = Regenerate | SignIn | Switch

const quiet = (): void => {}
const all = (changes: Changes): Changes => changes

/** The contents after a commit that gives a session a new id, or begins one. `left`: of changes, those that are not in `from`. */
export function moved(
  from: Contents,
  { changes, move }: { readonly changes: Changes; readonly move: Move | undefined },
  now: number,
  left: (changes: Changes) => Changes = all,
): Contents {
  if (move?.kind === 'switch') return switched(from, changes, move, now, left)
  const next = apply(from, left(changes), now, quiet)
  if (!move) return next
  const { since, ...others } = next
  const contents = startsAnew(move) ? others : next
  if (move.kind === 'signIn') return signedIn(contents, move, now, from.owner === undefined)
  const { auth, bound } = move
  if (!auth && !bound) return contents
  return beside(contents, { ...(auth && { auth: { ...authOf(contents), ...auth } }), ...(bound && { bound }) })
}

function signedIn(contents: Contents, move: SignIn, now: number, isGuest: boolean): Contents {
  const { owner, auth, bound, remember, merge, existing } = move
  const { lasts, ...others } = contents
  const own = remember === undefined ? contents : { ...others, ...(remember !== false && { lasts: remember }) }
  const fields = { auth, bound, ...(remember !== undefined && { remembered: remember === false ? undefined : true }) }
  const next = beside({ ...own, owner }, fields)
  if (!merge || !isGuest) return next
  if (existing === undefined) throw listsNobody()
  return existing === null ? next : { ...next, values: merge(next, existing, now) }
}

function switched(
  from: Contents,
  changes: Changes,
  { owner, impersonates, before }: Switch,
  now: number,
  left: (changes: Changes) => Changes,
): Contents {
  const own = before ? apply(from, left(before), now, quiet) : from
  return apply(impersonates ? impersonated(own, owner) : (released(from) ?? from), changes, now, quiet)
}

/** Whether the session's time begins again with this move. */
export function startsAnew(move: Move | undefined): boolean {
  return move?.kind === 'signIn' || (move?.kind === 'regenerate' && move.anew === true)
}

/** Whether a session is already what this move was to make of it, as after a double click. */
export function isDone(move: Move, contents: Contents): boolean {
  const isImpersonated = impersonatorOf(contents) !== undefined
  if (move.kind === 'switch') return contents.owner === move.owner && isImpersonated === move.impersonates
  const auth = authOf(contents)
  if (move.auth?.up && move.auth.up.level !== auth?.up?.level) return false
  return move.kind === 'regenerate' || (contents.owner === move.owner && !isImpersonated && move.auth.level === auth?.level)
}

function listsNobody(): SessionError {
  return new SessionError(
    'BAD_OPTIONS',
    'signIn() was given `merge`, and there is no store that lists the sessions of an owner.',
    {
      fix: 'Use a store with `listByOwner`, or load what the owner has and change the session by update().',
    },
  )
}
