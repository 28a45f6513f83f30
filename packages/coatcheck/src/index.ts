export type { RefusalReason, SessionEvent } from './core/events.ts'
export type { CookieOptions, GivenOptions as SessionsOptions } from './core/options.ts'
export type { Plan } from './core/plan.ts'
export { aal1, aal2, aal3, type Timeouts } from './core/presets.ts'
export type { RequestOrContext } from './core/request-types.ts'
export { createSessions, type Sessions } from './core/sessions.ts'
export type { NewIdOptions, Session, SetOptions, SignOutOptions } from './core/types.ts'
export { SessionError, type SessionErrorCode } from './errors.ts'
export {
  type Capability,
  type Consistency,
  can,
  type Found,
  type Page,
  type SessionRecord,
  type Store,
  type Version,
} from './stores/store.ts'
