export type { AdapterUnderTest, SuiteAnswer, SuiteSession, SuiteSite } from './adapter-suite/site.ts'
export { type AdapterSuiteOptions, adapterSuite } from './adapter-suite.ts'
export type { AppUnderAttack } from './attack/app.ts'
export { fixate } from './attack/fixate.ts'
export { replay } from './attack/replay.ts'
export type { AttackReport, Finding } from './attack/report.ts'
export { steal } from './attack/steal.ts'
export { toss } from './attack/toss.ts'
export { attack } from './attack.ts'
export { type DeviceEvent, type DeviceVisitor, deviceVisitor } from './device-visitor.ts'
export type { Answered, WhoIs } from './expect/answers.ts'
export {
  type CookieExpectation,
  hasNewId,
  isSignedIn,
  isSignedOutForGood,
  isUncacheable,
  setsCookie,
  type Verdict,
} from './expect/checks.ts'
export { assertSession, type MatcherResult, matchers, type SessionMatchers, withstood } from './expect/matchers.ts'
export { type FakeClock, fakeClock } from './fake-clock.ts'
export {
  type Exploration,
  type Explored,
  explore,
  type Failure,
  type Outcome,
  replaySchedule,
  type Scheduler,
  type Step,
  stepped,
} from './interleave.ts'
export { createJar, type Jar, type JarCookie, type JarOptions, type RequestContext } from './jar.ts'
export {
  type Gathering,
  type Held,
  type MeetingPoint,
  meetingPoint,
  type Overlap,
  type ParallelOptions,
  parallel,
} from './meeting-point.ts'
export { type AgentJar, type BrowserCookie, type SignedIn, type SignInAsOptions, signInAs } from './sign-in-as.ts'
export { type StoreGuarantee, storeGuarantees } from './store-guarantees.ts'
export { type StoreSuiteOptions, storeSuite } from './store-suite.ts'
export type { StoreTools, StoreTrialOptions, StoreUnderTest } from './suite/run.ts'
export { type Begun, type Refused, type Serve, type VisitInit, type Visitor, type VisitorOptions, visitor } from './visitor.ts'
