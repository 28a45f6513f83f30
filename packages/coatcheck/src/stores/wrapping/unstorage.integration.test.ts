import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isLeftOut } from '../../../test/helpers/engines.ts'
import type { TriedEngine } from '../../../test/stores/tried.ts'
import { TRIED } from '../../../test/stores/unstorage.ts'
import { storeSuite } from '../../testing/store-suite.ts'

const tried = TRIED.filter(({ engine }) => engine === undefined || !isLeftOut(engine))

describe.each(tried.map((one) => [one.name, one] as const))('%s', (_, { start }) => {
  let engine: TriedEngine
  beforeAll(async () => {
    engine = await start()
  })
  afterAll(() => engine.stop())

  storeSuite({
    it: (title, test) => it(`within one process, ${title}`, test),
    async open(tools) {
      const { store, close } = await engine.open(tools)
      // What is asked of a strong store holds in one process; that the store does not call itself one is tested beside this.
      return { store: { ...store, consistency: 'strong' }, ...(close && { close }) }
    },
    expect: ['list', 'prune'],
  })

  // What it declares is what holds with every handle that the backend has.
  storeSuite({
    it: (title, test) => it(`as it declares itself, ${title}`, test),
    open: (tools) => engine.open(tools),
    expect: ['list', 'prune'],
    consistency: 'last-write-wins',
  })

  it('is another’s in another process, and says so', async () => {
    const { store, reopen, close } = await engine.open({ now: Date.now })
    const now = Date.now()
    const record = { data: 'cart', createdAt: now, endsAt: now + 120_000, expiresAt: now + 60_000 }
    const other = await reopen?.({ now: Date.now, step: async (_call, act) => act() })
    const version = (await store.create('key', record)) ?? ''
    expect(store.consistency).toBe('last-write-wins')
    expect(await other?.read('key')).toEqual({ record, version })
    expect(await other?.delete('key', version)).toBe(true)
    expect(await store.read('key')).toBeUndefined()
    await close?.()
  })
})
