import { type Consistency, can } from '../../src/stores/store.ts'
import { type StoreGuarantee, storeGuarantees } from '../../src/testing/index.ts'
import { CASES } from '../../src/testing/suite/cases.ts'
import { GUARANTEES, type GuaranteeName } from '../../src/testing/suite/guarantees.ts'
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

/** What a store that passes the suite of strong stores gives: all for which it has the methods. Only those are looked at. */
export async function offeredGuarantees({ name, start }: TriedStore): Promise<Guarantees> {
  const engine = await start()
  try {
    const { store, close } = await engine.open({ now: Date.now })
    const isOffered = (name: GuaranteeName): boolean =>
      CASES.strong.some(({ guarantee, needs }) => guarantee === name && (!needs || can(store, needs)))
    const found = (Object.keys(GUARANTEES) as GuaranteeName[]).map(
      (each): StoreGuarantee => ({ guarantee: GUARANTEES[each], outcome: isOffered(each) ? 'held' : 'not offered' }),
    )
    await store.close?.()
    await close?.()
    return { name, consistency: store.consistency ?? 'strong', found }
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

const MARKS: Readonly<Record<string, string>> = { yes: 'y', '–': '-', '**no**': 'n' }

/** The list and the rows as the source that the inspector shows them from: `src/inspector/guarantees.ts`. */
export function codeOf(guarantees: readonly string[], rows: readonly (readonly string[])[]): string {
  const quoted = (text: string): string => (text.includes("'") ? JSON.stringify(text) : `'${text}'`)
  const line = ([name = '', declares = '', ...cells]: readonly string[]): string => {
    const found = cells.map((cell) => MARKS[cell] ?? '?').join('')
    return `  ${/^[a-z]\w*$/.test(name) ? name : quoted(name)}: [${quoted(declares)}, ${quoted(found)}],\n`
  }
  return `// Made by \`npm run guarantees\`, with the table of docs/stores.md.

/** What the suite tries of every store. */
export const GUARANTEES = [
${guarantees.map((each) => `  ${quoted(each)},\n`).join('')}] as const

/** By the names of docs/stores.md: what a store declares, and of each guarantee \`y\`, \`n\`: a test showed otherwise, or \`-\`: it has no method for it. */
export const ROWS = {
${rows.map(line).join('')}} as const

/** A row of the table of guarantees. */
export type StoreRow = keyof typeof ROWS
`
}
