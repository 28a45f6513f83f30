import { createFileRoute } from '@tanstack/react-router'
import { gate } from '../../gate.server'
import { getSession } from '../../sessions.server'
import * as functions from '../../trials'

const urlOf = (called: unknown): string => (called as { readonly url: string }).url

/** Tests ask for the addresses of the functions, which the build makes, and open the gates. */
export const Route = createFileRoute('/trials/$')({
  server: {
    handlers: {
      GET: async ({ params }) => {
        if (params._splat === 'open') return new Response('for everybody', { headers: { 'cache-control': 'public, max-age=60' } })
        if (params._splat === 'begun') {
          await gate('begun').passed
          return new Response('somebody waits')
        }
        return Response.json(Object.fromEntries(Object.entries(functions).map(([name, called]) => [name, urlOf(called)])))
      },
      POST: async ({ params, request }) => {
        const [what, key] = [params._splat, new URL(request.url).searchParams.get('key')]
        if (what?.startsWith('go/')) {
          gate(what.slice(3)).open()
          return new Response('gone on')
        }
        const session = await getSession()
        session.set(key ?? what ?? '', true)
        if (what === 'slow') {
          gate('begun').open()
          await gate('slow').passed
        }
        if (what === 'throw') throw new Error('boom')
        return Response.json(session.data)
      },
    },
  },
})
