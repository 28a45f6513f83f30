import { seeOther } from '../path.js'

export async function api(request, { session }) {
  const language = (await request.formData()).get('language')
  if (!['en', 'de', 'fr'].includes(language)) return new Response('No such language', { status: 400 })
  await session.set('language', language)
  return seeOther('/')
}
