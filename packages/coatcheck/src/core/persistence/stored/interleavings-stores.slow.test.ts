import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { bounded } from '../../../../test/helpers/depth.ts'
import { nothingBad } from '../../../../test/helpers/explored.ts'
import { scenario } from '../../../../test/helpers/scenarios.ts'
import { fileStore } from '../../../stores/file.ts'
import { sqliteStore } from '../../../stores/sqlite.ts'

describe('requests at once on real stores', () => {
  let folder: string
  let count = 0
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coatcheck-interleavings-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))
  const stores = {
    file: () => fileStore({ directory: join(folder, `f${++count}`) }),
    sqlite: () => sqliteStore({ path: ':memory:' }),
  }
  for (const [name, store] of Object.entries(stores)) {
    for (const letters of ['WW', 'RW', 'SW', 'RD', 'SD', 'RR', 'SS', 'RS']) {
      // Two new ids with a death at each step take the file system minutes; `interleavings.slow.test.ts` has them in memory.
      const without = name === 'file' ? bounded(/S[SD]|RS/, /S|RR/) : bounded(/^$/, /SS/)
      const faults = without.test(letters) ? {} : { kill: true, double: true }
      const also = faults.kill ? ', one dying or one call done twice' : ''
      it(`${name}: ${letters}, in every order${also}, at most one made to wait`, async () => {
        await nothingBad(scenario({ letters, store }), { ...faults, maxPreemptions: 1 })
      })
    }
    for (const letters of ['RWD', 'SWD', 'SWW']) {
      it(`${name}: ${letters}, at most two made to wait`, async () => {
        await nothingBad(scenario({ letters, store }), { maxPreemptions: 2 })
      })
    }
  }
})
