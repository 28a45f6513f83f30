import { createFileRoute, Link } from '@tanstack/react-router'
import { useServerFn } from '@tanstack/react-start'
import { useState } from 'react'
import { boom, count, endsAndThrows, keys, leads, recovers } from '../../trials'

// What the page's own scripts call, by a press.
export const Route = createFileRoute('/trials/functions')({ component: Functions })

function Functions() {
  const [outcome, setOutcome] = useState('')
  const follow = useServerFn(leads)
  const run = (call: () => Promise<unknown>) => async () => {
    setOutcome('')
    setOutcome(JSON.stringify(await call().catch((error: Error) => `threw ${error.message}`)))
  }
  return (
    <main>
      <output id="outcome">{outcome}</output>
      {Object.entries({ boom, count, endsAndThrows, keys, recovers }).map(([name, call]) => (
        <button type="button" id={name} key={name} onClick={run(() => call())}>
          {name}
        </button>
      ))}
      <button type="button" id="leads" onClick={() => follow()}>
        leads
      </button>
      <Link id="late" to="/trials/late">
        late
      </Link>
    </main>
  )
}
