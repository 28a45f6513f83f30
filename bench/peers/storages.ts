// What Remix 2 and React Router have in common: a storage that a loader asks and tells to commit.
import type { Access, Page } from '../session.ts'
import type { Opened } from '../setting.ts'
import { throughFetch } from '../visits.ts'

interface Storage<Session> {
  getSession(cookie?: string | null): Promise<Session>
  commitSession(session: Session): Promise<string>
}

/** Of each of them. */
export const COOKIE = { name: '__session', path: '/', httpOnly: true, secure: true, sameSite: 'lax' } as const

export function openStorage<Session extends object>({ getSession, commitSession }: Storage<Session>): Opened {
  const visit = ({ use, writes }: Page) =>
    throughFetch(async (request) => {
      const session = await getSession(request.headers.get('cookie'))
      const body = use(session as Access)
      const text = body instanceof Promise ? await body : body
      return new Response(text, writes ? { headers: { 'set-cookie': await commitSession(session) } } : {})
    })
  return { visit }
}
