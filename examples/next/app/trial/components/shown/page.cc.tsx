import { Suspense } from 'react'
import { getSession } from '../../../../lib/session'

async function Shown() {
  const session = await getSession()
  return <p id="shown">{`${session.get('cart')?.length ?? 0} ${session.flash('message') ?? 'no message'}`}</p>
}

export default function Page() {
  return (
    <>
      <p id="shell">The same for everybody.</p>
      <Suspense fallback={<i>…</i>}>
        <Shown />
      </Suspense>
    </>
  )
}
