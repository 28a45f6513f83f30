import { defineAction } from 'astro:actions'
import { z } from 'astro/zod'

export const server = {
  addToCart: defineAction({
    input: z.object({ productId: z.string() }),
    handler: async (input, context) => {
      const cart = (await context.session?.get('cart')) ?? []
      cart.push(input.productId)
      context.session?.set('cart', cart)
      return cart
    },
  }),
}
