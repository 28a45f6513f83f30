import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { BSON } from 'mongodb'
import type { Reachable } from '../../helpers/engines.ts'
import { Collections, type Doc, MOST_BYTES, Refusal } from './collections.ts'
import { type Message, reader, replyTo } from './wire.ts'

export interface StandIn extends Reachable {
  /** The commands that came since this was asked last, without those by which a client looks whether the server is there. */
  asked(): Doc[]
  /** What this command is answered the next time, instead of being done: with an error, or, after it was done, with a lost connection. */
  next(command: string, what: Refusal | 'lost'): void
  readonly collections: Collections
}

/** What the first find of a cursor gives (`batchSize` of the command find). */
const FIRST_BATCH = 101

/**
 * Stands in for MongoDB, of which no server can be had here: it speaks its wire protocol, as the primary of a replica set of one member, so
 * that the driver itself is what a test runs. It removes nothing by its time to live.
 */
export async function startMongodb(): Promise<StandIn> {
  const collections = new Collections()
  const sockets = new Set<Socket>()
  const cursors = new Map<string, Doc[]>()
  const orders = new Map<string, Refusal | 'lost'>()
  /** Of each session of a client, the last write that it numbered, and its answer: one that is sent again is not done again. */
  const written = new Map<string, { readonly number: string; readonly answer: Doc }>()
  let asked: Doc[] = []
  let cursorId = 0
  let address = ''

  const HELLO = {
    ...{ helloOk: true, isWritablePrimary: true, ismaster: true, readOnly: false, ok: 1 },
    ...{ minWireVersion: 0, maxWireVersion: 21, logicalSessionTimeoutMinutes: 30 },
    ...{ maxBsonObjectSize: MOST_BYTES, maxMessageSizeBytes: 48_000_000, maxWriteBatchSize: 100_000 },
  }
  const hello = (): Doc => {
    const set = { setName: 'stand-in', setVersion: 1, hosts: [address], me: address, primary: address }
    return { ...HELLO, ...set, localTime: new Date() }
  }

  function page(namespace: string, found: Doc[], size: number, part: 'firstBatch' | 'nextBatch'): Doc {
    const batch = found.splice(0, size)
    const id = found.length > 0 ? ++cursorId : 0
    if (id > 0) cursors.set(String(id), found)
    return { cursor: { id: BSON.Long.fromNumber(id), ns: namespace, [part]: batch }, ok: 1 }
  }

  /** Every write of a command, and how many it reached; one that is refused says so in its place. */
  function writes(all: readonly Doc[], write: (each: Doc) => number): Doc {
    let n = 0
    const writeErrors: Doc[] = []
    for (const [index, each] of all.entries()) {
      try {
        n += write(each)
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        writeErrors.push({ index, code: error.code, errmsg: error.message })
        break
      }
    }
    return { n, ok: 1, ...(writeErrors.length > 0 && { writeErrors }) }
  }

  function run(command: Doc, [name = '', target]: [string?, unknown?]): Doc {
    const collection = `${command.$db}.${target}`
    if (name === 'find') {
      const { filter = {}, sort, limit, projection, batchSize = FIRST_BATCH } = command
      const found = collections.find(collection, filter, { sort, limit, projection })
      return page(collection, found, batchSize, 'firstBatch')
    }
    if (name === 'getMore') {
      const found = cursors.get(String(target))
      if (!found) throw new Refusal(43, `cursor id ${target} not found`)
      cursors.delete(String(target))
      return page(`${command.$db}.${command.collection}`, found, command.batchSize ?? found.length, 'nextBatch')
    }
    if (name === 'insert')
      return writes(command.documents, (document) => {
        collections.insert(collection, document)
        return 1
      })
    if (name === 'update')
      return writes(command.updates, ({ q, u, multi, upsert }) => {
        if (multi || upsert) throw new Refusal(2, 'The stand-in updates one document that is there.')
        return collections.update(collection, q, u)
      })
    if (name === 'delete') return writes(command.deletes, ({ q, limit }) => collections.delete(collection, q, limit))
    if (name === 'createIndexes') {
      collections.createIndexes(collection, command.indexes)
      return { ok: 1 }
    }
    throw new Refusal(59, `no such command: '${name}'`)
  }

  function exactlyOnce(command: Doc, first: [string?, unknown?]): Doc {
    if (command.txnNumber === undefined) return run(command, first)
    const session = command.lsid.id.toString('hex')
    const number = String(command.txnNumber)
    const before = written.get(session)
    if (before?.number === number) return before.answer
    const answer = run(command, first)
    written.set(session, { number, answer })
    return answer
  }

  /** `undefined`: the connection is cut, and nothing answered. */
  function answerTo(command: Doc): Doc | undefined {
    const [first = []] = Object.entries(command)
    const [name = ''] = first
    if (/^(hello|ismaster)$/i.test(name)) return hello()
    if (/^(ping|endSessions|killCursors)$/.test(name)) return { ok: 1 }
    asked.push(command)
    const order = orders.get(name)
    orders.delete(name)
    try {
      if (order instanceof Refusal) throw order
      const answer = exactlyOnce(command, first)
      return order === 'lost' ? undefined : answer
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return { ok: 0, code: error.code, errmsg: error.message }
    }
  }

  function serve(socket: Socket, message: Message): void {
    const answer = answerTo(message.command)
    if (answer) socket.write(replyTo(message, answer))
    else socket.destroy()
  }

  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    const read = reader()
    socket.on('data', (piece) => {
      for (const message of read(piece)) serve(socket, message)
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const own = server.address()
  if (typeof own !== 'object' || own === null) throw new Error('The stand-in has no port.')
  address = `127.0.0.1:${own.port}`

  return {
    url: `mongodb://${address}/test?directConnection=true`,
    collections,
    next: (command, what) => void orders.set(command, what),
    asked() {
      const all = asked
      asked = []
      return all
    },
    async stop() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
