// Read by the compiler only: each line below either compiles, or must not and says so.

import { MongoClient } from 'mongodb'
import { mongodbStore } from './mongodb.ts'

const client = new MongoClient('mongodb://localhost')
mongodbStore(client.db())
mongodbStore(client.db('app'), { collection: 'sessions', readConcern: 'linearizable' })

// @ts-expect-error a client is no database
mongodbStore(client)
// @ts-expect-error nor is one of its collections
mongodbStore(client.db().collection('sessions'))
// @ts-expect-error a secondary may not know of a sign-out yet
mongodbStore(client.db(), { readConcern: 'available' })
