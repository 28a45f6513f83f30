import type { APIContext } from 'astro'
import { place } from '../place.ts'

const languages = ['en', 'de', 'fr'] as const

export async function POST(context: APIContext): Promise<Response> {
  const asked = (await context.request.formData()).get('language')
  const language = languages.find((one) => one === asked)
  if (language) context.session?.set('language', language)
  return context.redirect(place('/'), 303)
}
