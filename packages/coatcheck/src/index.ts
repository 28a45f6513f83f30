export type { ExplainCode } from './core/explain/codes.ts'
export type { Explanation, Reason } from './core/explain/explain.ts'
export type { AboutEvent, EndReason, RefusalReason, SessionEvent } from './core/model/events.ts'
export type { Telemetry } from './core/model/observing.ts'
export type { Plan } from './core/model/plan.ts'
export type { CookieOptions, GivenOptions as SessionsOptions } from './core/options/options.ts'
export { aal1, aal2, aal3, type Timeouts } from './core/options/presets.ts'
export type { Codec, Migration, StandardSchema } from './core/options/schema.ts'
export type { SecretList, SecretState, StatedSecret } from './core/options/secret-states.ts'
export { createSecret, type SecretSource } from './core/options/secrets.ts'
export type { ListOptions, SessionOrHandle } from './core/owners/methods.ts'
export type { ListedSession, OwnerLimit, SessionPage } from './core/owners/types.ts'
export type { RequestOrContext } from './core/request/request-types.ts'
export type {
  ElevateOptions,
  FreshOptions,
  Level,
  NewIdOptions,
  OnceCall,
  OnceOptions,
  Session,
  SetOptions,
  SignInOptions,
  SignOutOptions,
} from './core/session/types.ts'
export { createSessions, type Sessions } from './core/sessions.ts'
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
