import { Suspense } from 'react'
import { getSession } from '../../../../lib/session'

async function cart(): Promise<number> {
  'use cache: private'
  const session = await getSession()
  return session.get('cart')?.length ?? 0
}

async function Shown() {
  return <p id="shown">{await cart()}</p>
}

export default function Page() {
  return (
    <Suspense fallback={<i>…</i>}>
      <Shown />
    </Suspense>
  )
}
