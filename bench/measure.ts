import { inTurn, SOME_COOKIE, tryOut, visitorsOf } from './browser.ts'
import { growthRows } from './growth.ts'
import { type Effort, measureRounds, type Run } from './rounds.ts'
import { counting, reading } from './session.ts'
import type { Group, Kind, Setting, Tools } from './setting.ts'
import { median, type Spread, spreadOf } from './statistics.ts'

/** Microseconds of each round. */
export type Rounds = ReadonlyMap<string, readonly number[]>

export interface TimedRow {
  readonly name: string
  readonly kind: Kind
  readonly over: string
  readonly by: 'us' | 'hand' | 'them'
  /** Microseconds over the same handler without a session. */
  readonly reading: Spread
  readonly writing: Spread
  readonly cookieBytes: number
}

export interface Measured {
  readonly rows: readonly TimedRow[]
  /** Of the rows that the budgets need: median microseconds, the handler included. */
  readonly growth: ReadonlyMap<string, number>
  /** Of the handler of `Request` and `Response` without a session. */
  readonly bare: number
  /** How many there were. */
  readonly rounds: number
}

export interface HowLong extends Effort {
  /** How many sessions take turns in each row. */
  readonly visitors: number
}

const [BARE, READ, WRITE] = ['bare', 'reading', 'writing'].map((what) => (name: string) => `${what} ${name}`) as [
  (name: string) => string,
  (name: string) => string,
  (name: string) => string,
]

/** Every setting that can be opened with these tools, in one interleaved run. */
export async function measure(groups: readonly Group[], tools: Tools, { visitors, ...effort }: HowLong): Promise<Measured> {
  const settings = groups.flatMap((group) => group.settings).filter(({ needs }) => !needs || tools.urls[needs])
  const runs = new Map<string, Run>()
  const bytes = new Map<string, number>()
  const closes: (() => unknown)[] = []
  for (const group of groups)
    for (const [name, open] of Object.entries(group.bare)) runs.set(BARE(name), inTurn(await open(), [SOME_COOKIE]))
  try {
    for (const setting of settings) {
      const opened = await setting.open(tools)
      if (opened.close) closes.push(opened.close)
      bytes.set(setting.name, await tryOut(setting.name, opened))
      const cookies = await visitorsOf(opened, visitors)
      runs.set(READ(setting.name), inTurn(await opened.visit(reading), cookies))
      runs.set(WRITE(setting.name), inTurn(await opened.visit(counting), cookies))
    }
    const growth = await growthRows(tools, visitors)
    closes.push(growth.close)
    const times = await measureRounds(new Map([...runs, ...growth.rows]), effort)
    return figuresOf(settings, times, bytes, [...growth.rows.keys()])
  } finally {
    for (const close of closes) await close()
  }
}

function figuresOf(
  settings: readonly Setting[],
  times: Rounds,
  bytes: ReadonlyMap<string, number>,
  growth: readonly string[],
): Measured {
  const of = (name: string): readonly number[] => {
    const found = times.get(name)
    if (!found) throw new Error(`Nobody measured ${name}.`)
    return found
  }
  // Over the median of the bare handler: a round in which that one was disturbed says nothing about the others.
  const over = ({ name, over }: Setting, row: (name: string) => string): readonly number[] => {
    const base = median(of(BARE(over)))
    return of(row(name)).map((time) => time - base)
  }
  const rows = settings.map((setting): TimedRow => {
    const { name, kind, over: base, ours } = setting
    const by = ours ? 'us' : name.startsWith('by hand') ? 'hand' : 'them'
    const [reading, writing] = [spreadOf(over(setting, READ)), spreadOf(over(setting, WRITE))]
    return { name, kind, over: base, by, reading, writing, cookieBytes: bytes.get(name) ?? Number.NaN }
  })
  return {
    rows,
    growth: new Map(growth.map((name) => [name, median(of(name))])),
    bare: median(of(BARE('fetch'))),
    rounds: of(BARE('fetch')).length,
  }
}
