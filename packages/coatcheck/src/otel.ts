import { bad, checkKinds, kind } from './errors.ts'
import type { SessionEvent, Telemetry } from './index.ts'

type Attributes = Record<string, string>

/** The part of an OpenTelemetry `Span` that is used here. */
export interface OtelSpan {
  setAttribute(name: string, value: string): unknown
  setStatus(status: { code: number }): unknown
  end(): void
}

/** The part of an OpenTelemetry `Tracer`: what `trace.getTracer('…')` gives. */
export interface OtelTracer {
  startActiveSpan(
    name: string,
    options: { readonly kind: number; readonly attributes: Attributes },
    run: (span: OtelSpan) => unknown,
  ): unknown
}

interface Described {
  readonly description: string
  readonly unit: string
}

/** The part of an OpenTelemetry `Meter`: what `metrics.getMeter('…')` gives. */
export interface OtelMeter {
  createCounter(name: string, options: Described): { add(value: number, attributes: Attributes): void }
  createHistogram(
    name: string,
    options: Described & { readonly advice: { explicitBucketBoundaries: number[] } },
  ): { record(value: number, attributes: Attributes): void }
  createObservableGauge(
    name: string,
    options: Described,
  ): { addCallback(callback: (result: { observe(value: number): void }) => void): void }
}

export interface OtelOptions {
  /** Spans are begun in the context that is active then, so they lie in the request's own span. Default: no spans. */
  readonly tracer?: OtelTracer
  /** Default: nothing is counted. */
  readonly meter?: OtelMeter
  /** What the store is, as `db.system.name` has it: `redis`, `postgresql`, … Default `other`. */
  readonly system?: string
  /** Milliseconds, for durations. Default `performance.now`. */
  readonly now?: () => number
}

// The numbers of `SpanKind` and `SpanStatusCode`.
const INTERNAL = 0
const CLIENT = 2
const ERROR = 2

/** Seconds: those that the conventions for `db.client.operation.duration` name. */
const BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]

/** A session counts as active for so many milliseconds after it was seen, */
const ACTIVE = 300_000
/** and so many are counted at most. */
const MOST = 100_000

/**
 * Spans and metrics for OpenTelemetry, as the option `telemetry` of `createSessions`: `otel({ tracer, meter })`. Names follow the semantic
 * conventions where there are any (`db.client.operation.duration`, `error.type`); the others begin with `coatcheck.`. Throws `BAD_OPTIONS`.
 */
export function otel(options: OtelOptions): Telemetry {
  checkKinds(options, { tracer: 'object', meter: 'object', system: 'text', now: 'function' })
  const { tracer, meter, system = 'other', now = () => performance.now() } = options
  if (tracer && typeof tracer.startActiveSpan !== 'function')
    throw bad('tracer', `is ${kind(tracer)} without startActiveSpan()`, 'Pass what trace.getTracer() gives.')
  if (meter && typeof meter.createCounter !== 'function')
    throw bad('meter', `is ${kind(meter)} without createCounter()`, 'Pass what metrics.getMeter() gives.')
  const store = { 'db.system.name': system }
  const durations = meter?.createHistogram('db.client.operation.duration', {
    description: 'Duration of the calls of the session store.',
    unit: 's',
    advice: { explicitBucketBoundaries: BUCKETS },
  })

  /** Runs `run`, and tells once it is over how it went, if it failed. */
  function watched<T>(run: () => T, done: (errorType: string | undefined) => void): T {
    let result: T
    try {
      result = run()
    } catch (error) {
      done(typeOf(error))
      throw error
    }
    if (!(result instanceof Promise)) {
      done(undefined)
      return result
    }
    return result.then(
      (value) => {
        done(undefined)
        return value
      },
      (error) => {
        done(typeOf(error))
        throw error
      },
    ) as T
  }

  function measured<T>(part: string, attributes: Attributes, run: () => T): T {
    if (part !== 'store' || !durations) return run()
    const began = now()
    return watched(run, (type) =>
      durations.record((now() - began) / 1000, { ...attributes, ...(type && { 'error.type': type }) }),
    )
  }

  return {
    span(part, { call, plan }, run) {
      const attributes = { ...(call && { ...store, 'db.operation.name': call }), ...(plan && { 'coatcheck.plan': plan }) }
      if (!tracer) return measured(part, attributes, run)
      const name = call ? `session store ${call}` : `session ${part}`
      return tracer.startActiveSpan(name, { kind: call ? CLIENT : INTERNAL, attributes }, (span) =>
        watched(
          () => measured(part, attributes, run),
          (type) => {
            if (type) {
              span.setAttribute('error.type', type)
              span.setStatus({ code: ERROR })
            }
            span.end()
          },
        ),
      ) as ReturnType<typeof run>
    },
    event: meter ? counting(meter) : () => {},
  }
}

function counting(meter: OtelMeter): (event: SessionEvent) => void {
  const counter = (name: string, description: string, unit: string) => meter.createCounter(name, { description, unit })
  const events = counter('coatcheck.events', 'Everything that onEvent is told, by its type.', '{event}')
  const created = counter('coatcheck.session.created', 'Sessions that were stored for the first time.', '{session}')
  const ended = counter('coatcheck.session.ended', 'Sessions that ended before their time, by reason.', '{session}')
  const refused = counter('coatcheck.ticket.refused', 'Tickets that opened no session, by reason.', '{ticket}')
  const conflicts = counter('coatcheck.commit.conflicts', 'Writes that another process was faster with.', '{write}')
  const seen = new Map<string, number>()
  let newest = 0
  const describe = { description: 'Sessions that this process has seen in the last five minutes.', unit: '{session}' }
  meter.createObservableGauge('coatcheck.session.active', describe).addCallback((result) => {
    for (const [handle, at] of seen) if (at <= newest - ACTIVE) seen.delete(handle)
    result.observe(seen.size)
  })
  return (event) => {
    events.add(1, { 'coatcheck.event': event.type })
    newest = Math.max(newest, event.at)
    if (event.type === 'created') created.add(1, {})
    if (event.type === 'ended') {
      ended.add(1, { 'coatcheck.end.reason': event.reason })
      seen.delete(event.handle)
    }
    if (event.type === 'refused') refused.add(1, { 'coatcheck.refusal.reason': event.reason })
    if (event.type === 'conflict') conflicts.add(1, {})
    if (event.type !== 'loaded' && event.type !== 'created') return
    seen.delete(event.handle)
    seen.set(event.handle, event.at)
    const [oldest] = seen.keys()
    if (oldest !== undefined && seen.size > MOST) seen.delete(oldest)
  }
}

/** A code, or the name of the class: never a message. */
function typeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { readonly code?: unknown; readonly name?: unknown }
  return typeof code === 'string' ? code : typeof name === 'string' ? name : typeof error
}
