import { redirect } from '@sveltejs/kit'
import { sequence } from '@sveltejs/kit/hooks'
import { crossSite } from 'coatcheck/csrf'
import { sessionHandle } from 'coatcheck/sveltekit'
import { sessions } from './sessions.ts'
import { together } from './together.ts'

const guard = crossSite()

/** SvelteKit 3 has this type elsewhere than SvelteKit 2. */
type Handle = Parameters<typeof sequence>[number]

/** Sends strangers away from pages for members. */
const members: Handle = async ({ event, resolve }) => {
  const { pathname } = event.url
  if (!pathname.startsWith('/trials/members')) return resolve(event)
  const session = await event.locals.session
  if (session.owner !== undefined) return resolve(event)
  session.flash('message', 'Please sign in')
  event.cookies.set('beside', 'kept', { path: '/' })
  if (pathname.endsWith('/returned')) return new Response(null, { status: 303, headers: { location: '/login' } })
  if (pathname.endsWith('/afterwards')) await resolve(event)
  redirect(303, '/login')
}

export const handle = sequence(
  ({ event, resolve }) => guard.middleware(event, () => resolve(event)),
  sessionHandle(sessions),
  members,
)

/** Requests for this path wait for each other, and run in one and the same context. */
export const handleFetch = ({ request, fetch }: { request: Request; fetch: typeof globalThis.fetch }) =>
  new URL(request.url).pathname === '/trials/queued' ? together(() => fetch(request)) : fetch(request)

/** The trials fail on purpose: nobody needs to read of it. */
export const handleError = () => {}
