import { Await, createFileRoute } from '@tanstack/react-router'
import { Suspense } from 'react'
import { late } from '../../trials'

export const Route = createFileRoute('/trials/late')({ loader: () => ({ late: late() }), component: Late })

function Late() {
  return (
    <Suspense fallback="waiting">
      <Await promise={Route.useLoaderData().late}>{(said) => <b>{said}</b>}</Await>
    </Suspense>
  )
}
