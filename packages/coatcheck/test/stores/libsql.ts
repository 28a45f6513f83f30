import { join } from 'node:path'
import { type Client, createClient } from '@libsql/client'
import { makeFolder, removeFolder } from '../../../../scripts/engine-process.ts'
import { libsqlStore } from '../../src/stores/libsql.ts'
import { counted } from '../helpers/counted.ts'
import { freshName } from '../helpers/engines.ts'
import { inside } from '../helpers/inside.ts'
import type { TriedStore } from './tried.ts'

let trips = (): number => 0

/** A client whose calls are counted; the last one made is asked for them. */
function watched(url: string): Client {
  const { client, trips: calls } = counted(createClient({ url }), 'execute', 'batch', 'transaction', 'executeMultiple', 'migrate')
  trips = calls
  return client
}

/** Each handle has a client of its own, as in another process. */
const file = inside(
  'libsql, a file',
  async () => {
    const folder = makeFolder('libsql')
    const url = `file:${join(folder, 'sessions.db')}`
    const first = watched(url)
    await first.execute('PRAGMA journal_mode = WAL')
    const clients: Client[] = []
    return {
      handle() {
        const client = clients.length === 0 ? first : createClient({ url })
        clients.push(client)
        return libsqlStore(client)
      },
      close() {
        for (const client of new Set([first, ...clients])) client.close()
        removeFolder(folder)
      },
    }
  },
  () => trips(),
)

/** What is in memory is on one connection, and both handles use it. */
const memory = inside(
  'libsql, :memory:',
  () => {
    const client = watched(':memory:')
    const table = freshName()
    return { handle: () => libsqlStore(client, { table }), close: () => client.close() }
  },
  () => trips(),
)

export const TRIED: readonly TriedStore[] = [file, memory]
