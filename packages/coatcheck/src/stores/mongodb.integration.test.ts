import { MongoClient, type MongoClientOptions } from 'mongodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { records } from '../../test/helpers/depth.ts'
import { freshName } from '../../test/helpers/engines.ts'
import { Refusal } from '../../test/stand-ins/mongodb/collections.ts'
import { type StandIn, startMongodb } from '../../test/stand-ins/mongodb/server.ts'
import { TRIED } from '../../test/stores/mongodb.ts'
import type { TriedEngine } from '../../test/stores/tried.ts'
import type { StoreTools } from '../testing/index.ts'
import { storeSuite } from '../testing/store-suite.ts'
import { type MongodbCollection, type MongodbDatabase, type MongodbStoreOptions, mongodbStore } from './mongodb.ts'
import type { SessionRecord } from './store.ts'

const EVERYTHING = ['touch', 'listByOwner', 'list', 'prune', 'migrate'] as const

describe.each(TRIED.map((tried) => [tried.name, tried] as const))('%s', (_, { start, asked }) => {
  let engine: TriedEngine
  beforeAll(async () => {
    engine = await start()
  })
  afterAll(() => engine.stop())

  storeSuite({ it, records, expect: EVERYTHING, open: (tools) => engine.open(tools), ...asked })
})

// What follows looks at what is sent, or decides what is answered: always on the stand-in.
let server: StandIn
let client: MongoClient
beforeAll(async () => {
  server = await startMongodb()
  client = new MongoClient(server.url, { heartbeatFrequencyMS: 3_600_000 })
})
afterAll(async () => {
  await client.close()
  await server.stop()
})

const now = Date.now()
const record = (changes: Partial<SessionRecord> = {}): SessionRecord => ({
  data: 'cart',
  createdAt: now,
  endsAt: now + 20_000,
  expiresAt: now + 10_000,
  ...changes,
})

async function migrated(options: MongodbStoreOptions = {}) {
  const collection = freshName()
  const store = mongodbStore(client.db(), { collection, ...options })
  await store.migrate()
  server.asked()
  return { store, collection }
}

/** The database as it is; the suite says which call comes next. */
function stepped(database: MongodbDatabase, step: StoreTools['step']): MongodbDatabase {
  const around = (all: MongodbCollection): MongodbCollection => ({
    findOne: (...given) => step('findOne', () => all.findOne(...given)),
    find: (...given) => ({ toArray: () => step('find', () => all.find(...given).toArray()) }),
    insertOne: (...given) => step('insertOne', () => all.insertOne(...given)),
    updateOne: (...given) => step('updateOne', () => all.updateOne(...given)),
    deleteOne: (...given) => step('deleteOne', () => all.deleteOne(...given)),
    deleteMany: (...given) => step('deleteMany', () => all.deleteMany(...given)),
    createIndex: (...given) => all.createIndex(...given),
  })
  return { collection: (name, options) => around(database.collection(name, options)) }
}

describe('mongodbStore, every order of its calls', () => {
  storeSuite({
    it,
    records: 40,
    // How much it keeps is no question of the order.
    async open({ step }) {
      const collection = freshName()
      await mongodbStore(client.db(), { collection }).migrate()
      const opened = (by: StoreTools['step']) => ({
        ...mongodbStore(stepped(client.db(), by), { collection }),
        maxBytes: 100_000,
      })
      return { store: opened(step), reopen: (tools) => opened(tools.step) }
    },
    expect: EVERYTHING,
  })
})

