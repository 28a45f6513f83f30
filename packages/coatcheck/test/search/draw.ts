import { type Dice, diceOf } from './dice.ts'
import type { Adapter, Fault, FaultKind, Happening, Letter, Newer, Person, Plan, RequestPlan } from './plan.ts'

const SECOND = 1000
const HOUR = 3600 * SECOND

export interface DrawOptions {
  /** Letters to draw from; default all. */
  readonly only?: string
  readonly adapters?: readonly Adapter[]
  /** What all faults are, of which there is one at least; default all. */
  readonly fault?: FaultKind
  /** The secrets change in every schedule. */
  readonly rotates?: boolean
  /** In every schedule the first request is under way for longer than what leads on from an old ticket is kept. */
  readonly lingers?: boolean
}

type Weights<T> = readonly (readonly [number, T])[]

const VICTIM: Weights<Letter> = [
  ...([[2.5, 'W'], [2, 'S'], [1.2, 'R'], [0.7, 'B'], [1, 'D'], [1, 'O'], [1.3, 'N'], [0.7, 'T']] as const), // biome-ignore format: a table
]
const ATTACKER: Weights<Letter> = [
  ...([[2, 'N'], [1.2, 'W'], [1.5, 'R'], [0.5, 'D'], [0.7, 'B'], [0.3, 'T']] as const), // biome-ignore format: a table
]
const ADAPTERS: Weights<Adapter> = [[84, 'core'], [8, 'fetch'], [5, 'remix'], [3, 'h3']] // biome-ignore format: a table
const FAULTS: Weights<FaultKind> = [
  ...([[2, 'twice'], [1.5, 'doubled'], [1, 'lost'], [2, 'unanswered'], [2, 'late'], [1, 'diesBefore'], [1, 'diesAfter'], [0.5, 'refused']] as const), // biome-ignore format: a table
]

/** The schedule of a seed. */
export function draw(seed: number, { only, adapters, fault, rotates = false, lingers = false }: DrawOptions = {}): Plan {
  const dice = diceOf(seed)
  const idle = dice.pick([600, 600, 1800, 14_400])
  const absolute = dice.pick([2 * idle, 4 * idle, 86_400 * 7])
  const begins = dice.weighted([[6, 'guest'], [4, 'alice'], [0.4, 'none']] as const) // biome-ignore format: a table
  const attacker = dice.weighted([[5, 'absent'], [begins === 'guest' ? 4 : 0, 'planted'], [begins === 'none' ? 0 : 2, 'thief']] as const) // biome-ignore format: a table
  const count = dice.weighted([[2, 1], [4, 2], [2, 3]] as const) // biome-ignore format: a table
  const skews = Array.from({ length: count }, () => (dice.chance(0.5) ? dice.int(-30, 30) * SECOND : 0))
  const capacity = dice.chance(0.05) ? dice.int(2, 4) : undefined
  const adapter = adapters ? dice.pick(adapters) : dice.weighted(ADAPTERS)
  const times = { idle: idle * SECOND, absolute: absolute * SECOND }
  const requests: RequestPlan[] = []
  let at = SECOND
  for (
    let id = 1,
      most = dice.weighted([
        [4, 2],
        [5, 3],
        [4, 4],
        [2, 6],
        [1, 8],
      ] as const);
    id <= most;
    id++
  ) {
    // biome-ignore format: a table
    if (id > 1) at += gap(dice, times)
    const browser: Person =
      capacity !== undefined && dice.chance(0.35) ? 'stranger' : attacker !== 'absent' && dice.chance(0.4) ? 'attacker' : 'victim'
    requests.push(request(dice, { id, at, browser, count, only, times, begins }))
  }
  const extra = diceOf(seed, 11)
  if (extra.chance(0.06)) requests.push(...crowd(extra, requests, count))
  for (const [nth, each] of requests.entries()) requests[nth] = { ...each, ...besides(extra, each) }
  const until = Math.max(...requests.map((each) => each.at))
  const own = diceOf(seed, 13)
  const long = own.chance(lingers ? 1 : 0.02) ? lingering(own, requests, times.idle, count) : []
  return {
    seed,
    idle,
    absolute,
    adapter,
    skews,
    begins,
    attacker, // biome-ignore format: short
    encrypt: dice.chance(0.2),
    ...(attacker !== 'absent' && dice.chance(0.05) && { beside: true }),
    ...(capacity !== undefined && { capacity }),
    jitter: dice.weighted([[5, 8], [2, 100], [1, 1]] as const), // biome-ignore format: a table
    ...newer(dice),
    requests,
    faults: faults(dice, requests, fault),
    happenings: [...happenings(dice, until, count, rotates), ...long].sort((a, b) => a.at - b.at),
  }
}

/** More writes at once than a short list of writes would hold. */
function crowd(dice: Dice, [first]: readonly RequestPlan[], count: number): RequestPlan[] {
  const { at = 0, hold = 0 } = first ?? {}
  const from = at + hold + dice.int(0, 200)
  return Array.from({ length: dice.int(9, 14) }, (_, nth) => {
    const around = { at: from + dice.int(0, 1500), instance: dice.int(0, count - 1) }
    return {
      id: 100 + nth,
      letter: 'W',
      browser: 'victim',
      ...around,
      opensAfter: 0,
      hold: dice.int(0, 20),
      back: dice.int(0, 30),
    }
  })
}

/** The first request takes longer than the idle time; another keeps the session alive, and what is over by then is pruned. */
function lingering(dice: Dice, requests: RequestPlan[], idle: number, count: number): Happening[] {
  const instance = dice.int(0, count - 1)
  requests[0] = { ...(requests[0] as RequestPlan), hold: 1.3 * idle }
  requests.push({ id: 99, letter: 'W', browser: 'victim', instance, at: 0.75 * idle, opensAfter: 0, hold: 0, back: 10 })
  return [{ at: 1.2 * idle, what: 'prune', instance }]
}

