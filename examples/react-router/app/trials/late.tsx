import { Suspense } from 'react'
import { Await } from 'react-router'
import { visit } from '../sessions.server'
import type { Route } from './+types/late'

export const middleware: Route.MiddlewareFunction[] = [visit.middleware]

/** Changes the session when the head of the page has left. */
export async function loader({ context }: Route.LoaderArgs) {
  const session = await visit.getSession(context)
  const later = new Promise<string>((resolve) => {
    setTimeout(() => {
      try {
        session.set('language', 'de')
        resolve('kept')
      } catch (error) {
        resolve((error as { code: string }).code)
      }
    }, 300)
  })
  return { later }
}

export default function Late({ loaderData }: Route.ComponentProps) {
  return (
    <Suspense fallback={<p>Wait</p>}>
      <Await resolve={loaderData.later}>{(text) => <p id="flash">{text}</p>}</Await>
    </Suspense>
  )
}
