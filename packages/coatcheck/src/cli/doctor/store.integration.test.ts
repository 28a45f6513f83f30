import { Pool } from 'pg'
import { createClient } from 'redis'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startPostgres, startRedis } from '../../../../../scripts/engine-servers.ts'
import { call, modules } from '../../../test/helpers/command.ts'
import { freshName, serving } from '../../../test/helpers/engines.ts'
import { ENGINES } from '../../../test/helpers/shared-engines.ts'

const redisUrl = serving('redis', startRedis)
const postgresUrl = serving('postgres', startPostgres)
const { module, remove } = modules()
afterEach(remove)

const SECRET = 'Jx9mQ4vR2tY7wB5nC8kD1fG6hL3pZ0sA'
const doctor = async (folder: string): Promise<string[]> => {
  const { said } = await call(folder, ['doctor', '--json'])
  return JSON.parse(said).findings.map(({ code }: { code: string }) => code)
}

/** Twelve sessions of four people, and all that the commands say of them. */
async function story(folder: string): Promise<void> {
  const json = async (...args: string[]) => JSON.parse((await call(folder, [...args, '--json'])).said)
  expect(await json('stats')).toMatchObject({
    sessions: { active: 12, signedIn: 12, guests: 0, unreadable: 0 },
    owners: { count: 4, most: 3 },
  })
  const { sessions } = await json('list', '--owner', 'p1')
  expect(sessions).toHaveLength(3)
  expect(await json('show', sessions[0].handle, '--reveal')).toMatchObject({
    owner: 'p1',
    values: [{ key: 'cart', value: 'hat' }],
  })
  expect(await json('end', sessions[0].handle)).toEqual({ ended: 1 })
  expect(await json('end-all', '--owner', 'p1')).toEqual({ ended: 2 })
  expect(await json('stats')).toMatchObject({ sessions: { active: 9 }, owners: { count: 3 } })
  expect(await json('prune')).toMatchObject({ removed: 0 })
}

/** A module whose sessions are in `store`, and which makes them once. */
const shop = (client: string, store: string): string =>
  module(`${client}
    const store = ${store}
    await store.migrate?.()
    export const sessions = createSessions({ secrets: '${SECRET}', store })
    const serve = withSession(sessions, async (request) => {
      const session = await sessions.open(request)
      session.set('cart', 'hat')
      session.signIn(new URL(request.url).pathname.slice(1))
      return new Response()
    })
    for (let n = 0; n < 12; n++) await serve(new Request('https://shop.example/p' + (n % 4)))`)

describe('Redis', () => {
  const connect = (): string =>
    `import { createClient } from ${JSON.stringify(import.meta.resolve('redis'))}
     // The server is stopped before this process ends.
     const client = await createClient({ url: ${JSON.stringify(redisUrl())} }).on('error', () => {}).connect()
     client.unref()`
  const withConfig = async (name: string, value: string, work: () => Promise<void>): Promise<void> => {
    const client = await createClient({ url: redisUrl() }).connect()
    const before = (await client.configGet(name))[name] ?? ''
    await client.configSet(name, value)
    try {
      await work()
    } finally {
      await client.configSet(name, before)
      await client.close()
    }
  }

  it('is looked into by every command', async () => {
    await story(shop(connect(), `redisStore(client, { prefix: '${freshName()}' })`))
  })

  it('says what it is: its version and its clock', async () => {
    const { store, close } = await ENGINES.redis.open(redisUrl())
    const facts = await store.about?.()
    await close()
    expect(facts).toMatchObject({
      server: expect.stringMatching(/^(Redis|Valkey) \d+\.\d+/),
      eviction: 'noeviction',
      memory: { most: 0 },
    })
    expect(Math.abs((facts?.time ?? 0) - Date.now())).toBeLessThan(3_600_000)
  })

  it('doctor says: it drops live sessions or that it loses writes when it stops', async () => {
    const folder = () => shop(connect(), `redisStore(client, { prefix: '${freshName()}' })`)
    await withConfig('maxmemory-policy', 'allkeys-lru', async () =>
      expect(await doctor(folder())).toEqual(['store-evicts', 'store-forgets']),
    )
    await withConfig('appendonly', 'yes', async () => expect(await doctor(folder())).toEqual([]))
  })

  it('doctor says: it is full', async () => {
    const folder = module(`${connect()}
      export const sessions = createSessions({ secrets: '${SECRET}', store: redisStore(client, { prefix: '${freshName()}' }) })`)
    await withConfig('maxmemory', '1', async () =>
      expect(await doctor(folder)).toEqual(['store-full', 'store-nearly-full', 'store-forgets']),
    )
  })
})

describe('PostgreSQL', () => {
  const connect = (more = ''): string =>
    `import pg from ${JSON.stringify(import.meta.resolve('pg'))}
     const pool = new pg.Pool({ connectionString: ${JSON.stringify(postgresUrl())}, allowExitOnIdle: true, max: 4, ${more} })`
  const made = (store: string, more = ''): string =>
    module(`${connect(more)}\nexport const sessions = createSessions({ secrets: '${SECRET}', store: ${store} })`)
  let pool: Pool
  beforeAll(() => {
    pool = new Pool({ connectionString: postgresUrl() })
    return () => pool.end()
  })

  it('is looked into by every command', async () => {
    await story(shop(connect(), `postgresStore(pool, { table: '${freshName()}' })`))
  })

  it('says what it is: its version and its clock', async () => {
    const { store, close } = await ENGINES.postgres.open(postgresUrl())
    const facts = await store.about?.()
    await close()
    expect(facts).toMatchObject({ server: expect.stringMatching(/^PostgreSQL \d+/), isolation: 'read committed' })
    expect(Math.abs((facts?.time ?? 0) - Date.now())).toBeLessThan(3_600_000)
  })

  it('doctor says: its table is not there', async () => {
    expect(await doctor(made(`postgresStore(pool, { table: '${freshName()}' })`))).toEqual(['store-table-missing'])
  })

  it('doctor says: transactions are serializable, writes are not waited for, or the table is unlogged', async () => {
    const table = freshName()
    const { postgresStore } = await import('../../stores/postgres.ts')
    await postgresStore(pool, { table }).migrate()
    const store = `postgresStore(pool, { table: '${table}' })`
    expect(await doctor(made(store))).toEqual([])
    expect(await doctor(made(store, "options: '-c default_transaction_isolation=serializable'"))).toEqual(['store-isolation'])
    expect(await doctor(made(store, "options: '-c synchronous_commit=off'"))).toEqual(['store-forgets'])
    expect(await doctor(made(store, "options: '-c default_transaction_read_only=on'"))).toEqual(['store-read-only'])
    await pool.query(`ALTER TABLE "${table}" SET UNLOGGED`)
    expect(await doctor(made(store))).toEqual(['store-forgets'])
  })
})
