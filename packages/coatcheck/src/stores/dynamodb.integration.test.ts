import type { DynamoDB } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocument, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { records } from '../../test/helpers/depth.ts'
import { freshName } from '../../test/helpers/engines.ts'
import { architectTables, awsTo, startDynalite, TRIED } from '../../test/stores/dynamodb.ts'
import type { TriedEngine } from '../../test/stores/tried.ts'
import type { StoreTools } from '../testing/index.ts'
import { storeSuite } from '../testing/store-suite.ts'
import { type DynamodbClient, type DynamodbDocument, dynamodbStore, dynamodbTable } from './dynamodb.ts'
import type { SessionRecord } from './store.ts'

const EVERYTHING = ['touch', 'listByOwner', 'list', 'prune', 'migrate'] as const

describe.each(TRIED.map((tried) => [tried.name, tried] as const))('%s', (_, tried) => {
  let engine: TriedEngine
  beforeAll(async () => {
    engine = await tried.start()
  })
  afterAll(() => engine.stop())

  storeSuite({ it, records, open: (tools) => engine.open(tools), expect: EVERYTHING, ...tried.asked })
})

let server: Awaited<ReturnType<typeof startDynalite>>
let admin: DynamoDB
let document: DynamoDBDocument
beforeAll(async () => {
  server = await startDynalite()
  admin = awsTo(server.url)
  document = DynamoDBDocument.from(admin)
})
afterAll(async () => {
  admin.destroy()
  await server.stop()
})

type Params = Readonly<Record<string, unknown>>
type Around = (call: keyof DynamodbDocument, params: Params, act: () => Promise<object>) => Promise<object>

/** The client as it is, and something around each of its calls. */
function around(client: () => DynamodbDocument, each: Around): DynamodbDocument {
  const method = (call: keyof DynamodbDocument) => (params: object) => each(call, params as Params, () => client()[call](params))
  return {
    get: method('get'),
    put: method('put'),
    update: method('update'),
    delete: method('delete'),
    query: method('query'),
    scan: method('scan'),
  }
}

/** Lets the suite say which call comes next. */
const stepped = (step: StoreTools['step']): DynamodbDocument =>
  around(
    () => document,
    (call, _, act) => step(call, act),
  )

describe('dynamodbStore, every order of its calls', () => {
  storeSuite({
    // A scan goes by a digest of the key, and keys are random: how many steps a listing takes is known by nobody before.
    it: (name, test) =>
      name === 'store: list names a session that is there throughout while others come and go' || it(name, test),
    records: 40,
    async open({ step }) {
      const table = freshName()
      await dynamodbStore(document, { table, admin }).migrate()
      return {
        store: dynamodbStore(stepped(step), { table }),
        reopen: (tools) => dynamodbStore(stepped(tools.step), { table }),
      }
    },
    expect: EVERYTHING,
  })
})

const MARSHALLING: Readonly<Record<string, () => DynamoDBDocument>> = {
  'gives numbers as objects': () => DynamoDBDocument.from(awsTo(server.url), { unmarshallOptions: { wrapNumbers: true } }),
  'gives numbers as BigInts': () => DynamoDBDocument.from(awsTo(server.url), { unmarshallOptions: { wrapNumbers: BigInt } }),
  'writes empty text as null': () => DynamoDBDocument.from(awsTo(server.url), { marshallOptions: { convertEmptyValues: true } }),
}

describe.each(Object.entries(MARSHALLING))('dynamodbStore, over a client that %s', (_, make) => {
  it('reads what it wrote', async () => {
    const table = freshName()
    const store = dynamodbStore(make(), { table, admin })
    await store.migrate()
    await store.migrate()
    const records = [record(), record({ data: '', owner: 'ada' }), record({ createdAt: 0, endsAt: Number.MAX_SAFE_INTEGER })]
    for (const [nth, each] of records.entries()) {
      const version = await store.create(`key-${nth}`, each)
      expect(await store.read(`key-${nth}`)).toEqual({ record: each, version })
    }
    const { version = '' } = (await store.read('key-1')) ?? {}
    expect(await store.touch('key-1', now + 15_000, version)).toBe(true)
    expect(await store.listByOwner('ada')).toEqual(['key-1'])
    expect(await store.delete('key-1', version)).toBe(true)
    expect(await store.listByOwner('ada')).toEqual([])
  })
})

