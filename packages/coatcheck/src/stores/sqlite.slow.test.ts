import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { storeSuite } from '../testing/store-suite.ts'
import { sqliteStore } from './sqlite.ts'

// With a database in memory: `sqlite.test.ts`.
describe('sqliteStore, with a path', () => {
  storeSuite({
    it,
    async open() {
      const directory = await mkdtemp(join(tmpdir(), 'coatcheck-'))
      const options = { path: join(directory, 'sessions.sqlite') }
      return {
        store: sqliteStore(options),
        reopen: () => sqliteStore(options),
        close: () => rm(directory, { recursive: true, force: true }),
      }
    },
    expect: ['touch', 'list', 'listByOwner', 'prune', 'migrate', 'close'],
  })
})
