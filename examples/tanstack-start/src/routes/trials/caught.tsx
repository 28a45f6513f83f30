import { createFileRoute } from '@tanstack/react-router'
import { boom, count } from '../../trials'

export const Route = createFileRoute('/trials/caught')({
  loader: async () => [await count(), await boom().catch(() => 'caught')],
  component: () => <p>{Route.useLoaderData().join(' ')}</p>,
})
