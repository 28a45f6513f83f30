import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'vitest'
import { records } from '../../../test/helpers/depth.ts'
import { storeSuite } from '../../testing/store-suite.ts'
import { sqliteStore } from '../sqlite.ts'
import { namespaced } from './namespaced.ts'

const [KEY, OTHER] = ['a'.repeat(64), 'b'.repeat(64)]

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'coatcheck-namespaced-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

// In memory: `namespaced.test.ts`.
describe('a namespace in SQLite, beside another one', () => {
  storeSuite({
    it,
    records,
    // With the prefix a name of 128 characters has no room.
    longestName: 128 - 'shop_'.length,
    async open({ now }) {
      const whole = sqliteStore({ path: join(directory, 'sessions.db') })
      await namespaced(whole, 'other').create(KEY, {
        data: 'not ours',
        owner: OTHER,
        createdAt: now(),
        endsAt: now() + 3_600_000,
        expiresAt: now() + 10 ** 10,
      })
      return { store: namespaced(whole, 'shop'), close: () => whole.close() }
    },
    expect: ['touch', 'list', 'listByOwner', 'prune'],
  })
})
