import { SessionError } from '../../errors.ts'
import { checkedName } from './client.ts'
import { reasonOf } from './errors.ts'

/** The argument of `createTable`, which is also the properties of an `AWS::DynamoDB::Table` in CloudFormation. */
export interface DynamodbTable {
  TableName: string
  AttributeDefinitions: { AttributeName: string; AttributeType: 'S' }[]
  KeySchema: { AttributeName: string; KeyType: 'HASH' | 'RANGE' }[]
  BillingMode: 'PAY_PER_REQUEST'
}

/** The part of `DynamoDB` of `@aws-sdk/client-dynamodb` that makes tables. */
export interface DynamodbAdmin {
  createTable(params: object): Promise<unknown>
  describeTable(params: object): Promise<{ readonly Table?: { readonly TableStatus?: string | undefined } | undefined }>
  describeTimeToLive(
    params: object,
  ): Promise<{ readonly TimeToLiveDescription?: { readonly TimeToLiveStatus?: string | undefined } | undefined }>
  updateTimeToLive(params: object): Promise<unknown>
}

/** The attribute that says in seconds when an item may go. */
export const TTL = 'ttl'

/**
 * The table of `dynamodbStore`, for those who make theirs themselves. Switch on its time to live too, for the attribute `ttl`.
 * `table` is that of the store, by default `coatcheck_sessions`. Throws `BAD_OPTIONS` when no table can have that name.
 */
export function dynamodbTable(table = 'coatcheck_sessions'): DynamodbTable {
  return {
    TableName: checkedName(table),
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
    ],
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    BillingMode: 'PAY_PER_REQUEST',
  }
}

/** DynamoDB takes some seconds to make a table. */
const LOOKS = 600
const PAUSE = 100

/** Makes the table unless it is there, waits until it can be used, and switches its time to live on. */
export async function makeTable(admin: DynamodbAdmin, table: string): Promise<void> {
  await unless('ResourceInUseException', () => admin.createTable(dynamodbTable(table)))
  for (let looks = 1; ; looks++) {
    const { Table } = await admin.describeTable({ TableName: table })
    if (Table?.TableStatus === 'ACTIVE' || Table?.TableStatus === 'UPDATING') break
    if (looks === LOOKS)
      throw new SessionError('STORE_FAILED', `DynamoDB has not finished making the table "${table}".`, {
        fix: 'Call `migrate()` again later.',
      })
    await new Promise((resolve) => setTimeout(resolve, PAUSE))
  }
  const { TimeToLiveDescription } = await admin.describeTimeToLive({ TableName: table })
  if (TimeToLiveDescription?.TimeToLiveStatus !== 'DISABLED') return
  const params = { TableName: table, TimeToLiveSpecification: { AttributeName: TTL, Enabled: true } }
  // A stand-in for DynamoDB on a developer's machine may not have it.
  await unless('UnknownOperationException', () => admin.updateTimeToLive(params))
}

async function unless(reason: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (reasonOf(error) !== reason) throw error
  }
}
