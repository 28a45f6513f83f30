// Read by the compiler only: each line below either compiles, or must not and says so.

import arc from '@architect/functions'
import { DynamoDB } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocument, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { dynamodbStore, dynamodbTable } from './dynamodb.ts'

const admin = new DynamoDB({})
dynamodbStore(DynamoDBDocument.from(admin), { table: 'sessions', admin })
dynamodbStore(await arc.tables(), { table: 'sessions' })
await admin.createTable(dynamodbTable('sessions'))

// @ts-expect-error a client without methods of its own
dynamodbStore(DynamoDBDocumentClient.from(admin))
// @ts-expect-error a client that is not told how values are written
dynamodbStore(admin)
// @ts-expect-error what cannot make tables
dynamodbStore(DynamoDBDocument.from(admin), { admin: DynamoDBDocument.from(admin) })
