import { randomText } from '../crypto/random.ts'
import { SessionError } from '../errors.ts'
import {
  type DynamodbAnswer,
  type DynamodbClient,
  type DynamodbDocument,
  type DynamodbItem,
  dynamodbOf,
} from './dynamodb/client.ts'
import { dynamodbFailed, isRefused } from './dynamodb/errors.ts'
import { entryKey, expressed, keyOf, ownerKey, placeOf, RECORD, recordKey, toNumber, ttl } from './dynamodb/items.ts'
import { type DynamodbAdmin, dynamodbTable, makeTable, TTL } from './dynamodb/table.ts'
import { checkedOptions } from './shared/options.ts'
import { checkSchema } from './shared/sql-store.ts'
import type { Store } from './store.ts'

export type {
  ArchitectTables,
  AwsLiteDynamodb,
  DynamodbAnswer,
  DynamodbClient,
  DynamodbDocument,
  DynamodbItem,
} from './dynamodb/client.ts'
export type { DynamodbAdmin, DynamodbTable } from './dynamodb/table.ts'
export { dynamodbTable }

export interface DynamodbStoreOptions {
  /** The table, which holds nothing else; on Architect its name in app.arc. Default `coatcheck_sessions`. */
  readonly table?: string
  /** A `DynamoDB` of `@aws-sdk/client-dynamodb` with which `migrate` makes the table. Without it `migrate` only looks whether it is there. */
  readonly admin?: DynamodbAdmin
}

export type DynamodbStore = Store &
  Required<Omit<Store, 'about' | 'schema' | 'consistency' | 'close' | 'evicts' | 'readMany' | 'watch'>>

const SCHEMA = 1
const VERSION_BYTES = 9
/** An item has 400 KB (1024 bytes each), its attributes' names and everything besides the data included; that takes less than 1 KB. */
const MAX_BYTES = 399 * 1024

/**
 * Keeps sessions in a table of DynamoDB, through a `DynamoDBDocument` of the AWS SDK 3 or what `await arc.tables()` of Architect
 * gives. Every read is consistent and every write conditional.
 *
 * Make the table with `dynamodbTable()`, or give `admin` and call `await store.migrate()`. Throws `BAD_OPTIONS` for wrong options;
 * calls reject with `STORE_FAILED` and the client's error. `data` may have 408 576 bytes.
 */
