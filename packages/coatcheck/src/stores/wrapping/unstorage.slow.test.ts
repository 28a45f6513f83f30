import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createStorage as createStorage1 } from 'unstorage'
import fs1 from 'unstorage/drivers/fs'
import fsLite1 from 'unstorage/drivers/fs-lite'
import memory1 from 'unstorage/drivers/memory'
import { createStorage as createStorage2 } from 'unstorage-2'
import fs2 from 'unstorage-2/drivers/fs-lite'
import memory2 from 'unstorage-2/drivers/memory'
import { afterEach, beforeEach, describe, it } from 'vitest'
import type { Store } from '../../index.ts'
import { storeSuite } from '../../testing/store-suite.ts'
import { type UnstorageLike, unstorageStore } from './unstorage.ts'

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'coatcheck-unstorage-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

/** Every kind of backend, but for the one of `unstorage.test.ts`: the suite for strong stores holds as long as all who write are in this process. */
const BACKENDS: Readonly<Record<string, (base: string) => UnstorageLike>> = {
  'the memory driver of unstorage 1': () => memory1(),
  'a storage of unstorage 1 with a driver mounted': () => createStorage1().mount('coatcheck', memory1()),
  'the fs driver of unstorage 1': (base) => fs1({ base }),
  'a storage of unstorage 1 over fs-lite': (base) => createStorage1({ driver: fsLite1({ base }) }),
  'the memory driver of unstorage 2': () => memory2(),
  'a storage of unstorage 2 in memory': () => createStorage2(),
  'a storage of unstorage 2 over fs-lite': (base) => createStorage2({ driver: fs2({ base }) }),
}

for (const [name, open] of Object.entries(BACKENDS)) {
  describe(`the unstorage store over ${name}, within one process`, () => {
    storeSuite({
      it,
      // What the suite asks of a strong store holds in one process; that the store does not call itself one is tested in `unstorage.test.ts`.
      open: ({ now }) => {
        const backend = open(directory)
        const strong = (): Store => ({ ...unstorageStore(backend, { now }), consistency: 'strong' })
        return { store: strong(), reopen: strong }
      },
      expect: ['list', 'prune'],
      // On a disk ten times as many take ten times as long, and show nothing more.
      records: 1_000,
    })
  })
}

/** What drivers of files cannot keep between processes: written by two at once a file is torn, and both may fail (`DAMAGED_RECORD`). */
const TORN = 'store: of updates at the same moment one is there afterwards, whole'

/** Two drivers on the same files, as two processes have them. */
const DRIVERS: Readonly<Record<string, (base: string) => UnstorageLike>> = {
  'the fs driver of unstorage 1': (base) => fs1({ base }),
  'fs-lite of unstorage 1': (base) => fsLite1({ base }),
  'fs-lite of unstorage 2': (base) => fs2({ base }),
}

for (const [name, open] of Object.entries(DRIVERS)) {
  describe(`the unstorage store over ${name}, in two processes`, () => {
    storeSuite({
      it: (title, test) => title === TORN || it(title, test),
      open: ({ now }) => ({
        store: unstorageStore(open(directory), { now }),
        reopen: ({ now: clock }) => unstorageStore(open(directory), { now: clock }),
      }),
      consistency: 'last-write-wins',
      expect: ['list', 'prune'],
      records: 1_000,
    })
  })
}
