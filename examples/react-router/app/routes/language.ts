import { redirect } from 'react-router'
import { commitSession, getSession } from '../sessions.server'
import type { Route } from './+types/language'

export async function action({ request }: Route.ActionArgs) {
  const [session, form] = [await getSession(request.headers.get('Cookie')), await request.formData()]
  const language = String(form.get('language'))
  if (['en', 'de', 'fr'].includes(language)) session.set('language', language)
  return redirect('/', { headers: { 'Set-Cookie': await commitSession(session) } })
}
