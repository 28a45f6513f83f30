import { join } from 'node:path'
import { type Client, createClient, type Transaction } from '@libsql/client'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { makeFolder, removeFolder } from '../../../../scripts/engine-process.ts'
import { freshName } from '../../test/helpers/engines.ts'
import { outlives } from '../../test/helpers/faults.ts'
import { libsqlStore } from './libsql.ts'
import type { SessionRecord } from './store.ts'

const folder = makeFolder('libsql')
const clients: Client[] = []
afterEach(() => {
  for (const client of clients.splice(0)) client.close()
})
afterAll(() => removeFolder(folder))

function open(url: string): Client {
  const client = createClient({ url })
  clients.push(client)
  return client
}

/** Two clients of one file with tables, in WAL mode. */
async function shared(): Promise<{ ours: Client; theirs: Client }> {
  const url = `file:${join(folder, `${freshName()}.db`)}`
  const ours = open(url)
  await ours.execute('PRAGMA journal_mode = WAL')
  await libsqlStore(ours).migrate()
  return { ours, theirs: open(url) }
}

const now = Date.now()
const record: SessionRecord = { data: 'cart', createdAt: now, endsAt: now + 60_000, expiresAt: now + 60_000 }

/** Lets timers and whatever else this process has to do have their turn, so many times. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setTimeout(resolve, 1))
}

describe('libsqlStore, when', () => {
  it('fault: libSQL on a file | somebody else holds the lock | STORE_FAILED (SQLITE_BUSY) after `busyTimeout` | goes on where it was', async () => {
    const { ours, theirs } = await shared()
    let transaction: Transaction | undefined
    await outlives(libsqlStore(ours), {
      async strike() {
        transaction = await theirs.transaction('write')
      },
      heal: () => transaction?.commit(),
      says: /\(SQLITE_BUSY\).*raise `busyTimeout`/,
    })
  })

  it('somebody else holds the lock for a while: the process goes on, and then the call is done', async () => {
    const { ours, theirs } = await shared()
    const store = libsqlStore(ours)
    const transaction = await theirs.transaction('write')
    let isDone = false
    const created = store.create('key', record).then((version) => {
      isDone = true
      return version
    })
    await turns(20)
    expect(isDone).toBe(false)
    expect(await store.read('key')).toBeUndefined()
    await transaction.commit()
    const version = await created
    expect(await store.read('key')).toEqual({ record, version })
  })

  it('told not to wait, it says at once who is in the way', async () => {
    const { ours, theirs } = await shared()
    const transaction = await theirs.transaction('write')
    await expect(libsqlStore(ours, { busyTimeout: 0 }).create('key', record)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('(SQLITE_BUSY)'),
      cause: expect.objectContaining({ code: 'SQLITE_BUSY' }),
    })
    await transaction.commit()
  })

  it('fault: libSQL in memory | a transaction of the application’s has the only connection | STORE_FAILED (TRANSACTION_ACTIVE) after `busyTimeout` | goes on where it was', async () => {
    const client = open(':memory:')
    const store = libsqlStore(client)
    await store.migrate()
    let transaction: Transaction | undefined
    await outlives(store, {
      async strike() {
        transaction = await client.transaction('write')
      },
      heal: () => transaction?.rollback(),
      says: /\(TRANSACTION_ACTIVE\)/,
    })
  })

  it('fault: libSQL in memory | the database is full (SQLITE_FULL) | STORE_FAILED (SQLITE_FULL) for what is larger | goes on where it was', async () => {
    const client = open(':memory:')
    const store = libsqlStore(client)
    await store.migrate()
    const version = (await store.create('key', record)) ?? ''
    await client.execute('PRAGMA max_page_count = 1')
    const large = { ...record, data: 'x'.repeat(100_000) }
    const full = { code: 'STORE_FAILED', message: expect.stringContaining('(SQLITE_FULL)') }
    await expect(store.update('key', large, version)).rejects.toMatchObject(full)
    await expect(store.create('other', large)).rejects.toMatchObject(full)
    expect(await store.read('key')).toEqual({ record, version })
    await client.execute('PRAGMA max_page_count = 1000000')
    expect(await store.update('key', large, version)).toBeDefined()
  })

  it('its client was closed', async () => {
    const client = open(':memory:')
    const store = libsqlStore(client)
    await store.migrate()
    client.close()
    await expect(store.read('key')).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('(CLIENT_CLOSED)'),
      fix: 'Close the client after the last request.',
    })
  })

  it('many write at once through several clients, nothing is lost', async () => {
    const url = `file:${join(folder, `${freshName()}.db`)}`
    const first = open(url)
    await first.execute('PRAGMA journal_mode = WAL')
    await libsqlStore(first).migrate()
    const stores = [first, open(url), open(url), open(url)].map((client) => libsqlStore(client))
    await libsqlStore(first).create('key', { ...record, data: '0' })
    const counting = stores.flatMap((store) =>
      Array.from({ length: 4 }, async () => {
        for (let done = 0; done < 25; ) {
          const found = await store.read('key')
          if (!found) throw new Error('It is gone.')
          const next = { ...found.record, data: `${Number(found.record.data) + 1}` }
          if (await store.update('key', next, found.version)) done++
        }
      }),
    )
    await Promise.all(counting)
    expect((await libsqlStore(first).read('key'))?.record.data).toBe('400')
  })
})
