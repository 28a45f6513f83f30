import type { APIContext } from 'astro'

export async function POST(context: APIContext) {
  const cart = (await context.session?.get('cart')) || []
  const data = await context.request.json()
  if (!data?.item) {
    return new Response('Item is required', { status: 400 })
  }
  cart.push(data.item)
  await context.session?.set('cart', cart)
  return Response.json(cart)
}
