// What a request may cost: ratios of one run. `must` holds; `aim` is where it should go.
import type { Figures } from './figures.ts'
import { GROWTH, TOGETHER } from './growth.ts'

export interface Budget {
  readonly what: string
  readonly unit: 'x' | 'r' | 'ms' | 'bytes' | 'kB'
  readonly must: number
  readonly aim?: number | ((figures: Figures) => number | undefined)
  /** `undefined`: this run did not measure it. */
  readonly found: (figures: Figures) => number | undefined
}

export interface Checked {
  readonly what: string
  readonly unit: Budget['unit']
  readonly must: number
  readonly aim: number | undefined
  readonly found: number | undefined
  readonly isMet: boolean
}

const OURS = { memory: 'coatcheck/fetch, memory', sealed: 'coatcheck/fetch, sealed' } as const

/** Median microseconds over the bare handler of a request that counts a visit. */
const cost = ({ measured }: Figures, name: string): number | undefined =>
  measured.rows.find((row) => row.name === name)?.writing.median

const grown = ({ measured }: Figures, name: string): number | undefined => measured.growth.get(name)

const over = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : a / b

/** A row against another. */
const against =
  (ours: string, theirs: string) =>
  (figures: Figures): number | undefined =>
    over(cost(figures, ours), cost(figures, theirs))

/** Growth rows include the handler; what is compared is what a session adds. */
const added = (figures: Figures, name: string): number | undefined => {
  const time = grown(figures, name)
  return time === undefined ? undefined : time - figures.measured.bare
}

const addedAgainst =
  (a: string, b: string) =>
  (figures: Figures): number | undefined =>
    over(added(figures, a), added(figures, b))

/** 0.1.0 at the start: our memory store cost nine times one raw AES-256-GCM seal and unseal. */
const MEMORY_AT_THE_START = 9

function sealedPeers({ measured }: Figures) {
  return measured.rows.filter(({ by, kind }) => by === 'them' && kind === 'sealed')
}

function anonymous(figures: Figures): number | undefined {
  const bare = grown(figures, GROWTH.noCookie)
  const r = grown(figures, GROWTH.r)
  const each = (['sealed', 'memory'] as const).map((kind) => grown(figures, GROWTH.anonymous(kind)))
  if (bare === undefined || r === undefined) return undefined
  return Math.max(...each.map((time) => ((time ?? Number.NaN) - bare) / r))
}

/** A request among many that come at once, against one that comes alone. */
function together(figures: Figures): number | undefined {
  const [one = 1, many = 64] = TOGETHER
  const { bare } = figures.measured
  const [alone, all] = [grown(figures, GROWTH.parallel(one)), grown(figures, GROWTH.parallel(many))]
  return alone === undefined || all === undefined ? undefined : (all / many - bare) / (alone - bare)
}

const smallest = (values: readonly number[]): number | undefined => (values.length > 0 ? Math.min(...values) : undefined)

export const BUDGETS: readonly Budget[] = [
  { what: 'memory, against Astro 7 memory', unit: 'x', must: 0.8, aim: 0.5, found: against(OURS.memory, 'Astro, memory') },
  { what: 'memory, against the floor', unit: 'x', must: 2.3, aim: 1.5, found: against(OURS.memory, 'by hand, memory') },
  { what: 'sealed, against @hono/session', unit: 'x', must: 1 / 6, aim: 1 / 10, found: against(OURS.sealed, '@hono/session') },
  { what: 'sealed, against the floor', unit: 'x', must: 3, aim: 1.8, found: against(OURS.sealed, 'by hand, sealed') },
  {
    what: `SQLite, against our memory at the start (${MEMORY_AT_THE_START} r)`,
    unit: 'x',
    must: 0.7,
    aim: 0.5,
    found: (figures) => over(over(cost(figures, 'coatcheck/fetch, SQLite'), grown(figures, GROWTH.r)), MEMORY_AT_THE_START),
  },
  {
    what: 'node adapter in Express, memory, against express-session’s MemoryStore',
    unit: 'x',
    must: 1,
    aim: 0.6,
    found: against('coatcheck/node, Express, memory', 'express-session, MemoryStore'),
  },
  {
    what: 'Redis, against a bare GET and SET of the same bytes',
    unit: 'x',
    must: 1.3,
    aim: 1.15,
    found: (figures) => over(cost(figures, 'coatcheck/fetch, Redis'), added(figures, GROWTH.getAndSet)),
  },
  { what: 'anonymous request that finds no session', unit: 'r', must: 0.4, aim: 0.2, found: anonymous },
  ...[3, 64].map(
    (kilobytes): Budget => ({
      what: `object of ${kilobytes} kB read and unchanged, against a counter write of the same session`,
      unit: 'x',
      must: 0.6,
      aim: 0.4,
      found: addedAgainst(GROWTH.object(kilobytes), GROWTH.objectCounter(kilobytes)),
    }),
  ),
  {
    what: '1,000 keys, one read and one written, against 10 keys',
    unit: 'x',
    must: 2.5,
    aim: 1.5,
    found: addedAgainst(GROWTH.keys(1000), GROWTH.keys(10)),
  },
  { what: '64 parallel requests on one session, per request, against one', unit: 'x', must: 0.2, aim: 0.1, found: together },
  {
    what: 'seal and unseal, against raw AES-256-GCM',
    unit: 'x',
    must: 1.5,
    aim: 1.25,
    found: ({ seal }) => seal.sealUnsealVsRawGcm.median,
  },
  {
    what: 'a forged ticket refused, against the same',
    unit: 'x',
    must: 1,
    aim: 0.6,
    found: ({ seal }) => seal.forgedVsRawGcm.median,
  },
  {
    // The issue has 608 and 540 for a smaller session; this one took 731 when that one took 608.
    what: 'Set-Cookie, sealed',
    unit: 'bytes',
    must: 649,
    aim: (figures) => smallest(sealedPeers(figures).map(({ cookieBytes }) => cookieBytes)),
    found: ({ measured }) => measured.rows.find(({ name }) => name === OURS.sealed)?.cookieBytes,
  },
  {
    what: 'import of core, CPU, against an empty process',
    unit: 'x',
    must: 1.25,
    aim: 1.15,
    found: (figures) => figures.import?.ratio,
  },
  { what: 'memory store at 10^6 against 10^3: read', unit: 'x', must: 1.5, found: ({ large }) => large?.readRatio.memory },
  { what: 'memory store at 10^6: worst single call, CPU', unit: 'ms', must: 5, found: ({ large }) => large?.worstCall },
  { what: 'memory store at 10^6: prune of nothing, CPU', unit: 'ms', must: 0.1, found: ({ large }) => large?.emptyPrune },
  { what: 'SQLite read at 10^6 against 10^3', unit: 'x', must: 1.3, aim: 1.1, found: ({ large }) => large?.readRatio.SQLite },
  { what: 'core, min+gz', unit: 'kB', must: 22.3, aim: 18, found: ({ size }) => size },
]

/** What was not measured is not met: a check that was not made has not passed. */
export function check(figures: Figures, budgets: readonly Budget[] = BUDGETS): readonly Checked[] {
  return budgets.map(({ what, unit, must, aim, found }) => {
    const value = found(figures)
    const isMet = value !== undefined && value <= must
    return { what, unit, must, aim: typeof aim === 'function' ? aim(figures) : aim, found: value, isMet }
  })
}
