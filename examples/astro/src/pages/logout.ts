import type { APIContext } from 'astro'
import { place } from '../place.ts'

export function POST(context: APIContext): Response {
  context.session?.destroy()
  return context.redirect(place('/'), 303)
}
