import { memoryStore } from '../../src/stores/memory.ts'
import { type Engine, SECRET } from './scenarios.ts'

/** One request: it reads, then commits two changes, or a change and an end. */
type Kind = 'counts' | 'ends'

interface Visit {
  readonly kind: Kind
  /** Which of two engines it comes to. */
  readonly at: number
}

/** Every order of the three steps of each of `count` requests. */
function* ordersOf(
  count: number,
  left: readonly number[] = Array(count).fill(3),
  before: readonly number[] = [],
): Iterable<readonly number[]> {
  if (left.every((steps) => steps === 0)) yield before
  for (const [nth, steps] of left.entries()) if (steps > 0) yield* ordersOf(count, left.with(nth, steps - 1), [...before, nth])
}

/**
 * Requests of two engines on one memory store, which says for sure what became of each write: all that they count must be there once, and
 * what was ended stays ended. What goes wrong, or undefined; and how many orders there were.
 */
export async function countedOnce(
  { sessionsOf, adapterOf }: Engine,
  visits: readonly Visit[],
): Promise<{ readonly bad: string | undefined; readonly orders: number }> {
  let orders = 0
  for (const order of ordersOf(visits.length)) {
    orders++
    const store = memoryStore()
    const options = { secrets: SECRET, store, header: 'x-ticket', cookie: false } as const
    const engines = [0, 1].map(() => adapterOf(sessionsOf(options)))
    const opened = (at: number, ticket: string) => engines[at]?.detached({ get: (name) => (name === 'x-ticket' ? ticket : null) })
    const first = opened(0, '')
    ;(await first?.open())?.set('count', 0)
    const ticket = (await first?.commit())?.ticket ?? ''
    const requests = visits.map(({ at }) => opened(at, ticket))
    const steps = visits.map(() => 0)
    const add = (count: unknown) => Number(count) + 1
    let isEnded = false
    for (const nth of order) {
      const session = await requests[nth]?.open()
      const step = steps[nth] ?? 0
      steps[nth] = step + 1
      if (step === 0) session?.get('count')
      else if (step === 2 && visits[nth]?.kind === 'ends') session?.destroy()
      else if (!isEnded) session?.update('count', add)
      if (step > 0) await requests[nth]?.commit()
      isEnded ||= step === 2 && visits[nth]?.kind === 'ends'
    }
    const after = await opened(0, ticket)?.open()
    const wanted = isEnded ? undefined : 2 * visits.length
    const count = after?.get('count')
    if (count !== wanted) return { bad: `${order.join('')}: ${count} instead of ${wanted}`, orders }
  }
  return { bad: undefined, orders }
}