const now = Date.now()
const record = (changes: Partial<SessionRecord> = {}): SessionRecord => ({
  data: 'cart',
  createdAt: now,
  endsAt: now + 20_000,
  expiresAt: now + 10_000,
  ...changes,
})

/** A store with a table of its own, and what it asked of its client. */
async function watchedStore(): Promise<{ store: ReturnType<typeof dynamodbStore>; table: string; asked: [string, Params][] }> {
  const table = freshName()
  const asked: [string, Params][] = []
  const client = around(
    () => document,
    (call, params, act) => {
      asked.push([call, params])
      return act()
    },
  )
  const store = dynamodbStore(client, { table, admin })
  await store.migrate()
  asked.length = 0
  return { store, table, asked }
}

describe('dynamodbStore', () => {
  it('asks once for each thing, twice to create or delete what is owned', async () => {
    const { store, asked } = await watchedStore()
    const calls = (): string[] => asked.splice(0).map(([call]) => call)
    const version = (await store.create('guest', record())) ?? ''
    expect(calls()).toEqual(['put'])
    const owned = (await store.create('owned', record({ owner: 'ada' }))) ?? ''
    expect(calls()).toEqual(['put', 'put'])
    await store.read('guest')
    expect(calls()).toEqual(['get'])
    const next = (await store.update('guest', record(), version)) ?? ''
    expect(calls()).toEqual(['update'])
    await store.touch('guest', now + 15_000, next)
    expect(calls()).toEqual(['update'])
    await store.listByOwner('ada')
    expect(calls()).toEqual(['query'])
    await store.list(undefined, 10)
    expect(calls()).toEqual(['scan'])
    await store.delete('guest', next)
    expect(calls()).toEqual(['delete'])
    await store.delete('owned', owned)
    expect(calls()).toEqual(['delete', 'delete'])
    await store.prune(now, 1000)
    expect(calls()).toEqual(['scan'])
  })

  it('never reads what may be stale, and goes by no index of DynamoDB', async () => {
    const { store, asked } = await watchedStore()
    await store.create('key', record({ owner: 'ada' }))
    await store.read('key')
    await store.listByOwner('ada')
    await store.list(undefined, 10)
    const reads = asked.filter(([call]) => ['get', 'query', 'scan'].includes(call))
    expect(reads).toHaveLength(3)
    for (const [, params] of reads) {
      expect(params).toHaveProperty('ConsistentRead', true)
      expect(params).not.toHaveProperty('IndexName')
    }
  })

  it('lets DynamoDB remove a record a minute after it has expired, and an owner’s entry a minute after its session has ended', async () => {
    const { store, table } = await watchedStore()
    const version = (await store.create('key', record({ owner: 'ada' }))) ?? ''
    const times = async (): Promise<unknown[]> => {
      const { Items = [] } = await document.scan({ TableName: table, FilterExpression: 'attribute_exists(expiresAt)' })
      return Items.map(({ sk, ttl }) => [sk, ttl]).sort()
    }
    const entry = [`key#${version}`, Math.ceil((now + 20_000) / 1000) + 60]
    expect(await times()).toEqual([entry, ['session', Math.ceil((now + 10_000) / 1000) + 60]])
    await store.touch('key', now + 15_000, version)
    expect(await times()).toEqual([entry, ['session', Math.ceil((now + 15_000) / 1000) + 60]])
    await store.update('key', record({ expiresAt: now + 1_000 }), version)
    expect(await times()).toEqual([entry, ['session', Math.ceil((now + 1_000) / 1000) + 60]])
  })

  it('declares what an item has room for, whatever its key, owner and times', async () => {
    const { store } = await watchedStore()
    const long = 'k'.repeat(128)
    const times = { createdAt: 1_234_567_890_123.456, endsAt: Number.MAX_SAFE_INTEGER, expiresAt: Number.MAX_SAFE_INTEGER }
    const largest = record({ ...times, data: 'é'.repeat(store.maxBytes / 2), owner: 'o'.repeat(128) })
    const version = await store.create(long, largest)
    expect(await store.read(long)).toEqual({ record: largest, version })
    const fuller = record({ ...times, data: 'x'.repeat(store.maxBytes) })
    const next = await store.update(long, fuller, version ?? '')
    expect((await store.read(long))?.record.data).toBe(fuller.data)
    const tooLarge = record({ data: 'x'.repeat(store.maxBytes + 1024) })
    const refused = { code: 'STORE_FAILED', message: expect.stringContaining('(ValidationException)') }
    await expect(store.create('other', tooLarge)).rejects.toMatchObject(refused)
    await expect(store.update(long, tooLarge, next ?? '')).rejects.toMatchObject(refused)
  })

  it('recognises what it wrote itself when the client sends it again', async () => {
    const { table } = await watchedStore()
    const again = around(
      () => document,
      async (_, __, act) => {
        await act()
        return act()
      },
    )
    const store = dynamodbStore(again, { table })
    const version = (await store.create('key', record({ owner: 'ada' }))) ?? ''
    const next = (await store.update('key', record({ data: 'fuller cart' }), version)) ?? ''
    expect(await store.read('key')).toEqual({ record: record({ data: 'fuller cart', owner: 'ada' }), version: next })
    expect(await store.listByOwner('ada')).toEqual(['key'])
    expect(await store.touch('key', now + 15_000, next)).toBe(true)
  })

  it('knows its own record also when somebody changed it before the create was sent again', async () => {
    const { store, table } = await watchedStore()
    const meddled = around(
      () => document,
      async (call, params, act) => {
        const answer = await act()
        if (call !== 'put' || !('ConditionExpression' in params)) return answer
        const { version = '' } = (await store.read('key')) ?? {}
        await store.update('key', record({ data: 'theirs' }), version)
        return act()
      },
    )
    expect(await dynamodbStore(meddled, { table }).create('key', record({ owner: 'ada' }))).toBeDefined()
    expect((await store.read('key'))?.record).toEqual(record({ data: 'theirs', owner: 'ada' }))
    expect(await store.listByOwner('ada')).toEqual(['key'])
  })

  it('lists an owner, and prunes, over many pages of DynamoDB', async () => {
    const { store, table, asked } = await watchedStore()
    const entries = Array.from({ length: 1500 }, (_, nth) => ({ pk: 'owner#ada', sk: `key-${nth}#v`, pad: 'x'.repeat(1000) }))
    for (let from = 0; from < entries.length; from += 25) {
      const puts = entries.slice(from, from + 25).map((Item) => ({ PutRequest: { Item } }))
      await document.batchWrite({ RequestItems: { [table]: puts } })
    }
    expect(new Set(await store.listByOwner('ada')).size).toBe(1500)
    expect(asked.splice(0).length).toBeGreaterThan(1)
    const data = 'x'.repeat(300_000)
    for (let nth = 0; nth < 10; nth++) await store.create(`over-${nth}`, record({ data, expiresAt: nth < 8 ? now : now + 1 }))
    asked.length = 0
    expect(await store.prune(now, 5)).toBe(5)
    expect(await store.prune(now, 5)).toBe(3)
    expect(asked.filter(([call]) => call === 'scan').length).toBeGreaterThan(4)
    expect([...(await store.list(undefined, 10)).keys].sort()).toEqual(['over-8', 'over-9'])
  })

  it('prunes entries of an owner whose sessions have ended, which count for nothing', async () => {
    const { store, table } = await watchedStore()
    const Item = { pk: 'owner#ada', sk: 'gone#v', expiresAt: now }
    await document.put({ TableName: table, Item })
    expect(await store.listByOwner('ada')).toEqual(['gone'])
    expect(await store.prune(now - 1, 10)).toBe(0)
    expect(await store.listByOwner('ada')).toEqual(['gone'])
    expect(await store.prune(now, 10)).toBe(0)
    expect(await store.listByOwner('ada')).toEqual([])
  })

  it('takes no page that is none of its own', async () => {
    const { store } = await watchedStore()
    await expect(store.list('key', 10)).rejects.toMatchObject({ code: 'BAD_KEY' })
    await expect(store.list('{"pk":"a"}', 10)).rejects.toMatchObject({ code: 'STORE_FAILED' })
  })
})

