import { arch, availableParallelism, cpus, loadavg, platform, totalmem } from 'node:os'
import { type Checked, check } from './budgets.ts'
import type { Counts } from './counts.ts'
import type { Figures } from './figures.ts'
import { GROWTH } from './growth.ts'
import { peerVersions } from './install.ts'
import type { TimedRow } from './measure.ts'

/** A row of the table: what one request costs that reads a counter, adds one and answers, over the same handler without a session. */
export interface ReportRow extends TimedRow {
  readonly counts: Counts | undefined
}

/** What `--json` prints. */
export interface Report {
  readonly date: string
  readonly machine: string
  readonly node: string
  readonly load: { readonly before: number; readonly after: number }
  readonly versions: Readonly<Record<string, string>>
  readonly rounds: number
  /** Microseconds of one raw AES-256-GCM seal and unseal of the session. */
  readonly r: number
  readonly rows: readonly ReportRow[]
  readonly growthMicros: Readonly<Record<string, number>>
  readonly budgets: readonly Checked[]
  /** What this run left out, and why. */
  readonly leftOut: readonly string[]
  /** No figure says anything. */
  readonly isQuick: boolean
}

interface Circumstances {
  readonly date: Date
  readonly loadBefore: number
  readonly leftOut: readonly string[]
  readonly isQuick: boolean
}

export const thisMachine = (): string =>
  `${cpus()[0]?.model.trim() || 'unknown processor'}, ${availableParallelism()} processors, ${Math.round(totalmem() / 2 ** 30)} GB, ${platform()} ${arch()}`

export const loadNow = (): number => loadavg()[0] ?? Number.NaN

export function reportOf(figures: Figures, { date, loadBefore, leftOut, isQuick }: Circumstances): Report {
  const { measured, counts } = figures
  return {
    date: date.toISOString().slice(0, 10),
    machine: thisMachine(),
    node: process.version,
    load: { before: loadBefore, after: loadNow() },
    versions: peerVersions(),
    rounds: measured.rounds,
    r: measured.growth.get(GROWTH.r) ?? Number.NaN,
    rows: measured.rows.map((row) => ({ ...row, counts: counts[row.name] })),
    growthMicros: Object.fromEntries(measured.growth),
    budgets: check(figures),
    leftOut,
    isQuick,
  }
}
