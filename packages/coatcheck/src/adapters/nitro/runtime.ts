import { unlessAsked } from '../h3/commit-sessions.ts'
import type { Anything, Session, SessionConfig, SessionManager, SessionUpdate } from '../h3/config.ts'
import type { H3EventLike } from '../h3/event.ts'
import * as h3 from '../h3.ts'
import { begin, ownerOf } from './events.ts'
import { cached, nobody } from './nobody.ts'
import { boundSettings, checkSettings, type Given, type Site, settingsFor, useSite } from './settings.ts'

export type { Session, SessionConfig, SessionCookieOptions, SessionData, SessionManager, SessionUpdate } from '../h3/config.ts'
export type { H3EventLike } from '../h3/event.ts'
export type { Given, RuntimeConfig, Site } from './settings.ts'

type Values = Record<string, Anything>

/**
 * The session of this request and what can be done with it; a visitor who has none gets one. Asking again gives the same session, and so
 * does asking in what the page fetches of the site itself. Throws `BAD_OPTIONS`; rejects when the store fails.
 */
export function useSession<T extends object = Values>(event: H3EventLike, config?: Given): Promise<SessionManager<T>> {
  return inOwners(event, config, h3.useSession<T>, async () => nobody<T>())
}

/** The session of this request. Throws and rejects as `useSession`, and gives a visitor nothing who has none. */
export function getSession<T extends object = Values>(event: H3EventLike, config?: Given): Promise<Session<T>> {
  return inOwners(event, config, h3.getSession<T>, async () => nobody<T>())
}

/** Sets values of the session of this request and stores them. Throws and rejects as `useSession`, and `BAD_VALUE`. */
export function updateSession<T extends object = Values>(
  event: H3EventLike,
  config?: Given,
  update?: SessionUpdate<T>,
): Promise<Session<T>> {
  return inOwners(event, config, (owner, settings) => h3.updateSession<T>(owner, settings, update))
}

/** Gives the session of this request a new id and lets its time begin again. The old id shows for `grace` seconds what there was, then nothing. */
export function rotateSession<T extends object = Values>(event: H3EventLike, config?: Given): Promise<Session<T>> {
  return inOwners(event, config, h3.rotateSession<T>)
}

/** Ends the session of this request for good; what is set afterwards begins another. */
export function clearSession(event: H3EventLike, config?: Given): Promise<void> {
  return inOwners(event, config, h3.clearSession)
}

/** The secret text that opens the session of this request, as the cookie or the header carries it. A visitor who has none gets one. */
export function sealSession(event: H3EventLike, config?: Given): Promise<string> {
  return inOwners(event, config, h3.sealSession)
}

/** The session that a text of `sealSession`, or a seal of h3 itself, opens; what is changed in it is not stored. Rejects when it opens none. */
export function unsealSession<T extends object = Values>(
  event: H3EventLike,
  config: Given | undefined,
  sealed: string,
): Promise<Session<T>> {
  return h3.unsealSession<T>(event, settingsFor(event, config), sealed)
}

/** The result of `act` with the event whose session this one has; `otherwise` where the answer is kept for everybody. */
function inOwners<T>(
  event: H3EventLike,
  given: Given | undefined,
  act: (owner: H3EventLike, settings: SessionConfig) => Promise<T>,
  otherwise: () => Promise<T> = cached,
): Promise<T> {
  const settings = settingsFor(event, given)
  const { sessionHeader = `x-${settings.name || 'h3'}-session` } = settings
  const owner = ownerOf(event, sessionHeader || undefined)
  return owner ? act(owner, settings) : otherwise()
}

/** The part of a running Nitro 2 or 3 that is used here. */
export interface NitroApp {
  readonly hooks: { hook(name: 'request', told: (event: H3EventLike) => void): unknown }
  /** Of Nitro 2. */
  readonly h3App?: { readonly options: { onBeforeResponse?: (event: H3EventLike, response: object) => unknown } }
}

/** For the module's own plugin, which calls it when the server starts. Throws `BAD_OPTIONS` with `check` when there is no password. */
export function startSessions(app: NitroApp, { check, ...site }: Site & { readonly check: boolean }): void {
  useSite(site)
  if (check) checkSettings()
  app.hooks.hook('request', begin)
  const options = app.h3App?.options
  if (!options) return
  // Nitro's own hook of this name swallows errors, and a store that fails has to be told.
  const { onBeforeResponse } = options
  const commit = h3.commitSessions()
  options.onBeforeResponse = async (event, response) => {
    await onBeforeResponse?.(event, response)
    await commit(event, response)
  }
}

/** Middleware of Nitro 3, which the module puts first; see `coatcheck/h3`. */
export const commitSessions = (): h3.CommitSessions => h3.commitSessions(boundSettings)

/** The first handler in Nitro 2, where sessions are bound to devices. */
export const answerBrowsers: (event: H3EventLike) => Promise<unknown> = Object.assign(
  async (event: H3EventLike) => unlessAsked(event, boundSettings(event), 1, async () => undefined),
  { __is_handler__: true }, // as `defineEventHandler` of h3 1 marks it
)
