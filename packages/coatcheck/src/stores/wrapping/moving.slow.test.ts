import { join } from 'node:path'
import { rmSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { explored } from '../../../test/helpers/explored.ts'
import { copies, copyOfSources } from '../../../test/helpers/mutated.ts'
import { movings } from '../../../test/trials/moving.ts'
import { FAULTS } from '../../../test/trials/moving-faults.ts'
import { readFileSync, writeFileSync } from 'node:fs'

describe('faults', () => {
  for (const [n, { fault, file, from, to, search, maxPreemptions = 3, kill = false }] of FAULTS.entries()) {
    it(fault, async () => {
      const copy = copies(`moving-${n}`)
      await copyOfSources(copy)
      const path = join(copy, file)
      const text = readFileSync(path, 'utf8')
      expect(text.split(from)).toHaveLength(2)
      writeFileSync(path, text.split(from).join(to))
      try {
      const { movingStore, moveStore } = await import(join(copy, 'stores/wrapping/moving.ts'))
      const { Crossing } = await import(join(copy, 'stores/moving/crossing.ts'))
      const got = await explored(movings({ movingStore, moveStore, Crossing }, search), { maxPreemptions, kill, maxRuns: 60000 })
      console.log(got.runs, got.complete, got.bad[0]?.slice(0, 300))
      expect(got.bad.length).toBeGreaterThan(0)
      } finally { rmSync(copy, { recursive: true }) }
    }, 600_000)
  }
})
