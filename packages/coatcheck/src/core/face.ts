/** What core offers to frameworks/: their only way into it. */

export type { Committed } from './committed.ts'
export { type CustomStorage, customKeeper } from './custom.ts'
export { answer, answered, type HeadersOut, takenBack } from './headers.ts'
export { hold, type NodeResponse, nodeHeaders } from './hold.ts'
export { takeBack } from './node-response.ts'
export type { Scope } from './scope.ts'
export type { LiveSession } from './session.ts'
export { type AnySessions, type FaceSessions, faceOf, type Sessions, sessionsOf } from './sessions.ts'
export type { HeaderLine, Presented } from './transport.ts'
