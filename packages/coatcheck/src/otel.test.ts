import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, expect, it } from 'vitest'
import { HUSH, tellsNothing } from '../test/helpers/discretion.ts'
import { discretion, type Site, site } from '../test/helpers/site.ts'
import { type OtelMeter, type OtelTracer, otel } from './otel.ts'
import { memoryStore } from './stores/memory.ts'

tellsNothing(discretion)

interface Seen {
  readonly name: string
  readonly kind: number
  readonly attributes: Record<string, string>
  readonly parts: Seen[]
  status?: number
  isOver?: true
}

/** A small stand-in for the SDK, with what the structural types ask for: spans lie in each other as they are begun, and counts add up. */
function sdk() {
  const spans: Seen[] = []
  const around = new AsyncLocalStorage<Seen[]>()
  const tracer: OtelTracer = {
    startActiveSpan(name, { kind, attributes }, run) {
      const span: Seen = { name, kind, attributes: { ...attributes }, parts: [] }
      const parts = around.getStore() ?? spans
      parts.push(span)
      const handle = {
        setAttribute: (key: string, value: string) => {
          span.attributes[key] = value
        },
        setStatus: ({ code }: { readonly code: number }) => {
          span.status = code
        },
        end: () => {
          span.isOver = true
        },
      }
      return around.run(span.parts, () => run(handle))
    },
  }
  const counts: Record<string, number> = {}
  const durations: [number, Record<string, string>][] = []
  const gauges: Record<string, () => number> = {}
  const meter: OtelMeter = {
    createCounter: (name) => ({
      add(value, attributes) {
        const key = [name, ...Object.values(attributes)].join(' ')
        counts[key] = (counts[key] ?? 0) + value
      },
    }),
    createHistogram: (name, { unit, advice }) => {
      expect([name, unit, advice.explicitBucketBoundaries[0]]).toEqual(['db.client.operation.duration', 's', 0.001])
      return { record: (value, attributes) => void durations.push([value, attributes]) }
    },
    createObservableGauge: (name) => ({
      addCallback(callback) {
        gauges[name] = () => {
          let last = 0
          callback({
            observe: (value) => {
              last = value
            },
          })
          return last
        }
      },
    }),
  }
  return { tracer, meter, spans, counts, durations, gauges }
}

const names = (spans: readonly Seen[]): unknown[] =>
  spans.map(({ name, parts }) => (parts.length > 0 ? [name, names(parts)] : name))
const every = (spans: readonly Seen[]): Seen[] => spans.flatMap((span) => [span, ...every(span.parts)])

describe('spans', () => {
  it('of opening, of the commit, and of each call of the store, in one another', async () => {
    const { tracer, spans } = sdk()
    const { person } = site({ store: memoryStore(), telemetry: otel({ tracer, system: 'memory' }) })
    const ada = person()
    await ada.does((session) => session.set('n', HUSH))
    expect(names(spans)).toEqual(['session open', ['session commit', ['session store create']]])
    spans.length = 0
    await ada.does((session) => session.set('n', 2))
    expect(names(spans)).toEqual([
      ['session open', ['session store read']],
      ['session commit', ['session store update']],
    ])
    const [read] = spans[0]?.parts ?? []
    expect(read).toMatchObject({ kind: 2, attributes: { 'db.system.name': 'memory', 'db.operation.name': 'read' } })
    expect(spans[1]).toMatchObject({ kind: 0, attributes: { 'coatcheck.plan': 'update' } })
    expect(every(spans).every(({ isOver, status }) => isOver && status === undefined)).toBe(true)
    discretion.tell(spans)
  })

  it('say what failed, and how, and the failure goes on', async () => {
    const { tracer, meter, spans, durations } = sdk()
    const store = { ...memoryStore(), read: () => Promise.reject(new TypeError('only for the cause')) }
    const { person } = site({ store, telemetry: otel({ tracer, meter }) })
    const stranger = person()
    stranger.browser.plant(`__Host-Http-session=${await someTicket()}; Path=/; Secure; HttpOnly`)
    await expect(stranger.does(() => {})).rejects.toMatchObject({ code: 'STORE_FAILED' })
    const [open] = spans
    for (const span of [open, open?.parts[0]])
      expect(span).toMatchObject({ status: 2, isOver: true, attributes: { 'error.type': 'STORE_FAILED' } })
    expect(durations).toEqual([
      [expect.any(Number), { 'db.system.name': 'other', 'db.operation.name': 'read', 'error.type': 'STORE_FAILED' }],
    ])
    expect(JSON.stringify([spans, durations])).not.toContain('cause')
  })
})

