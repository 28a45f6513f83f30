import { once } from 'node:events'
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import { DynamoDB, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocument } from '@aws-sdk/lib-dynamodb'
import { type ArchitectTables, type DynamodbClient, dynamodbStore } from '../../src/stores/dynamodb.ts'
import { bounded } from '../helpers/depth.ts'
import type { Reachable } from '../helpers/engines.ts'
import { type Connected, over } from '../helpers/over.ts'
import type { TriedStore } from './tried.ts'

const require = createRequire(import.meta.url)

export interface Tables {
  readonly client: DynamodbClient
  readonly admin: DynamoDB
}

/** DynamoDB as it runs on a developer's machine, in this process and its memory. */
export async function startDynalite(): Promise<Reachable> {
  const dynalite: (options: object) => Server = require('dynalite')
  const server = dynalite({ createTableMs: 0 }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('dynalite has no port.')
  return {
    url: `http://127.0.0.1:${address.port}`,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

export const awsTo = (url: string, config: DynamoDBClientConfig = {}): DynamoDB =>
  new DynamoDB({ endpoint: url, region: 'local', credentials: { accessKeyId: 'key', secretAccessKey: 'secret' }, ...config })

export function connectAws(url: string): Connected<Tables> {
  const admin = awsTo(url)
  return { client: { client: DynamoDBDocument.from(admin), admin }, close: () => admin.destroy() }
}

type MakeTables = (
  app: { services: { tables: Readonly<Record<string, string>> } },
  done: (error: unknown, made: ArchitectTables) => void,
) => void

/** What `arc.tables()` gives in Architect's sandbox that has its tables at this address; `tables` are the full names of those in app.arc. */
export async function architectTables(url: string, tables: Readonly<Record<string, string>>): Promise<ArchitectTables> {
  const sandbox = { ports: { tables: Number(new URL(url).port) }, version: '5.0.0' }
  Object.assign(process.env, {
    ARC_ENV: 'testing',
    ARC_SANDBOX: JSON.stringify(sandbox),
    AWS_ACCESS_KEY_ID: 'key',
    AWS_SECRET_ACCESS_KEY: 'secret',
  })
  // It remembers the first address for as long as it is loaded.
  for (const path of Object.keys(require.cache)) if (path.includes('@architect')) delete require.cache[path]
  const make: MakeTables = require('@architect/functions/src/tables/factory.js')
  return new Promise((resolve, reject) => {
    make({ services: { tables } }, (error, made) => (error ? reject(error) : resolve(made)))
  })
}

export async function connectArchitect(url: string): Promise<Connected<Tables>> {
  const admin = awsTo(url)
  // Any name is in app.arc, and stands for itself.
  const tables = new Proxy<Record<string, string>>({}, { get: (_, name) => String(name) })
  return { client: { client: await architectTables(url, tables), admin }, close: () => admin.destroy() }
}

const tried = (name: string, connect: (url: string) => Connected<Tables> | Promise<Connected<Tables>>): TriedStore =>
  over({
    name,
    start: startDynalite,
    connect,
    store: ({ client, admin }, table) => dynamodbStore(client, { table, admin }),
  })
// What stands in for DynamoDB keeps everything in one process: it takes a minute for 10 000 sessions.
const asked = { records: bounded(2000, 500) }

export const TRIED: readonly TriedStore[] = [
  { ...tried('dynamodb, over the AWS SDK', connectAws), asked, playedBy: 'dynamodb' },
  { ...tried('dynamodb, over @architect/functions', connectArchitect), asked, playedBy: 'dynamodb' },
]
