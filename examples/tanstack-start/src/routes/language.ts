import { createFileRoute } from '@tanstack/react-router'
import { getSession } from '../sessions.server'

export const Route = createFileRoute('/language')({
  server: {
    handlers: {
      POST: async ({ request }) => {
        const [session, form] = [await getSession(), await request.formData()]
        const language = String(form.get('language'))
        if (['en', 'de', 'fr'].includes(language)) session.set('language', language)
        return new Response(null, { status: 303, headers: { location: '/' } })
      },
    },
  },
})
