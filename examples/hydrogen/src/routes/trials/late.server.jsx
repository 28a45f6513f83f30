import { useFlashSession } from '@shopify/hydrogen/experimental'
import { Suspense } from 'react'

const waits = new WeakMap()

/** Comes when the head of the page has left long ago. */
function Message({ request }) {
  const wait = waits.get(request) ?? { until: new Promise((resolve) => setTimeout(resolve, 300)) }
  waits.set(request, wait)
  wait.until.then(() => {
    wait.isOver = true
  })
  if (!wait.isOver) throw wait.until
  const message = useFlashSession('message')
  return <p id="flash">{message ?? 'none'}</p>
}

export default function Late({ request }) {
  return (
    <main>
      <h1>Soon</h1>
      <Suspense fallback={<p>Wait</p>}>
        <Message request={request} />
      </Suspense>
    </main>
  )
}
