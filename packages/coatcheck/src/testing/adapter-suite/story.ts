import type { WebResponse } from '../../web.ts'
import { sure } from '../suite/trial.ts'
import type { Play, Visit } from './site.ts'

/** What not every adapter has words for. */
export type SessionWord = 'flash' | 'signIn'

export interface Story {
  readonly name: string
  /** An adapter without it is not asked. */
  readonly needs?: SessionWord
  readonly test: (play: Play) => Promise<void>
}

/** A page that sets one value. */
export const sets =
  (key: string, value: unknown) =>
  async ({ session }: Visit): Promise<string> => {
    await session.set(key, value)
    return 'ok'
  }

/** The Set-Cookie lines; the pages of the suite set cookies of their own only where the story says so. */
export const cookiesIn = ({ headers }: WebResponse): string[] => headers.getSetCookie()

/** The same JSON. */
export function alike(actual: unknown, expected: unknown, what: string): void {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)]
  sure(is === should, `${what}: ${is} instead of ${should}.`)
}
