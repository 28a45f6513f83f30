import { MongoClient } from 'mongodb'
import { type MongodbDatabase, mongodbStore } from '../../src/stores/mongodb.ts'
import { bounded } from '../helpers/depth.ts'
import type { Reachable } from '../helpers/engines.ts'
import { type Connected, over } from '../helpers/over.ts'
import { startMongodb } from '../stand-ins/mongodb/server.ts'
import type { TriedStore } from './tried.ts'

/** A server of MongoDB's own, where the environment names one; else what stands in for it. */
const GIVEN = process.env.COATCHECK_TEST_MONGODB_URL

const start = async (): Promise<Reachable> => (GIVEN ? { url: GIVEN, stop: async () => {} } : startMongodb())

export function connectMongodb(url: string): Connected<MongodbDatabase> {
  // The client looks after the server in between; that is no round trip of the store's.
  const client = new MongoClient(url, { heartbeatFrequencyMS: 3_600_000 })
  return { client: client.db(), close: () => client.close() }
}

export const TRIED: readonly TriedStore[] = [
  {
    ...over({
      name: 'mongodb, a stand-in',
      start,
      connect: connectMongodb,
      store: (client, collection) => mongodbStore(client, { collection }),
    }),
    // What stands in looks at every document, and takes a second for the largest; one test has that.
    asked: { records: bounded(2000, 500), biggest: 1_000_000 },
  },
]
