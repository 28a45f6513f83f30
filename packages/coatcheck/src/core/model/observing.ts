import type { Emit, SessionEvent } from './events.ts'
import type { RecentEnds } from './kept.ts'

/** Runs one part of a request's way, which is measured. */
export type Trace = <T>(
  part: 'open' | 'commit' | 'store',
  attributes: Readonly<Record<string, string>>,
  run: () => T | Promise<T>,
) => T | Promise<T>

/** What `coatcheck/otel` makes. */
export interface Telemetry {
  /** Runs a part of a request's way; whatever is run in it is a part of that. What `run` throws or rejects with is thrown on. */
  span<T>(part: string, attributes: Readonly<Record<string, string>>, run: () => T): T
  event(event: SessionEvent): void
}

/** Who is told of what happens. */
export interface Observers {
  readonly emit: Emit
  readonly ends: RecentEnds
  /** Whether anybody is told of events. */
  readonly isTold: boolean
  /** Left out where nobody measures. */
  readonly trace?: Trace | undefined
  /** For the inspector, which looks for its recorder here. */
  readonly telemetry?: Telemetry | undefined
  /** What stands for a request in events. */
  readonly requestId?: ((headers: { get(name: string): string | null }) => string | undefined) | undefined
}
