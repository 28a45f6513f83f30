import type { Plan, RequestPlan } from './plan.ts'

/** Whether a schedule still shows what is looked for. */
export type Shows = (plan: Plan) => Promise<boolean>

/**
 * The same with as little as possible: requests, faults and happenings are left out, waits are cut, all as long as it still shows. What is
 * left stays as it is when anything else is left out, since chance goes by a request's own number.
 */
export async function minimised(plan: Plan, shows: Shows, mostRuns = 600): Promise<Plan> {
  let best = plan
  let runs = 0
  for (let again = true; again; ) {
    again = false
    for (const smaller of smallerThan(best)) {
      if (runs++ >= mostRuns) return best
      if (!(await shows(smaller))) continue
      best = smaller
      again = true
      break
    }
  }
  return best
}

function* smallerThan(plan: Plan): Generator<Plan> {
  yield* without(plan, 'requests')
  yield* without(plan, 'faults')
  yield* without(plan, 'happenings')
  if (plan.adapter !== 'core') yield { ...plan, adapter: 'core' }
  if (plan.capacity !== undefined) {
    const { capacity: _, ...rest } = plan
    yield rest
  }
  if (plan.newer) {
    const { newer: _, ...rest } = plan
    yield rest
  }
  if (plan.beside) yield { ...plan, beside: false }
  if (plan.encrypt) yield { ...plan, encrypt: false }
  if (plan.attacker !== 'absent' && plan.requests.every(({ browser }) => browser !== 'attacker'))
    yield { ...plan, attacker: 'absent' }
  if (plan.skews.some((skew) => skew !== 0)) yield { ...plan, skews: plan.skews.map(() => 0) }
  for (const [at, skew] of plan.skews.entries()) {
    if (skew !== 0) yield { ...plan, skews: plan.skews.map((other, nth) => (nth === at ? 0 : other)) }
  }
  if (plan.skews.length > 1)
    yield {
      ...plan,
      skews: plan.skews.slice(0, 1),
      requests: plan.requests.map(onFirst),
      happenings: plan.happenings.map(onFirst),
    }
  if (plan.jitter > 1) yield { ...plan, jitter: 1 }
  for (const [at, request] of plan.requests.entries()) {
    for (const simpler of simplerThan(request)) {
      yield { ...plan, requests: plan.requests.map((other, nth) => (nth === at ? simpler : other)) }
    }
  }
}

const onFirst = <T extends { readonly instance: number }>(one: T): T => (one.instance === 0 ? one : { ...one, instance: 0 })

function* without(plan: Plan, part: 'requests' | 'faults' | 'happenings'): Generator<Plan> {
  for (const at of plan[part].keys()) yield { ...plan, [part]: (plan[part] as readonly unknown[]).filter((_, nth) => nth !== at) }
}

function without1(request: RequestPlan, part: 'flash' | 'retry'): RequestPlan {
  const { [part]: _, ...rest } = request
  return rest as RequestPlan
}

function* simplerThan(request: RequestPlan): Generator<RequestPlan> {
  const { again: _, bare: __, ...plain } = request
  if (request.flash) yield without1(request, 'flash')
  if (request.retry !== undefined) yield without1(request, 'retry')
  if (request.again !== undefined) yield { ...plain, ...(request.bare && { bare: true }) }
  if (request.bare) yield { ...plain, ...(request.again !== undefined && { again: request.again }) }
  if (request.opensAfter > 0) yield { ...request, opensAfter: 0 }
  if (request.hold > 10) yield { ...request, hold: 10 }
  if (request.hold > 2000) yield { ...request, hold: Math.round(request.hold / 2000) * 1000 }
  if (request.back !== 0 && request.back !== 10) yield { ...request, back: 10 }
  if (request.instance !== 0) yield { ...request, instance: 0 }
  if (request.letter !== 'N' && request.letter !== 'W') yield { ...request, letter: 'W' }
}
