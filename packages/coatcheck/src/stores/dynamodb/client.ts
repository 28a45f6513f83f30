import { SessionError } from '../../errors.ts'

export type DynamodbItem = Readonly<Record<string, unknown>>

export interface DynamodbAnswer {
  readonly Item?: DynamodbItem | undefined
  readonly Attributes?: DynamodbItem | undefined
  readonly Items?: readonly DynamodbItem[] | undefined
  readonly LastEvaluatedKey?: DynamodbItem | undefined
}

/** The part of a `DynamoDBDocument` of `@aws-sdk/lib-dynamodb` that is used here. */
export interface DynamodbDocument {
  get(params: object): Promise<DynamodbAnswer>
  put(params: object): Promise<DynamodbAnswer>
  update(params: object): Promise<DynamodbAnswer>
  delete(params: object): Promise<DynamodbAnswer>
  query(params: object): Promise<DynamodbAnswer>
  scan(params: object): Promise<DynamodbAnswer>
}

/** The part of the DynamoDB client that `@architect/functions` brings (`@aws-lite/dynamodb`) that is used here. */
export interface AwsLiteDynamodb {
  GetItem(params: object): Promise<unknown>
  PutItem(params: object): Promise<unknown>
  UpdateItem(params: object): Promise<unknown>
  DeleteItem(params: object): Promise<unknown>
  Query(params: object): Promise<unknown>
  Scan(params: object): Promise<unknown>
}

/** The part of the result of `await arc.tables()` (`@architect/functions`) that is used here. */
export interface ArchitectTables {
  /** The table's full name, by its name in app.arc. */
  name(table: string): unknown
  readonly _client: AwsLiteDynamodb
}

export type DynamodbClient = DynamodbDocument | ArchitectTables

export interface Dynamodb {
  readonly calls: DynamodbDocument
  /** The table's full name. */
  readonly table: string
}

/** The same calls, whichever client was given. Throws `BAD_OPTIONS` for another thing, and for a name that no table can have. */
export function dynamodbOf(client: DynamodbClient, table: unknown): Dynamodb {
  const { _client } = Object(client) as Partial<ArchitectTables>
  if (_client !== undefined) {
    const name = has(client, ['name']) && has(_client, AWS_LITE) && (client as ArchitectTables).name(String(table))
    if (typeof name === 'string') return { calls: fromAwsLite(_client), table: name }
    throw new SessionError('BAD_OPTIONS', `dynamodbStore: app.arc has no table ${JSON.stringify(table)}.`, {
      fix: 'Give as `table` its name under @tables.',
    })
  }
  if (!has(client, DOCUMENT))
    throw new SessionError(
      'BAD_OPTIONS',
      'dynamodbStore: the first argument must be a `DynamoDBDocument`, or what `await arc.tables()` gives.',
      {
        fix: 'Give it `DynamoDBDocument.from(client)` of @aws-sdk/lib-dynamodb; a `DynamoDBDocumentClient` has no methods of its own.',
      },
    )
  return { calls: client as DynamodbDocument, table: checkedName(table) }
}

/** Naming rules of the DynamoDB developer guide. */
export function checkedName(table: unknown): string {
  if (typeof table === 'string' && /^[\w.-]{3,255}$/.test(table)) return table
  throw new SessionError(
    'BAD_OPTIONS',
    'dynamodbStore: `table` must be the name of a table: 3 to 255 letters, digits, "_", "-" or ".".',
  )
}

const DOCUMENT = ['get', 'put', 'update', 'delete', 'query', 'scan']
const AWS_LITE = ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query', 'Scan']

const has = (client: unknown, methods: readonly string[]): boolean =>
  methods.every((method) => typeof Object(client)[method] === 'function')

function fromAwsLite(client: AwsLiteDynamodb): DynamodbDocument {
  const answer = (given: unknown): DynamodbAnswer => given ?? {}
  return {
    get: async (params) => answer(await client.GetItem(params)),
    put: async (params) => answer(await client.PutItem(params)),
    update: async (params) => answer(await client.UpdateItem(params)),
    delete: async (params) => answer(await client.DeleteItem(params)),
    query: async (params) => answer(await client.Query(params)),
    scan: async (params) => answer(await client.Scan(params)),
  }
}
