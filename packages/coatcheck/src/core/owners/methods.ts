import { SessionError } from '../../errors.ts'
import type { Persistence } from '../engine.ts'
import { checkOwner } from '../model/standing.ts'
import type { ListedSession, OwnedSessions, SessionPage, Which } from './types.ts'

/** A session object, or one of its handles. */
export type SessionOrHandle = string | { readonly handle: string | undefined }

export interface ListOptions {
  /** The session that is to have `isCurrent`, whatever its id is by now. */
  readonly current?: SessionOrHandle
  /** `next` of the page before. Default: the first page. */
  readonly after?: string
  /** Most sessions on a page, from 1 to 1000. Default 100. */
  readonly limit?: number
}

/** The sessions of a site, found without their tickets. Where they are nowhere but in their tickets all of these reject with `BAD_OPTIONS`. */
export interface SessionsByOwner {
  /**
   * Takes note of this moment, before a visitor proves to be `owner`: `signIn(owner, { mark })` then fails with `CONFLICT` if the owner's
   * sessions were ended since, whatever the clocks of the servers say. It counts for `maxRequestTime`.
   */
  mark(owner: string): Promise<string>
  /** Where `owner` is signed in: a page of sessions that live. Rejects with `BAD_OPTIONS` for a store that cannot list them, `STORE_FAILED`. */
  list(owner: string, options?: ListOptions): Promise<SessionPage>
  /** The session of a handle, under whatever handle it goes now; undefined: there is none. */
  find(handle: string): Promise<ListedSession | undefined>
  /**
   * Ends a session by one of its handles, wherever it went; whether there was one. `owner`: only if it is this owner's. Handles are no
   * secrets: a visitor who sends one is to end nobody else's.
   */
  end(handle: string, options?: { readonly owner?: string }): Promise<boolean>
  /**
   * Ends all sessions of `owner`, and lets no sign-in through that began before; how many there were. `except`: but for this one, whatever its
   * id is by now. Rejects with `PARTLY_ENDED` if some may live: call it again. OWASP ASVS 7.4.2, 7.4.3.
   */
  endAll(owner: string, options?: { readonly except?: SessionOrHandle }): Promise<number>
  /** Ends all sessions of the store, those of guests too; how many. It reads every record: minutes for millions. */
  endEverything(): Promise<number>
}

const MOST = 1000

/** Checks what is asked, and asks the persistence. */
export function sessionsByOwner(persistence: Persistence): SessionsByOwner {
  function offered<N extends keyof OwnedSessions>(name: N): NonNullable<OwnedSessions[N]> {
    const method = persistence.owners?.[name]
    if (method) return method as NonNullable<OwnedSessions[N]>
    const { kind, owners } = persistence
    throw new SessionError('BAD_OPTIONS', `\`sessions.${name}()\` cannot find these sessions.`, {
      fix:
        kind === 'stored'
          ? 'Use a store that lists them: docs/stores.md says which do.'
          : owners
            ? 'Set `revocations: { store, list: true }`, with a store that lists the sessions of an owner.'
            : 'Give `createSessions` a store: without one a session is nowhere but with its visitor.',
    })
  }

  return {
    async mark(owner) {
      const mark = offered('mark')
      checkOwner(owner, 'mark()')
      return mark(owner)
    },
    async list(owner, { current, after, limit = 100 } = {}) {
      const list = offered('list')
      checkOwner(owner, 'list()')
      if (!Number.isInteger(limit) || limit < 1 || limit > MOST)
        throw new SessionError('BAD_VALUE', `The \`limit\` of a list is not a whole number from 1 to ${MOST}.`, {
          fix: 'Give one, or leave it out.',
        })
      return list(owner, whichOf(current), after, limit)
    },
    async find(handle) {
      return offered('find')(handle)
    },
    async end(handle, { owner } = {}) {
      const end = offered('end')
      if (owner !== undefined) checkOwner(owner, 'end()')
      return end(handle, owner)
    },
    async endAll(owner, { except } = {}) {
      const endAll = offered('endAll')
      checkOwner(owner, 'endAll()')
      return endAll(owner, whichOf(except))
    },
    async endEverything() {
      return offered('endEverything')()
    },
  }
}

function whichOf(session: SessionOrHandle | undefined): Which | undefined {
  return typeof session === 'string' ? { handle: session } : session && { handle: session.handle }
}
