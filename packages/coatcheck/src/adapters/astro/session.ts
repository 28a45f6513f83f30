import type { Session } from '../../core/adapter.ts'
import { SessionError } from '../../errors.ts'
import { ENGINE } from './visit.ts'

export type { Session }

/**
 * All of the session that `Astro.session`, or `context.session`, shows a part of: `update`, which loses nothing to parallel
 * requests, `flash`, `signIn`, `signOut`, `owner`, `handle`. It is the same session, stored with the same response. Rejects with
 * `NOT_WRAPPED` where there is none: on prerendered pages, and without the integration of coatcheck/astro.
 */
export async function openSession<
  Data extends object = Record<string, unknown>,
  Flash extends object = Record<string, unknown>,
>(context: { readonly session?: object | undefined }): Promise<Session<Data, Flash>> {
  const open: unknown = context.session && Reflect.get(context.session, ENGINE)
  if (typeof open !== 'function') {
    throw new SessionError('NOT_WRAPPED', 'This page has no session of coatcheck.', {
      fix: 'Add coatcheck() of coatcheck/astro to the integrations, and render the page on demand.',
    })
  }
  return open()
}
