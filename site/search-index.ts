// Searches the built site as its pages do, for tests.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { searching } from './searching.ts'

interface Found {
  readonly id: string
}
interface Index {
  search(query: string): readonly Found[]
}
interface MiniSearch {
  loadJSON(json: string, options: object): Index
}

/** Of a built site: gives the pages, with their anchors, that a visitor is shown for a query, best first. */
export async function searchIn(output: string): Promise<(query: string) => string[]> {
  const load = <Module>(file: string): Promise<Module> => import(pathToFileURL(file).href)
  const chunks = join(output, 'assets/chunks')
  const file = readdirSync(chunks).find((name) => name.startsWith('@localSearchIndexroot'))
  if (!file) throw new Error(`${chunks} has no search index.`)
  const { default: engine } = await load<{ default: MiniSearch }>(
    join(import.meta.dirname, 'node_modules/minisearch/dist/es/index.js'),
  )
  const { default: json } = await load<{ default: string }>(join(chunks, file))
  const index = engine.loadJSON(json, {
    fields: ['title', 'titles', 'text'],
    storeFields: ['title', 'titles'],
    searchOptions: searching.searchOptions,
  })
  return (query) => index.search(query).map(({ id }) => id)
}