describe('mongodbStore', () => {
  it('asks once for each thing, also for what is owned', async () => {
    const { store } = await migrated()
    const commands = () => server.asked().map((command) => Object.keys(command)[0])
    const version = (await store.create('owned', record({ owner: 'ada' }))) ?? ''
    expect(commands()).toEqual(['insert'])
    await store.read('owned')
    expect(commands()).toEqual(['find'])
    const next = (await store.update('owned', record(), version)) ?? ''
    expect(commands()).toEqual(['update'])
    await store.touch('owned', now + 15_000, next)
    expect(commands()).toEqual(['update'])
    await store.listByOwner('ada')
    expect(commands()).toEqual(['find'])
    await store.delete('owned', next)
    expect(commands()).toEqual(['delete'])
    await store.list(undefined, 10)
    expect(commands()).toEqual(['find'])
    await store.prune(now, 10)
    expect(commands()).toEqual(['find', 'delete'])
  })

  it.each(['local', 'linearizable'] as const)('writes to a majority, and reads from the primary: %s', async (readConcern) => {
    const own = new MongoClient(server.url, { readPreference: 'secondary', writeConcern: { w: 1 }, retryReads: false })
    const store = mongodbStore(own.db(), { collection: freshName(), readConcern })
    await store.migrate()
    const version = (await store.create('a', record())) ?? ''
    const next = (await store.update('a', record(), version)) ?? ''
    await store.touch('a', now + 15_000, next)
    await store.listByOwner('ada')
    server.asked()
    await store.read('a')
    expect(server.asked()).toEqual([expect.objectContaining({ readConcern: { level: readConcern } })])
    await store.delete('a', next)
    await store.prune(now, 1)
    await store.create('a', record())
    for (const command of server.asked()) {
      if ('find' in command) {
        expect(command.readConcern).toEqual({ level: 'local' })
        expect(JSON.stringify(command.$readPreference ?? {})).not.toContain('secondary')
      } else expect(command.writeConcern).toEqual({ w: 'majority' })
    }
    await own.close()
  })

  it('makes its indexes once, the one by which MongoDB removes what expired a minute ago among them', async () => {
    const { store, collection } = await migrated()
    await store.migrate()
    expect(server.collections.indexes(`test.${collection}`)).toEqual([
      { name: 'owner_1', key: { owner: 1 }, sparse: true },
      { name: 'ttl_1', key: { ttl: 1 }, expireAfterSeconds: 60 },
    ])
    await store.create('a', record({ expiresAt: now + 10_000 }))
    const [{ ttl } = {}] = server.collections.find(`test.${collection}`, {}, {})
    expect(ttl).toEqual(new Date(now + 10_000))
    await store.create('b', record({ expiresAt: Number.MAX_SAFE_INTEGER }))
    expect((await store.read('b'))?.record.expiresAt).toBe(Number.MAX_SAFE_INTEGER)
  })

  it('says whose index is in the way', async () => {
    const collection = freshName()
    await client.db().collection(collection).createIndex({ owner: 1 })
    const error = await rejected(() => mongodbStore(client.db(), { collection }).migrate())
    expect(error).toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining('MongoDB could not be used (85).') })
    expect(error.fix).toContain('another `collection`')
  })

  it('keeps as many bytes as it declares, and says of more that they are too many', async () => {
    const { store } = await migrated()
    const most = record({ data: 'é'.repeat(store.maxBytes / 2), owner: 'o'.repeat(128) })
    const key = 'k'.repeat(128)
    const version = (await store.create(key, most)) ?? ''
    expect((await store.read(key))?.record.data === most.data).toBe(true)
    const over = record({ data: 'x'.repeat(store.maxBytes + 1024) })
    expect(await rejected(() => store.update(key, over, version))).toMatchObject({ code: 'STORE_FAILED' })
    expect((await store.read(key))?.version).toBe(version)
  })

  it('leaves a collection alone that a newer version made', async () => {
    const { store, collection } = await migrated()
    await client
      .db()
      .collection(`${collection}_schema`)
      .updateOne({}, { $set: { version: 2 } })
    await expect(store.migrate()).rejects.toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining('version 2') })
  })

  it('counts a write once whose answer was lost: the driver sends it again, under its number', async () => {
    const { store } = await migrated()
    server.next('insert', 'lost')
    const version = (await store.create('a', record())) ?? ''
    server.next('update', 'lost')
    const next = (await store.update('a', record({ data: 'hat' }), version)) ?? ''
    expect(await store.read('a')).toMatchObject({ record: { data: 'hat' }, version: next })
    server.next('delete', 'lost')
    expect(await store.delete('a', next)).toBe(true)
    expect(server.asked().map((command) => Object.keys(command)[0])).toEqual([
      'insert',
      'insert',
      'update',
      'update',
      'find',
      'delete',
      'delete',
    ])
  })

  it.each([
    [13, 'readWrite'],
    [64, 'may have been kept'],
    [10_107, 'whole replica set'],
    [8_000, '`cause`'],
  ] as const)('fails with STORE_FAILED where the server answers %d', async (code, fix) => {
    const { store } = await migrated()
    const own = new MongoClient(server.url, { retryWrites: false })
    const refusing = mongodbStore(own.db(), { collection: freshName() })
    server.next('insert', new Refusal(code, 'not now'))
    const error = await rejected(() => refusing.create('a', record({ data: 'secret-of-ada' })))
    expect(error).toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining(`(${code}).`) })

    expect(error.fix).toContain(fix)
    expect(`${error.message} ${error.cause}`).not.toContain('secret-of-ada')
    expect(await store.create('a', record())).toEqual(expect.any(String))
    await own.close()
  })

  it('fails with STORE_FAILED while nobody answers', async () => {
    const other = await startMongodb()
    const own = new MongoClient(other.url, { serverSelectionTimeoutMS: 1, retryReads: false })
    const store = mongodbStore(own.db())
    await other.stop()
    expect(await rejected(() => store.read('a'))).toMatchObject({
      code: 'STORE_FAILED',
      fix: expect.stringContaining('connects again'),
    })
    await own.close()
    expect(await rejected(() => store.read('a'))).toMatchObject({ code: 'STORE_FAILED' })
  })

  it.each([
    ['numbers as objects', { promoteValues: false }],
    ['whole numbers as BigInts', { useBigInt64: true }],
    ['bytes', { raw: true }],
  ] as const satisfies [string, MongoClientOptions][])('reads what it wrote over a client that gives %s', async (_, options) => {
    const own = new MongoClient(server.url, options)
    const store = mongodbStore(own.db(), { collection: freshName() })
    await store.migrate()
    const one = record({ owner: 'ada', createdAt: 0, data: '' })
    const version = await store.create('a', one)
    expect(await store.read('a')).toEqual({ record: one, version })
    expect(await store.list(undefined, 5)).toEqual({ keys: ['a'] })
    await own.close()
  })

  it('refuses names that are no digests, before anything is asked', async () => {
    const { store } = await migrated()
    for (const call of [
      () => store.read('$where'),
      () => store.create('a', record({ owner: 'Ada' })),
      () => store.update('a b', record(), 'v'),
      () => store.delete('', 'v'),
      () => store.touch('A', now, 'v'),
      () => store.listByOwner('{}'),
    ])
      expect(await rejected(call)).toMatchObject({ code: 'BAD_KEY' })
    expect(server.asked()).toEqual([])
  })

  it.each([
    () => mongodbStore(client as never),
    () => mongodbStore(client.db().collection('a') as never),
    () => mongodbStore({ db: client.db(), collection: () => {} } as never), // as mongoose's connection is
    () => mongodbStore({} as never),
    () => mongodbStore(undefined as never),
    () => mongodbStore(client.db(), { collection: 'system.users' }),
    () => mongodbStore(client.db(), { collection: 'a$b' }),
    () => mongodbStore(client.db(), { readConcern: 'majority' as never }),
    () => mongodbStore(client.db(), { table: 'a' } as object),
  ])('refuses what is no database, and options that it does not know: %#', (call) => {
    expect(call).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
  })
})

async function rejected(call: () => Promise<unknown>): Promise<Error & { readonly fix?: string; readonly cause?: unknown }> {
  try {
    await call()
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('It did not fail.')
}
