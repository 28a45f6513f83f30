import { besides, DEVICE } from '../../../core/adapter.ts'
import { deviceIn, type Values } from '../express-session/session.ts'
import { withValues } from '../koa/properties.ts'

/** What a session is, beside its values. */
export interface Behind {
  values: Values
  readonly isNew: boolean
  isChanged(): boolean
}

/** `req.session`: the values as properties. A function is not stored. */
export interface Session {
  /** Whether no session came with the request, or another was assigned since. */
  readonly isNew: boolean
  /** Whether it is not as it came. */
  readonly isChanged: boolean
  /** Whether it holds any value. */
  readonly isPopulated: boolean
  [key: string]: unknown
}

const BEHIND = besides<Behind>()
const behindOf = (session: object): Behind => BEHIND.get(session) as Behind

const PROTOTYPE = Object.defineProperties({} as Session, {
  [DEVICE]: deviceIn(behindOf),
  isNew: {
    get(this: Session) {
      return behindOf(this).isNew
    },
  },
  isChanged: {
    get(this: Session) {
      return behindOf(this).isChanged()
    },
  },
  isPopulated: {
    get(this: Session) {
      return [...behindOf(this).values.keys()].length > 0
    },
  },
})

/** The names that no value of an assigned object may have. */
export const isTaken = (key: string): boolean => key in PROTOTYPE

/** The object of one session, as a request sees it. */
export function sessionOver(behind: Behind): Session {
  const own: Session = Object.create(PROTOTYPE)
  BEHIND.set(own, behind)
  return withValues(own, () => behind.values)
}