describe('dynamodbStore, its table', () => {
  it('is made once when many servers start together, with its time to live', async () => {
    const table = freshName()
    const living: unknown[] = []
    // dynalite has no time to live: it is asked for, and the answer is that of a server without.
    const spied = {
      createTable: (params: object) => admin.createTable(params as ReturnType<typeof dynamodbTable>),
      describeTable: () => admin.describeTable({ TableName: table }),
      describeTimeToLive: () => admin.describeTimeToLive({ TableName: table }),
      async updateTimeToLive(params: { TableName: string }) {
        living.push(params)
        return admin.updateTimeToLive({ ...params, TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true } })
      },
    }
    await Promise.all(Array.from({ length: 10 }, () => dynamodbStore(document, { table, admin: spied }).migrate()))
    expect(living[0]).toEqual({ TableName: table, TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true } })
    const { Table } = await admin.describeTable({ TableName: table })
    expect(Table?.KeySchema).toEqual(dynamodbTable(table).KeySchema)
  })

  it('is looked for by migrate, where the store may not make it', async () => {
    const table = freshName()
    const store = dynamodbStore(document, { table })
    const missing = {
      code: 'STORE_FAILED',
      message: expect.stringContaining('(ResourceNotFoundException)'),
      fix: expect.stringContaining('dynamodbTable()'),
    }
    await expect(store.migrate()).rejects.toMatchObject(missing)
    await expect(store.read('key')).rejects.toMatchObject(missing)
    await dynamodbStore(document, { table, admin }).migrate()
    await store.migrate()
    expect(await store.create('key', record())).toBeDefined()
  })

  it('must have the keys that the store needs', async () => {
    const table = freshName()
    await admin.createTable({
      ...dynamodbTable(table),
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    })
    await expect(dynamodbStore(document, { table, admin }).migrate()).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('(ValidationException)'),
      fix: expect.stringContaining('the partition key `pk` and the sort key `sk`'),
    })
  })

  it('is left alone when a newer version made it', async () => {
    const { store, table } = await watchedStore()
    await document.put({ TableName: table, Item: { pk: 'schema', sk: 'schema', version: 2 } })
    await expect(store.migrate()).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining(`the table "${table}" has version 2`),
    })
  })

  it('may have no name that DynamoDB does not know', () => {
    for (const table of ['', 'ab', 'a b', 'a/b', 'a"b', "a'b", 'ä'.repeat(3), 'x'.repeat(256), 'abc\0', 'abc\n', 7, null]) {
      expect(() => dynamodbStore(document, { table } as object)).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
      expect(() => dynamodbTable(table as string)).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
    }
  })

  it('is that of app.arc on Architect', async () => {
    const table = freshName()
    await dynamodbStore(document, { table, admin }).migrate()
    const tables = await architectTables(server.url, { sessions: table })
    const store = dynamodbStore(tables, { table: 'sessions' })
    await store.migrate()
    const version = await store.create('key', record())
    expect(await dynamodbStore(document, { table }).read('key')).toEqual({ record: record(), version })
    expect(() => dynamodbStore(tables, { table: 'visitors' })).toThrow(
      expect.objectContaining({ code: 'BAD_OPTIONS', message: expect.stringContaining('app.arc has no table "visitors"') }),
    )
  })
})

describe('dynamodbStore, its client', () => {
  it('must be one whose methods take plain parameters', () => {
    const wrong = [
      DynamoDBDocumentClient.from(admin),
      admin,
      undefined,
      null,
      {},
      'dynamodb',
      { _client: {}, name: () => 'table' },
    ]
    for (const one of wrong)
      expect(() => dynamodbStore(one as unknown as DynamodbClient)).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
    expect(() => dynamodbStore(document, { admin: {} } as object)).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
  })
})
