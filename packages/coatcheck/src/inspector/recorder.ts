import { clockOf } from '../clock.ts'
import type { SessionEvent, Telemetry } from '../core/inspecting.ts'
import { andThen, type Maybe, orElse } from '../crypto/maybe.ts'
import { bad, checkKinds, kind } from '../errors.ts'
import { EventLog } from './recording/log.ts'
import { SeenSessions } from './recording/seen.ts'
import { Series } from './recording/series.ts'

export interface RecorderOptions {
  /** Told of everything as well: `otel({ tracer, meter })`. Default: nobody. */
  readonly telemetry?: Telemetry
  /** How many events the timeline keeps, from 1 to 100 000. Default 1000. */
  readonly events?: number
  /** Milliseconds since the epoch, for the plots. Default `Date.now`. */
  readonly now?: () => number
  /** Milliseconds, for durations. Default `performance.now`. */
  readonly elapsed?: () => number
}

/** What this process has seen. */
export interface Recording {
  readonly log: EventLog
  readonly seen: SeenSessions
  /** Minute by minute for an hour, and quarters of an hour for a day. */
  readonly hour: Series
  readonly day: Series
  /** When it began, in milliseconds since the epoch. */
  readonly since: number
}

const MOST_EVENTS = 100_000
const MOST_SEEN = 500
/** Several copies of this module may be in one process. */
const RECORDING: unique symbol = Symbol.for('coatcheck.recording') as never

/** What `recorder` makes: the option `telemetry` of `createSessions`. */
export interface Recorder extends Telemetry {
  readonly [RECORDING]: Recording
}

/**
 * Notes, in the memory of this process, what the inspector shows over time: `createSessions({ …, telemetry: recorder() })`. Its memory is bounded:
 * the last events, the last 500 sessions, counts of a day. Throws `BAD_OPTIONS`.
 */
export function recorder(options: RecorderOptions = {}): Recorder {
  checkKinds(options, { telemetry: 'object', events: 'number', now: 'function', elapsed: 'function' })
  const { telemetry, events = 1000, elapsed = () => performance.now() } = options
  if (!Number.isInteger(events) || events < 1 || events > MOST_EVENTS)
    throw bad('events', `is ${kind(events)}`, `Give a whole number from 1 to ${MOST_EVENTS}, or leave it out.`)
  const now = clockOf(options.now)
  let recording: Recording | undefined
  /** Made when it is first needed: Workers have no time while they load. */
  const noted = (): Recording => {
    recording ??= {
      log: new EventLog(events),
      seen: new SeenSessions(MOST_SEEN),
      hour: new Series(60_000, 60),
      day: new Series(900_000, 96),
      since: now(),
    }
    return recording
  }

  function measured<T>(run: () => T): T {
    const began = elapsed()
    const done = (isFailed: boolean): void => {
      const { hour, day } = noted()
      const [at, took] = [now(), elapsed() - began]
      hour.called(at, took, isFailed)
      day.called(at, took, isFailed)
    }
    const ran = orElse(run as () => Maybe<Awaited<T>>, () => done(true))
    return andThen(ran, (value) => {
      done(false)
      return value
    }) as T
  }

  return {
    span(part, attributes, run) {
      const timed = part === 'store' ? () => measured(run) : run
      return telemetry ? telemetry.span(part, attributes, timed) : timed()
    },
    event(event: SessionEvent) {
      const { log, seen, hour, day } = noted()
      log.add(event)
      seen.event(event)
      hour.event(event)
      day.event(event)
      telemetry?.event(event)
    },
    get [RECORDING]() {
      return noted()
    },
  }
}

/** What was recorded, if this is a recorder. */
export function recordingOf(telemetry: Telemetry | undefined): Recording | undefined {
  return (telemetry as Partial<Recorder> | undefined)?.[RECORDING]
}
