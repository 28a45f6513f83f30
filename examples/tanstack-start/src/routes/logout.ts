import { createFileRoute } from '@tanstack/react-router'
import { getSession } from '../sessions.server'

export const Route = createFileRoute('/logout')({
  server: {
    handlers: {
      POST: async () => {
        const session = await getSession()
        session.destroy()
        return new Response(null, { status: 303, headers: { location: '/' } })
      },
    },
  },
})
