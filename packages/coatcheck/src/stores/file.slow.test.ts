import { describe, it } from 'vitest'
import { Disk, filesOn } from '../../test/helpers/disk.ts'
import { storeSuite } from '../testing/store-suite.ts'
import { fileStoreOn } from './file.ts'

// What `file.test.ts` tries with 1,000.
describe('fileStore, with 10,000 sessions', () => {
  storeSuite({
    it: (title, test) => !title.includes('thousands of sessions') || it(title, test),
    open() {
      const files = filesOn(new Disk(), async (_, act) => act())
      return { store: fileStoreOn(files, '/'), reopen: () => fileStoreOn(files, '/') }
    },
  })
})
