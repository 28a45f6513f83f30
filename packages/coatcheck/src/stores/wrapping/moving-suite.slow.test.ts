import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'vitest'
import { storeSuite } from '../../testing/store-suite.ts'
import { memoryStore } from '../memory.ts'
import { sqliteStore } from '../sqlite.ts'
import type { Store } from '../store.ts'
import { type MovingOptions, movingStore } from './moving.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coatcheck-moving-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('a moving store in two processes, one with the step "prepare" and one with "move"', () => {
  storeSuite({
    it,
    open() {
      const open = (step: MovingOptions['step']): Store => {
        const [from, to] = ['from', 'to'].map((name) => sqliteStore({ path: join(folder, `${name}.db`) })) as [Store, Store]
        return movingStore({ from, to, step })
      }
      return { store: open('prepare'), reopen: () => open('move') }
    },
    expect: ['list', 'listByOwner', 'prune'],
    records: 1000,
  })
})

describe.each(['prepare', 'move'] as const)('a moving store with the step "%s"', (step) => {
  storeSuite({
    it,
    open: ({ now }) => ({ store: movingStore({ from: memoryStore({ now }), to: memoryStore({ now }), step }) }),
    expect: ['list', 'listByOwner', 'prune', 'watch'],
    records: 1000,
  })
})
