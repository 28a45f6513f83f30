import type { Session } from '../../src/core/session/types.ts'
import type { Look } from './history.ts'

/** A session in one request, whatever gave it. */
export interface Held {
  look(): Look
  write(name: string): void
  /** Leaves a flash value; reads all there are, and gives their names. Nothing where the adapter has none. */
  leave(name: string): void
  take(): string[]
  signIn(owner: string): void | Promise<void>
  regenerate(): void | Promise<void>
  signOut(): void | Promise<void>
  destroy(): void | Promise<void>
  /** Stores what changed so far. */
  commit(): Promise<unknown>
  /** Whether `commit` does. */
  readonly commitsByCall: boolean
}

/** What a page does with it; called with how to open it. */
export type Page = (open: () => Promise<Held>) => Promise<void>

/** The Set-Cookie lines of an answer; and what the application was told, where it failed. */
export interface Answer {
  readonly lines: readonly string[]
  readonly error?: unknown
}

/** Serves one request. */
export type Serve = (cookie: string, page: Page) => Promise<Answer>

export const list = (log: unknown): readonly string[] => (Array.isArray(log) ? (log as string[]) : [])
export const added =
  (name: string) =>
  (log: unknown): string[] => [...list(log), name]

/** What a session of the core shows. */
export const lookOf = (session: Session): Look => ({
  isNew: session.isNew,
  readOnly: session.readOnly,
  owner: session.owner,
  who: session.get('who') as string | undefined,
  log: list(session.get('log')),
  keys: session.keys(),
  flash: (session as Session & { flashKeys(): string[] }).flashKeys(),
  handle: session.handle,
})

export const requestWith = (cookie: string): Request =>
  new Request('https://shop.test/', cookie === '' ? {} : { headers: { cookie } })
