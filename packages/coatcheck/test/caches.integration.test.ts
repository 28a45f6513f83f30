import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tableIn } from '../../../scripts/doc-table.ts'
import { cachedAdapters } from './caches/adapters.ts'
import { CONFIGURED } from './caches/configurations.ts'
import { hitTable } from './caches/figures.ts'
import { adapterOf, FOLDER, MUTANTS } from './caches/mutants.ts'
import { tryCache } from './caches/stories.ts'
import { isLeftOut } from './helpers/engines.ts'

const present = CONFIGURED.filter(({ engine }) => !isLeftOut(engine))
const isComplete = present.length === CONFIGURED.length

describe.each(present)('found B8: behind $name', ({ cache, engine, ...limits }) => {
  // nginx takes the condition away from what it asks of the site, and Varnish does not.
  const conditional = engine === 'varnish' ? 304 : 200

  test.each(cachedAdapters)('$name: shared pages are shared, and nothing of a session is', async (adapter) => {
    expect(await tryCache(adapter, cache, limits)).toEqual({ wrong: [], shared: 3, conditional })
  })
})

// What only one of the two notices would go unnoticed without it.
if (isComplete)
  describe('found B8: a fault of the headers is noticed', () => {
    beforeAll(() => rm(FOLDER, { recursive: true, force: true }))
    afterAll(() => rm(FOLDER, { recursive: true, force: true }))

    /** The first cache behind which something is wrong, and what. */
    async function noticed(name: string, mutant?: (typeof MUTANTS)[number]): Promise<string | undefined> {
      const adapter = await adapterOf(mutant, name)
      for (const { name, cache, ...limits } of CONFIGURED) {
        const { wrong, shared } = await tryCache(adapter, cache, limits)
        if (wrong.length > 0 || shared < 3) return `${name}: ${wrong[0] ?? 'a page that may be shared is not'}`
      }
      return undefined
    }

    test('and nothing is with the headers as they are, from a copy', async () => {
      expect(await noticed('control')).toBeUndefined()
    })

    test.each(MUTANTS.map((mutant, at) => ({ ...mutant, at })))('$fault', async ({ at, ...mutant }) => {
      expect(await noticed(`mutant-${at}`, mutant)).toMatch(/: (?:.* was |a )/)
    })
  })

if (isComplete)
  test('docs/security.md tells how many visits each cache answers by itself', async () => {
    expect(await hitTable()).toBe(tableIn('docs/security.md', 'cache-hits'))
  })
