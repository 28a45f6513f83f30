import { ANSWERS } from './adapter-suite/answers.ts'
import { FAILURES } from './adapter-suite/failures.ts'
import { type AdapterUnderTest, play, type SuiteSession, type SuiteSite } from './adapter-suite/site.ts'
import { STORIES } from './adapter-suite/stories.ts'
import type { SessionWord } from './adapter-suite/story.ts'
import { sure } from './suite/trial.ts'

export interface AdapterSuiteOptions {
  /** Registers one test: `it` or `test` of vitest, node:test, bun:test and others; for Deno, `(name, fn) => Deno.test(name, fn)`. */
  it(name: string, test: () => Promise<void>): unknown
  /** Starts a server of the framework, on a port of its own, that answers with `site.handle` behind the adapter; called once for each test. */
  serve(site: SuiteSite): AdapterUnderTest | Promise<AdapterUnderTest>
  /** What the session of this adapter offers besides; stories that need what is not named here are not registered. Default: both. */
  readonly offers?: readonly SessionWord[]
  /** Stories that cannot be true of this framework, by their name without `adapter: `, and why. They are not registered. */
  readonly except?: Readonly<Record<string, string>>
}

/**
 * Tests an adapter over HTTP against what every adapter owes its visitors, with any test runner: no sleeping, no order among the tests, and
 * races that are decided step by step. Errors say what was done, what came out and what should have. Throws an `Error` when
 * `except` names no story.
 */
export function adapterSuite({ it, serve, offers = ['flash', 'signIn'], except = {} }: AdapterSuiteOptions): void {
  const stories = [...STORIES, ...ANSWERS, ...FAILURES]
  for (const name of Object.keys(except))
    sure(
      stories.some((story) => story.name === name),
      `adapterSuite knows no story "${name}".`,
    )
  const checked = (site: SuiteSite): SuiteSite => ({
    ...site,
    handle: (path, open) => site.handle(path, async () => having(await open(), offers)),
  })
  for (const { name, needs, test } of stories) {
    if ((needs && !offers.includes(needs)) || name in except) continue
    it(`adapter: ${name}`, () => play((site) => serve(checked(site)), test))
  }
}

/** A word that the suite was promised and that is not there would make its story pass. */
function having(session: SuiteSession, offers: readonly SessionWord[]): SuiteSession {
  for (const word of offers)
    sure(typeof session[word] === 'function', `this session has no ${word}(), and it should: see \`offers\`.`)
  return session
}
