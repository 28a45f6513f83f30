import type { Action, RequestEvent, ServerLoad } from '@sveltejs/kit'
import { sequence } from '@sveltejs/kit/hooks'
import { sessionHandle } from 'coatcheck/sveltekit'
import { sessions } from './sessions.ts'

// This file only compiles: what Kit's own types make of the line in app.d.ts.

export const handle: Parameters<typeof sequence>[number] = sessionHandle(sessions)
export const handles = sequence(sessionHandle(sessions), handle)

export const load: ServerLoad = async ({ locals }) => {
  const session = await locals.session
  const visits: number = session.update('visits', (was = 0) => was + 1)
  const message: string | undefined = session.flash('message')
  // @ts-expect-error a number is no language
  session.set('language', visits)
  // @ts-expect-error nobody declared this message
  session.flash('mesage')
  return { visits, message }
}

export const action: Action = async ({ locals, request }: RequestEvent) => {
  ;(await locals.session).signIn('ada')
  const same = await sessions.open(request)
  return { cart: same.get('cart')?.map((item) => item.toUpperCase()) }
}
