import type { Page } from './session.ts'

/** What a visitor is answered. */
export interface Answer {
  readonly status: number
  readonly headers: Pick<Headers, 'getSetCookie'>
  text(): Promise<string>
}

/** One request with this Cookie header. */
export type Visit = (cookie?: string) => Promise<Answer>

/** Where the sessions of a row are. */
export type Kind = 'memory' | 'sealed' | 'signed' | 'file' | 'SQLite' | 'Redis' | 'PostgreSQL'

/** A server that a row may need. */
export type Engine = 'redis' | 'postgres'

export interface Tools {
  /** A folder of this run, which is removed after it. */
  readonly folder: string
  /** Addresses of the servers that run. */
  readonly urls: Readonly<Partial<Record<Engine, string>>>
  /** Stores are asked through a counter, which takes time: never while time is measured. */
  readonly counts?: boolean
}

export interface Opened {
  /** The handler that serves this page; the pages of one setting share its sessions. */
  visit(page: Page): Visit | Promise<Visit>
  /** How often the store was asked since the last call, where that can be counted. */
  trips?(): number
  close?(): unknown
}

/** One row of the table: a library, and where it keeps sessions. */
export interface Setting {
  readonly name: string
  readonly kind: Kind
  /** Which of the group's handlers without a session it is compared with. */
  readonly over: string
  readonly ours?: boolean
  /** A server without which there is no such row. */
  readonly needs?: Engine
  open(tools: Tools): Opened | Promise<Opened>
}

/** What a framework offers, and what Coatcheck offers in it. */
export interface Group {
  /** The same handlers without a session. */
  readonly bare: Readonly<Record<string, () => Visit | Promise<Visit>>>
  readonly settings: readonly Setting[]
}
