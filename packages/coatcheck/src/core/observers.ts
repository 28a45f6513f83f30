import { andThen, type Maybe, orElse } from '../crypto/maybe.ts'
import { emitter } from './model/emitter.ts'
import type { Emit, SessionEvent } from './model/events.ts'
import { RecentEnds } from './model/kept.ts'
import type { Observers, Telemetry, Trace } from './model/observing.ts'
import type { AdapterOptions } from './options/table.ts'
import { ownerDigest } from './persistence/stored/owner-digest.ts'

/** Who is told of what happens. Where nobody is, nothing is done for it. */
export function observersOf(options: AdapterOptions, now: () => number, storeTimeout: number): Observers {
  const { onEvent, telemetry, requestId } = options
  const tell =
    telemetry && onEvent ? both(telemetry, onEvent) : telemetry ? (event: SessionEvent) => telemetry.event(event) : onEvent
  const ends = new RecentEnds()
  const emit = emitter(tell, now, ownerDigest, ends)
  if (!tell) return { emit, ends, isTold: false }
  return { emit, ends, isTold: true, trace: tracing(telemetry, emit, now, storeTimeout / 4), telemetry, requestId }
}

const both = (telemetry: Telemetry, onEvent: (event: SessionEvent) => unknown) => (event: SessionEvent) => {
  try {
    telemetry.event(event)
  } catch (error) {
    console.error('coatcheck: the telemetry threw; the request goes on.', error)
  }
  return onEvent(event)
}

/** Measures with the clock of the options only what is slow enough for it. */
function tracing(telemetry: Telemetry | undefined, emit: Emit, now: () => number, slow: number): Trace {
  const timed: Trace = (part, { call = '' }, run) => {
    if (part !== 'store') return run()
    const began = now()
    const done = (): void => {
      const milliseconds = now() - began
      if (milliseconds > slow) emit({ type: 'store-slow', call, milliseconds })
    }
    return andThen(orElse(run, done), (answer) => {
      done()
      return answer
    })
  }
  if (!telemetry) return timed
  return <T>(part: Parameters<Trace>[0], attributes: Readonly<Record<string, string>>, run: () => Maybe<T>) =>
    telemetry.span(part, attributes, () => timed(part, attributes, run))
}
