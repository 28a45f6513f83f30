import { createFileRoute } from '@tanstack/react-router'
import { getSession } from '../sessions.server'

export const Route = createFileRoute('/cart')({
  server: {
    handlers: {
      POST: async ({ request }) => {
        const [session, form] = [await getSession(), await request.formData()]
        session.update('cart', (cart = []) => [...cart, String(form.get('item'))])
        return new Response(null, { status: 303, headers: { location: '/' } })
      },
    },
  },
})