export function dynamodbStore(client: DynamodbClient, options: DynamodbStoreOptions = {}): DynamodbStore {
  const { table: given = 'coatcheck_sessions', admin } = checkedOptions('dynamodbStore', options, ['table', 'admin'])
  const { calls, table } = dynamodbOf(client, given)
  if (admin !== undefined && typeof admin?.createTable !== 'function')
    throw new SessionError('BAD_OPTIONS', 'dynamodbStore: `admin` must be a `DynamoDB` of @aws-sdk/client-dynamodb.')

  async function attempt(call: keyof DynamodbDocument, params: object): Promise<DynamodbAnswer | undefined> {
    try {
      return await calls[call]({ TableName: table, ...params })
    } catch (error) {
      if (isRefused(error)) return undefined
      throw dynamodbFailed(error)
    }
  }

  const ask = async (call: keyof DynamodbDocument, params: object): Promise<DynamodbAnswer> => (await attempt(call, params)) ?? {}

  const itemAt = async (Key: DynamodbItem): Promise<DynamodbItem | undefined> =>
    (await ask('get', { Key, ConsistentRead: true })).Item

  /** Removes an item that is still as the condition says, then its entry in the owner's index. What it was. */
  async function remove(Key: DynamodbItem, condition: string, values: DynamodbItem): Promise<DynamodbItem | undefined> {
    const params = { Key, ReturnValues: 'ALL_OLD', ...expressed({ ConditionExpression: condition }, values) }
    const there = (await attempt('delete', params))?.Attributes
    if (there?.owner === undefined) return there
    await ask('delete', { Key: entryKey(String(there.owner), keyOf(there), String(there.born)) })
    return there
  }

  return {
    maxBytes: MAX_BYTES,

    async read(key) {
      const item = await itemAt(recordKey(key))
      if (!item) return undefined
      const { data, owner } = item
      const times = { createdAt: toNumber(item.createdAt), endsAt: toNumber(item.endsAt), expiresAt: toNumber(item.expiresAt) }
      // Clients may be told to write empty text as null.
      const record = { data: String(data ?? ''), ...(owner !== undefined && { owner: String(owner) }), ...times }
      return { record, version: String(item.version) }
    },

    async create(key, { data, owner, createdAt, endsAt, expiresAt }) {
      const at = recordKey(key)
      const version = randomText(VERSION_BYTES)
      // Each create has an entry of its own, so that of two creates of one key the one that lost can take its entry back.
      const entry = owner === undefined ? undefined : entryKey(owner, key, version)
      if (entry) await ask('put', { Item: { ...entry, expiresAt: endsAt, [TTL]: ttl(endsAt) } })
      const times = { createdAt, endsAt, expiresAt, [TTL]: ttl(expiresAt) }
      const Item = { ...at, version, born: version, data, ...(owner !== undefined && { owner }), ...times }
      // Clients send again what got no answer, and may then find what they wrote themselves.
      const condition = expressed({ ConditionExpression: 'attribute_not_exists(#pk) OR #version = :version' }, { version })
      if (await attempt('put', { Item, ...condition })) return version
      if (!entry) return undefined
      if ((await itemAt(at))?.born === version) return version
      await ask('delete', { Key: entry })
      return undefined
    },

    async update(key, { data, expiresAt }, version, next = randomText(VERSION_BYTES)) {
      const expressions = {
        UpdateExpression: 'SET #version = :next, #data = :data, #expiresAt = :expiresAt, #ttl = :ttl',
        ConditionExpression: '#version = :version OR #version = :next',
      }
      const values = { version, next, data, expiresAt, ttl: ttl(expiresAt) }
      const done = await attempt('update', { Key: recordKey(key), ...expressed(expressions, values) })
      return done && next
    },

    delete: async (key, version) => (await remove(recordKey(key), '#version = :version', { version })) !== undefined,

    async touch(key, expiresAt, version) {
      const expressions = {
        UpdateExpression: 'SET #expiresAt = :expiresAt, #ttl = :ttl',
        ConditionExpression: '#version = :version AND #expiresAt < :expiresAt',
      }
      const values = { version, expiresAt, ttl: ttl(expiresAt) }
      if (await attempt('update', { Key: recordKey(key), ...expressed(expressions, values) })) return true
      // The time may be later already.
      return (await itemAt(recordKey(key)))?.version === version
    },

    async listByOwner(owner) {
      const keys = new Set<string>()
      const query = expressed({ KeyConditionExpression: '#pk = :pk', ProjectionExpression: '#sk' }, { pk: ownerKey(owner) })
      for (let from = {}; ; ) {
        const { Items = [], LastEvaluatedKey } = await ask('query', { ...query, ...from, ConsistentRead: true })
        for (const { sk } of Items) keys.add(String(sk).split('#', 1)[0] ?? '')
        if (!LastEvaluatedKey) return [...keys]
        from = { ExclusiveStartKey: LastEvaluatedKey }
      }
    },

    async list(after, limit) {
      const keys: string[] = []
      const filter = expressed({ FilterExpression: '#sk = :sk', ProjectionExpression: '#pk' }, { sk: RECORD })
      for (let next = after; ; ) {
        const from = next === undefined ? {} : { ExclusiveStartKey: placeOf(next) }
        const scan = { ...filter, ...from, Limit: limit - keys.length, ConsistentRead: true }
        const { Items = [], LastEvaluatedKey } = await ask('scan', scan)
        keys.push(...Items.map(keyOf))
        if (!LastEvaluatedKey) return { keys }
        next = JSON.stringify(LastEvaluatedKey)
        if (keys.length >= limit) return { keys, next }
      }
    },

    async prune(before, limit) {
      let removed = 0
      const isOver = '#expiresAt <= :before'
      const expired = expressed({ FilterExpression: isOver, ProjectionExpression: '#pk, #sk' }, { before })
      for (let from = {}; ; ) {
        const { Items = [], LastEvaluatedKey } = await ask('scan', { ...expired, ...from })
        for (const { pk, sk } of Items) {
          if (removed >= limit) return removed
          // Entries that have ended go too; they do not count.
          if ((await remove({ pk, sk }, isOver, { before })) && sk === RECORD) removed++
        }
        if (!LastEvaluatedKey) return removed
        from = { ExclusiveStartKey: LastEvaluatedKey }
      }
    },

    async migrate() {
      if (admin) {
        try {
          await makeTable(admin, table)
        } catch (error) {
          throw dynamodbFailed(error)
        }
      }
      const Key = { pk: 'schema', sk: 'schema' }
      const found = await itemAt(Key)
      if (!found) await ask('put', { Item: { ...Key, version: SCHEMA } })
      else checkSchema('DynamoDB', table, toNumber(found.version), SCHEMA)
    },
  }
}
