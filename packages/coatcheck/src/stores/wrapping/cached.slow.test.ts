import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'vitest'
import { records } from '../../../test/helpers/depth.ts'
import type { Store } from '../../index.ts'
import { storeSuite } from '../../testing/store-suite.ts'
import { sqliteStore } from '../sqlite.ts'
import { cached } from './cached.ts'

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'coatcheck-cached-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

// Over memory: `cached.test.ts`.
describe('the cached store over SQLite, within one process', () => {
  storeSuite({
    it,
    records,
    // All writes go through one object here, so that it is as good as a strong store.
    open({ now }) {
      const backend = sqliteStore({ path: join(directory, 'sessions.db') })
      return { store: { ...cached(backend, { seconds: 60, now }), consistency: 'strong' } as Store }
    },
    expect: ['touch', 'list', 'listByOwner', 'prune'],
  })
})