function besides(dice: Dice, { letter, browser }: RequestPlan): Pick<RequestPlan, 'flash' | 'retry'> {
  const retry = 'RSBW'.includes(letter) && dice.chance(0.15) ? dice.int(0, 3 * SECOND) : undefined
  const flash =
    browser !== 'stranger' && 'WSNR'.includes(letter) && dice.chance(0.3) ? dice.pick(['leaves', 'takes'] as const) : undefined
  return {
    ...(retry !== undefined && { retry }),
    ...(flash && letter !== 'N' && { flash }),
    ...(flash && letter === 'N' && { flash: 'takes' }),
  }
}

interface Around {
  readonly id: number
  readonly at: number
  readonly browser: Person
  readonly count: number
  readonly only: string | undefined
  readonly times: { readonly idle: number; readonly absolute: number }
  readonly begins: Plan['begins']
}

function request(dice: Dice, { id, at, browser, count, only, times }: Around): RequestPlan {
  const all = browser === 'attacker' ? ATTACKER : browser === 'stranger' ? ([[1, 'W']] as Weights<Letter>) : VICTIM
  const allowed = only === undefined || browser === 'stranger' ? all : all.filter(([, letter]) => only.includes(letter))
  const letter = allowed.length > 0 ? dice.weighted(allowed) : 'N'
  const again = 'RSBWO'.includes(letter) && dice.chance(0.12) ? dice.int(0, 2 * SECOND) : undefined
  return {
    id,
    letter,
    browser,
    instance: dice.int(0, count - 1),
    // A slide is due in the second half of the idle time.
    at: letter === 'T' && dice.chance(0.5) ? at + Math.ceil(times.idle / 2) : at,
    opensAfter: dice.chance(0.85) ? 0 : dice.int(0, 5 * SECOND),
    hold: hold(dice, times.idle),
    ...(again !== undefined && { again }),
    ...('RSBDO'.includes(letter) && dice.chance(0.25) && { bare: true }),
    back: dice.weighted<() => number | null>([
      [70, () => dice.int(0, 30)],
      [20, () => dice.int(0, 5 * SECOND)],
      [5, () => dice.int(0, 60 * SECOND)],
      [5, () => null],
    ])(),
  }
}

/** From one request to the next: mostly none, else around every end there is. */
function gap(dice: Dice, { idle, absolute }: { idle: number; absolute: number }): number {
  const around = (end: number) => Math.max(0, end + dice.int(-20, 20) * SECOND)
  return dice.weighted<() => number>([
    [58, () => dice.int(0, 40)],
    [14, () => dice.int(0, 3 * SECOND)],
    [10, () => dice.int(3, 20) * SECOND],
    [4, () => dice.int(60, 400) * SECOND],
    [5, () => around(idle)],
    [3, () => around(idle / 2)],
    [2, () => dice.int(1, 6) * HOUR],
    [1, () => around(absolute)],
  ])()
}

/** Between opening and committing. */
function hold(dice: Dice, idle: number): number {
  return dice.weighted<() => number>([
    [60, () => dice.int(0, 10)],
    [15, () => dice.int(0, 3 * SECOND)],
    [9, () => dice.int(3, 20) * SECOND],
    [4, () => dice.int(280, 320) * SECOND],
    [4, () => Math.max(0, idle + dice.int(-20, 20) * SECOND)],
    [4, () => dice.int(1, 5) * HOUR],
  ])()
}

function faults(dice: Dice, requests: readonly RequestPlan[], only: FaultKind | undefined): Fault[] {
  const many = dice.weighted([[45, 0], [30, 1], [15, 2], [10, 3]] as const) // biome-ignore format: a table
  return Array.from({ length: only ? many + 1 : many }, () => {
    const kind = only ?? dice.weighted(FAULTS)
    const by = dice.weighted([[1, dice.int(0, 50)], [1, dice.int(50, 1990)], [1, dice.int(2001, 4000)]] as const) // biome-ignore format: a table
    return { request: dice.pick(requests).id, call: dice.int(0, 5), kind, by }
  })
}

function happenings(dice: Dice, until: number, count: number, rotates: boolean): Happening[] {
  const some = (share: number, what: 'prune' | 'kill'): Happening[] =>
    dice.chance(share) ? [{ at: dice.int(900, until + 100), what, instance: dice.int(0, count - 1) }] : []
  const rotation = dice.chance(rotates ? 1 : 0.12) ? rotated(dice, until, count) : []
  return [...some(0.2, 'prune'), ...some(0.1, 'prune'), ...some(0.1, 'kill'), ...rotation]
}

/** The instances get a new secret one after the other: pending, then active, then alone; or some of that at once. */
function rotated(dice: Dice, until: number, count: number): Happening[] {
  const stages = dice.pick([[1, 2, 3], [1, 2], [2], [2, 3]]) // biome-ignore format: a table
  return Array.from({ length: count }, (_, instance) => {
    const times = stages.map(() => dice.int(500, until + 50)).sort((a, b) => a - b)
    return stages.map((stage, nth) => ({ at: times[nth] as number, what: 'stage' as const, instance, stage }))
  }).flat()
}

function newer(dice: Dice): { newer?: Newer } {
  if (dice.chance(0.6)) return {}
  return {
    newer: {
      grace: dice.pick([0, 2, 10, 60]),
      maxRequestTime: dice.pick([10, 60, 60, 300]),
      onReplay: dice.pick(['report', 'report', 'endSession', 'endOwner'] as const),
    },
  }
}
