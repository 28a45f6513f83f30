import type { Engine } from './engine.ts'

/** Derivations of keys, slow by design, that one request may cost: two for each genuine seal, one more for each older password. */
const PER_REQUEST = 8
/** That all requests of this process together may cost within one second; each takes about five milliseconds, in another thread. */
const PER_SECOND = 100

/** Of one process, whatever the number of its sites: they share the processor. */
const spent = { second: 0, count: 0 }

/**
 * What one request may still derive. Anybody can send what looks like a seal of another library and costs as much as one, so that what is
 * too much is refused, with one event.
 */
export function allowance({ now, emit }: Pick<Engine, 'now' | 'emit'>): () => boolean {
  let left = PER_REQUEST
  let isTold = false
  return () => {
    const second = Math.floor(now() / 1000)
    if (spent.second !== second) Object.assign(spent, { second, count: 0 })
    if (left > 0 && spent.count < PER_SECOND) {
      left--
      spent.count++
      return true
    }
    if (!isTold) emit({ type: 'refused', reason: 'too-busy' })
    isTold = true
    return false
  }
}
