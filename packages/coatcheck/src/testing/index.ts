export type { AdapterUnderTest, SuiteAnswer, SuiteSession, SuiteSite } from './adapter-suite/site.ts'
export { type AdapterSuiteOptions, adapterSuite } from './adapter-suite.ts'
export { type DeviceEvent, type DeviceVisitor, deviceVisitor } from './device-visitor.ts'
export {
  type Exploration,
  type Explored,
  explore,
  type Failure,
  type Outcome,
  replay,
  type Scheduler,
  type Step,
  stepped,
} from './interleave.ts'
export { createJar, type Jar, type JarCookie, type JarOptions, type RequestContext } from './jar.ts'
export { type StoreGuarantee, storeGuarantees } from './store-guarantees.ts'
export { type StoreSuiteOptions, storeSuite } from './store-suite.ts'
export type { StoreTools, StoreTrialOptions, StoreUnderTest } from './suite/run.ts'
export { type Begun, type Refused, type Serve, type VisitInit, type Visitor, type VisitorOptions, visitor } from './visitor.ts'
