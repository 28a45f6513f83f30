import type { Counts } from './counts.ts'
import type { Measured } from './measure.ts'
import type { LargeFigures } from './outside/large.ts'
import type { SealFigures } from './seal.ts'

/** All that one run has measured. What it did not measure is left out, and the check says so. */
export interface Figures {
  readonly measured: Measured
  /** By the names of the settings. */
  readonly counts: Readonly<Record<string, Counts>>
  readonly seal: SealFigures
  readonly import?: { readonly ratio: number }
  /** Kilobytes of the core. */
  readonly size?: number
  readonly large?: LargeFigures
}
