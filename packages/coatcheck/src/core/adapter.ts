/** What core offers to frameworks/: their only way into it. */

export type { CookieAttributes } from '../cookies/attributes.ts'
export type { ResponseCookie } from '../cookies/response-cookie.ts'
export { DEVICE, type Device } from './bound/device.ts'
export type { Persistence } from './engine.ts'
export { areSame, type Besides, besides } from './identity.ts'
export { type Policy, rollingPolicy } from './model/lifetime.ts'
export type { Plan } from './model/plan.ts'
export { snapshot } from './model/shape.ts'
export {
  changeHeaders,
  delayHeaders,
  type HoldHooks as DelayHooks,
  type NodeResponse,
  nodeHeaders,
} from './node/delayed-headers.ts'
export { beforeHeadersLeave, keepPrivate, openInContext, take } from './node/in-context.ts'
export { takeBack } from './node/node-response.ts'
export { type AskedOf, unlessOwnOnNode } from './node/own-answer.ts'
export { refuse } from './node/refuse.ts'
export { type RequestContext, requestContext, watchRequests, within } from './node/request-context.ts'
export { checkedOptions, refuseDeviceBound, sharedOptions } from './options/checked.ts'
export type { DeviceBound, DeviceBoundOption } from './options/device-bound.ts'
export type {
  AdapterOptions,
  GivenOptions as SiteOptions,
  SessionsOptions,
  SharedOptions,
  StorageOptions,
} from './options/options.ts'
export { checkSiteOptions } from './options/options.ts'
export type { SecretList } from './options/secret-states.ts'
export type { OptionsOf as SiteOptionsOf, Storable } from './options/storable.ts'
export { Originals } from './originals.ts'
export { afterOwn, unlessOwn } from './own-answer.ts'
export { type CustomStorage, customPersistence, type IdFormats } from './persistence/custom.ts'
export { upstreamPersistence } from './persistence/upstream-format.ts'
export { processSingleton, warnOfPlainHttp } from './process-singleton.ts'
export { type Properties, propertiesOf } from './properties.ts'
export { jsonOf, setOrReduce } from './reduced.ts'
export type { Committed } from './request/commit.ts'
export { headersOf, presentedBy, type RequestHeaders } from './request/incoming.ts'
export type { Commit } from './request/lifetime-override.ts'
export { isAnswer, type RequestSession, throughAdapter } from './request/request-session.ts'
export { answer, answerByCall, answered, answeredByCall, type HeadersOut, putOn } from './request/response-headers.ts'
export { takenBack } from './request/taken-back.ts'
export { cookiesOf, type HeaderLine } from './request/tickets.ts'
export type { LiveSession } from './session/session.ts'
export type { Session } from './session/types.ts'
export { type AdapterSessions, type AnySessions, adapterOf, type Sessions, sessionsOf } from './sessions.ts'
export { sessionsFor } from './sessions-cache.ts'
