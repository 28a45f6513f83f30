import type { Maybe } from '../../crypto/maybe.ts'
import type { SessionError } from '../../errors.ts'
import type { SessionReader } from '../../migrate/format.ts'
import type { Circumstances, Engine, LoadedSession, Persistence } from '../engine.ts'
import type { Found } from '../migration/old-session.ts'
import type { IncomingTickets, RequestHeaders } from './incoming.ts'
import type { HeaderLine, Transport } from './tickets.ts'
import type { Witness } from './witness.ts'

/** The parts that all requests of one `createSessions` share. */
export interface Core {
  readonly engine: Engine
  readonly persistence: Persistence
  readonly transport: Transport
  /** Readers of what other libraries wrote. */
  readonly migrateFrom: readonly SessionReader[]
  /** In development only. */
  readonly witness?: Witness | undefined
  /** Where sessions are bound to devices. */
  readonly bound?: DeviceBinding | undefined
}

/** What binds sessions to devices, as requests use it. */
export interface DeviceBinding {
  /** What a request gets whose tickets opened this: the same, or nothing of a session whose device did not send its cookie. */
  judge(result: LoadResult, incoming: IncomingTickets, request: Circumstances): Maybe<LoadResult>
  /** The header that asks a browser to make a key. */
  offer(loaded: LoadedSession): Maybe<readonly HeaderLine[]>
  /** What is answered in place of the application: a registration, a refresh, or a page that loads itself again. */
  answer(request: OwnRequest): Promise<OwnAnswer | undefined>
}

/** A request, before the application sees it. `url`: whole, or from its path on. */
export interface OwnRequest {
  readonly method: string
  readonly url: string
  readonly presented: RequestHeaders
}

export interface OwnAnswer {
  readonly status: number
  readonly headers: readonly HeaderLine[]
  readonly body: string
}

export interface LoadResult {
  readonly loaded?: LoadedSession
  readonly via?: 'header' | 'cookie'
  /** The ticket that opened it. */
  readonly ticket?: string
  /** Where another library kept it. */
  readonly migrated?: Found
  /** Sessions whose tickets came along and open nothing: a sign-out ends them as well. */
  readonly over?: readonly LoadedSession[]
  /** Why nothing may be written, except by somebody who signs in. */
  readonly blocked?: SessionError | undefined
  /** Why a sign-out cannot be carried out. */
  readonly cannotEnd?: SessionError | undefined
  /** A session whose device did not send its cookie: only a sign-out may touch it. `lines`: clear a cookie that was refused. */
  readonly lapsed?: { readonly session: LoadedSession; readonly lines: readonly HeaderLine[] }
  /** The store's error, where `whenStoreDown` lets the request go on. */
  readonly down?: SessionError
}
