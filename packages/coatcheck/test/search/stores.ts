import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileStore } from '../../src/stores/file.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import type { Under } from './run.ts'

type MakeStore = NonNullable<Under['store']>

const folder = () => mkdtemp(join(tmpdir(), 'coatcheck-search-'))
const removed = (path: string) => rm(path, { recursive: true, force: true })

/** Stores that a search can run on, by the names of the command line. Each schedule has one of its own. */
export const STORES: Readonly<Record<string, MakeStore | undefined>> = {
  memory: undefined,
  async file() {
    const directory = await folder()
    return { store: fileStore({ directory }), close: () => removed(directory) }
  },
  async sqlite() {
    const directory = await folder()
    const store = sqliteStore({ path: join(directory, 'sessions.db') })
    return {
      store,
      async close() {
        await store.close()
        await removed(directory)
      },
    }
  },
}