async function someTicket(): Promise<string> {
  const ada = site({ store: memoryStore() }).person()
  await ada.does((session) => session.set('n', 1))
  return ada.ticket ?? ''
}

describe('metrics', () => {
  const counted = (): { readonly told: ReturnType<typeof sdk>; readonly place: Site } => {
    const told = sdk()
    let time = 0
    const now = () => (time += 5)
    return { told, place: site({ store: memoryStore(), telemetry: otel({ meter: told.meter, now }) }) }
  }

  it('count what began, what ended and why, what was refused and why', async () => {
    const { told, place } = counted()
    const [ada, bob] = [place.person(), place.person()]
    await ada.does((session) => session.signIn('ada'))
    await bob.does((session) => session.signIn('bob'))
    expect(told.gauges['coatcheck.session.active']?.()).toBe(2)
    await ada.does((session) => session.signOut())
    await bob.does((session) => session.signIn('eve'))
    await bob.does((session) => session.destroy())
    bob.browser.plant('__Host-Http-session=nonsense!; Path=/; Secure; HttpOnly')
    await bob.does(() => {})
    expect(told.counts).toMatchObject({
      'coatcheck.session.created': 3,
      'coatcheck.session.ended signed-out': 1,
      'coatcheck.session.ended replaced': 1,
      'coatcheck.session.ended destroyed': 1,
      'coatcheck.ticket.refused malformed': 1,
      'coatcheck.events committed': 5,
    })
    expect(told.gauges['coatcheck.session.active']?.()).toBe(0)
    discretion.tell(told.counts)
  })

  it('a session that nobody has used for five minutes is not active any more', async () => {
    const { told, place } = counted()
    const [ada, bob] = [place.person(), place.person()]
    await ada.does((session) => session.set('n', 1))
    place.clock.advance(299)
    await bob.does((session) => session.set('n', 1))
    expect(told.gauges['coatcheck.session.active']?.()).toBe(2)
    place.clock.advance(2)
    await bob.does(() => {})
    expect(told.gauges['coatcheck.session.active']?.()).toBe(1)
  })

  it('measure each call of the store, in seconds', async () => {
    const { told, place } = counted()
    await place.person().does((session) => session.set('n', 1))
    expect(told.durations).toEqual([[0.005, { 'db.system.name': 'other', 'db.operation.name': 'create' }]])
  })

  it('count the writes that another process was faster with', async () => {
    const told = sdk()
    const store = memoryStore()
    const [here, there] = [site({ store, telemetry: otel({ meter: told.meter }) }), site({ store })]
    const ada = here.person()
    await ada.does((session) => session.set('n', 1))
    const twin = there.person()
    twin.browser.plant(`__Host-Http-session=${ada.ticket}; Path=/; Secure; HttpOnly`)
    await ada.does(async (session) => {
      await twin.does((other) => other.set('m', 1))
      session.set('n', 2)
    })
    expect(told.counts['coatcheck.commit.conflicts']).toBe(1)
  })
})

it('telemetry that throws at an event breaks no request, and onEvent is told all the same', async () => {
  const telemetry = {
    span: <T>(_: string, __: object, run: () => T): T => run(),
    event() {
      throw new Error('exporter')
    },
  }
  const { person, events } = site({ telemetry })
  await person().does((session) => session.set('n', 1))
  expect(events.map(({ type }) => type)).toEqual(['created', 'committed'])
})

it('wrong options are refused', () => {
  for (const wrong of [{ tracer: {} }, { meter: {} }, { system: 1 }, { now: 1 }, undefined])
    expect(() => otel(wrong as never)).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
  expect(() => site({ telemetry: {} as never })).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
})
