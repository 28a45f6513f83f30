import type { EngineName } from '../../../../scripts/engines.ts'
import type { StoreTools, StoreTrialOptions, StoreUnderTest } from '../../src/testing/index.ts'

/** A store as it is tried: over one client, on its real engine. */
export interface TriedStore {
  /** As the tables of docs/stores.md call it. */
  readonly name: string
  /** The engine that is a server; `npm test -- --without` may leave it out. */
  readonly engine?: EngineName
  /** What it is asked for instead of what others are, where its engine has room for less. */
  readonly asked?: Pick<StoreTrialOptions, 'records' | 'longestName' | 'biggest'>
  /** `src/stores/<name>.integration.test.ts` that plays the whole suite of strong stores on it. What is slow is not played a second time. */
  readonly playedBy?: string
  /** Starts the engine, or takes the one that the environment names. */
  start(): Promise<TriedEngine>
}

export interface TriedEngine {
  /** Where clients reach it; absent where everything is in this process. */
  readonly url?: string
  /** Opens a store without records, ready for use. `url` is another way to the same engine, as through a proxy. */
  open(tools: Pick<StoreTools, 'now'> & Partial<StoreTools>, url?: string): Promise<StoreUnderTest>
  /** Calls of the client since this was asked last, for engines without a wire to count on (bindings, and what runs in this process). */
  readonly trips?: () => number
  /** Closes every client and stops what was started. */
  stop(): Promise<void>
}
