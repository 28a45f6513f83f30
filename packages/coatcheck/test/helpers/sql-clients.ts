import { expect, it } from 'vitest'
import type { SqlStore } from '../../src/stores/shared/sql-store.ts'
import { storeSuite } from '../../src/testing/store-suite.ts'
import { freshName } from './engines.ts'

export interface OpenedClient {
  readonly store: (table: string) => SqlStore
  /** The same within a transaction of the application, which the store must refuse. */
  readonly inTransaction: (table: string) => Promise<SqlStore>
  close(): unknown
}

export type OpenClient = (url: string) => OpenedClient

/** The whole suite, over a client that is more than the pool behind it. */
export function triedOver(url: () => string, open: OpenClient): void {
  storeSuite({
    it,
    records: 200,
    async open() {
      const table = freshName()
      const [opened, other] = [open(url()), open(url())]
      const store = opened.store(table)
      await store.migrate()
      const close = async (): Promise<void> => void (await Promise.all([opened.close(), other.close()]))
      return { store, reopen: () => other.store(table), close }
    },
    expect: ['touch', 'listByOwner', 'list', 'prune', 'migrate'],
  })
}

/** What is special about every client of an application. */
export function usedBesides(url: () => string, open: OpenClient): void {
  it('keeps sessions beside the tables of the application, and refuses a transaction of it', async () => {
    const opened = open(url())
    const table = freshName()
    const store = opened.store(table)
    await store.migrate()
    const now = Date.now()
    const record = { data: '{"cart":["hat"]}', owner: 'ada', createdAt: now, endsAt: now + 2000, expiresAt: now + 1000 }
    const version = (await store.create('a', record)) ?? ''
    expect(await store.read('a')).toEqual({ record, version })
    expect(await store.listByOwner('ada')).toEqual(['a'])
    await expect(opened.inTransaction(table)).rejects.toMatchObject({ code: 'BAD_OPTIONS' })
    await opened.close()
    await expect(store.read('a')).rejects.toMatchObject({ code: 'STORE_FAILED' })
  })
}
