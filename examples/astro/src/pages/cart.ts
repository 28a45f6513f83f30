import type { APIContext } from 'astro'
import { place } from '../place.ts'

export async function POST(context: APIContext): Promise<Response> {
  const item = (await context.request.formData()).get('item')
  const cart = (await context.session?.get('cart')) ?? []
  if (typeof item === 'string') context.session?.set('cart', [...cart, item])
  return context.redirect(place('/'), 303)
}
