import type { AttackReport } from '../attack/report.ts'
import type { JarCookie } from '../jar.ts'
import type { Visitor } from '../visitor.ts'
import type { Answered, WhoIs } from './answers.ts'
import {
  type CookieExpectation,
  hasNewId,
  isSignedIn,
  isSignedOutForGood,
  isUncacheable,
  setsCookie,
  type Verdict,
} from './checks.ts'

/** Whether no attack broke the app. */
export function withstood(report: AttackReport): Verdict {
  const { broken, findings } = report
  const tried = findings.filter(({ outcome }) => outcome !== 'not tried').length
  if (tried === 0) return { pass: false, message: `Nothing was tried:\n${report}` }
  const message =
    broken.length > 0 ? `${broken.length} of ${tried} attacks broke the app` : `The app held against ${tried} attacks`
  return { pass: broken.length === 0, message: `${message}:\n${report}` }
}

/** What a matcher gives to the `expect` of Vitest and Jest. */
export interface MatcherResult {
  readonly pass: boolean
  message(): string
}

/** For the types of `expect`: `interface Matchers<R extends void | Promise<void>, T> extends SessionMatchers<R> {}` in Vitest. */
export interface SessionMatchers<R = void> {
  toSetCookie(name?: string, expected?: CookieExpectation): R
  toBeUncacheable(): R
  /** Await it. */
  toBeSignedIn(whoIs: WhoIs, owner?: string): Promise<void>
  /** Await it. */
  toBeSignedOutForGood(whoIs: WhoIs): Promise<void>
  toHaveNewId(before: readonly JarCookie[], name?: string): R
  toHaveWithstood(): R
}

/** `expect.extend(matchers)` in Vitest, Jest, Bun and Playwright. */
export const matchers: {
  toSetCookie(answered: Answered, name?: string, expected?: CookieExpectation): MatcherResult
  toBeUncacheable(answered: Answered): MatcherResult
  toBeSignedIn(visitor: Visitor, whoIs: WhoIs, owner?: string): Promise<MatcherResult>
  toBeSignedOutForGood(visitor: Visitor, whoIs: WhoIs): Promise<MatcherResult>
  toHaveNewId(visitor: Visitor, before: readonly JarCookie[], name?: string): MatcherResult
  toHaveWithstood(report: AttackReport): MatcherResult
} = {
  toSetCookie: (...given) => matched(setsCookie(...given)),
  toBeUncacheable: (...given) => matched(isUncacheable(...given)),
  toBeSignedIn: async (...given) => matched(await isSignedIn(...given)),
  toBeSignedOutForGood: async (...given) => matched(await isSignedOutForGood(...given)),
  toHaveNewId: (...given) => matched(hasNewId(...given)),
  toHaveWithstood: (...given) => matched(withstood(...given)),
}

/** The same as assertions, which throw an `AssertionError`, for node:test and every other runner. */
export const assertSession: {
  setsCookie(answered: Answered, name?: string, expected?: CookieExpectation): void
  uncacheable(answered: Answered): void
  signedIn(visitor: Visitor, whoIs: WhoIs, owner?: string): Promise<void>
  signedOutForGood(visitor: Visitor, whoIs: WhoIs): Promise<void>
  newId(visitor: Visitor, before: readonly JarCookie[], name?: string): void
  withstood(report: AttackReport): void
} = {
  setsCookie: (...given) => assert(setsCookie(...given)),
  uncacheable: (...given) => assert(isUncacheable(...given)),
  signedIn: async (...given) => assert(await isSignedIn(...given)),
  signedOutForGood: async (...given) => assert(await isSignedOutForGood(...given)),
  newId: (...given) => assert(hasNewId(...given)),
  withstood: (...given) => assert(withstood(...given)),
}

const matched = ({ pass, message }: Verdict): MatcherResult => ({ pass, message: () => message })

function assert({ pass, message }: Verdict): void {
  if (pass) return
  throw Object.assign(new Error(message), { name: 'AssertionError', code: 'ERR_ASSERTION' })
}
