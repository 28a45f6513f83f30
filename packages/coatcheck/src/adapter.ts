import { Passage } from './adapter/request-session.ts'
import type { AdapterSessions } from './adapter/types.ts'
import {
  type AnySessions,
  checkSiteOptions,
  adapterOf as coreOf,
  type Sessions,
  type SiteOptions,
  type Storable,
  sessionsOf,
} from './core/adapter.ts'
import { bad, kind } from './errors.ts'

export type { AdapterSessions, CommitOptions, Committed, Lifetime, RequestSession } from './adapter/types.ts'
export {
  type AnySessions,
  changeHeaders,
  type DelayHooks,
  delayHeaders,
  type HeaderLine,
  type HeadersOut,
  isAnswer,
  type NodeResponse,
  nodeHeaders,
  presentedBy,
  type RequestContext,
  type RequestHeaders,
  type ResponseCookie,
  requestContext,
  sessionsFor,
  takeBack,
  takenBack,
  watchRequests,
  within,
} from './core/adapter.ts'

/** The sessions of a site for its adapter. Throws `BAD_OPTIONS` for what `createSessions` did not make. */
export function adapterOf(sessions: AnySessions): AdapterSessions {
  const core = coreOf(sessions)
  return {
    requestSession: (...given) => new Passage(core.requestSession(...given)),
    stands: core.stands,
    detached: (...given) => new Passage(core.detached(...given)),
    readOnly: (...given) => new Passage(core.readOnly(...given)),
    prerendering: (...given) => new Passage(core.prerendering(...given)),
  }
}

/**
 * `createSessions` for a framework whose bundler loads a module several times in one process, or again after each change of it: all sessions of
 * this name whose options hold the same plain values are those of one site. They share their request sessions, and `memoryStore` keeps the
 * records of all in one place. Stores and functions are others in each copy, and not compared: of two sites that differ in
 * nothing else each needs a `name` of its own. Throws `BAD_OPTIONS`.
 */
export function sharedSessions<
  Data extends object & Storable<Data> = Record<string, unknown>,
  Flash extends object & Storable<Flash> = Record<string, unknown>,
>(name: string, options: SiteOptions): Sessions<Data, Flash> {
  if (typeof name !== 'string' || name === '')
    throw bad('name', `is ${kind(name)}`, 'Give a text that names the adapter or the site.')
  checkSiteOptions(options)
  return sessionsOf({ ...options, sharedAs: name })
}
