import { Suspense } from 'react'
import { getSession } from '../../../lib/session'
import { reach } from '../gates'

async function Late() {
  await reach('stream')
  const session = await getSession()
  try {
    session.update('cart', (cart = []) => [...cart, 'late'])
    return <p id="late">{session.get('cart')?.length}</p>
  } catch (error) {
    return <p id="late">{String(error)}</p>
  }
}

export default async function Stream() {
  const session = await getSession()
  return (
    <>
      <p id="shell">{session.get('cart')?.length ?? 0}</p>
      <Suspense fallback={<i>…</i>}>
        <Late />
      </Suspense>
    </>
  )
}
