import type { Consistency } from '../../src/stores/store.ts'
import { type StoreGuarantee, storeGuarantees } from '../../src/testing/index.ts'
import type { TriedStore } from '../stores/tried.ts'

export interface Guarantees {
  readonly name: string
  readonly consistency: Consistency
  readonly found: readonly StoreGuarantee[]
}

/** What a store gives on its real engine, whatever it declares. */
export async function findGuarantees({ name, start, asked }: TriedStore): Promise<Guarantees> {
  const engine = await start()
  try {
    let consistency: Consistency = 'strong'
    const found = await storeGuarantees({
      ...asked,
      async open(tools) {
        const opened = await engine.open(tools)
        consistency = opened.store.consistency ?? 'strong'
        return opened
      },
    })
    return { name, consistency, found }
  } finally {
    await engine.stop()
  }
}

const CELLS: Readonly<Record<StoreGuarantee['outcome'], string>> = { held: 'yes', 'not offered': '–', broken: '**no**' }

export const listOf = (guarantees: readonly string[]): string =>
  guarantees.map((guarantee, nth) => `${nth + 1}. ${guarantee}.`).join('\n')

/** The columns of the tables: guarantees by their number in the list above them. */
export const headOf = (declares: string, guarantees: readonly string[]): readonly string[] => [
  'store',
  declares,
  ...guarantees.map((_, nth) => `${nth + 1}`),
]

export const rowOf = (name: string, declared: string, found: readonly StoreGuarantee[]): readonly string[] => [
  name,
  declared,
  ...found.map(({ outcome }) => CELLS[outcome]),
]
