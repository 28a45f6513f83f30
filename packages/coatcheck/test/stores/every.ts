import { readdirSync } from 'node:fs'
import { entries } from '../../tsdown.config.ts'
import type { TriedStore } from './tried.ts'

/** What is in this folder besides the stores. */
const NO_STORES = ['every', 'tried']

async function triedIn(name: string): Promise<readonly TriedStore[]> {
  const { TRIED }: { TRIED?: readonly TriedStore[] } = await import(
    /* @vite-ignore */ new URL(`${name}.ts`, import.meta.url).href
  )
  if (!TRIED?.length) throw new Error(`test/stores/${name}.ts exports no TRIED stores.`)
  return TRIED
}

const names = readdirSync(import.meta.dirname)
  .flatMap((file) => (file.endsWith('.ts') ? [file.slice(0, -'.ts'.length)] : []))
  .filter((name) => !NO_STORES.includes(name))
  .sort()

for (const entry of Object.keys(entries)) {
  const [, name] = /^stores\/(.+)$/.exec(entry) ?? []
  if (name !== undefined && !names.includes(name))
    throw new Error(`The store of the entry ${entry} is not tried: there is no test/stores/${name}.ts.`)
}

/** Every store over every client that it is tried on; none can be forgotten. */
export const EVERY: readonly TriedStore[] = (await Promise.all(names.map(triedIn))).flat()
