// MongoDB's wire protocol, as its manual has it (https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/): OP_MSG, and for the
// first word of a connection OP_QUERY with OP_REPLY. All numbers have their lowest byte first.
import { BSON } from 'mongodb'
import type { Doc } from './collections.ts'

export interface Message {
  readonly id: number
  readonly opcode: number
  readonly command: Doc
}

const OP_REPLY = 1
const OP_QUERY = 2004
const OP_MSG = 2013
const HEADER = 16
const CHECKSUM_PRESENT = 1

/** Takes what comes on a connection, piece by piece, and gives the messages that are whole. Nothing is copied until one is. */
export function reader(): (piece: Buffer) => Message[] {
  let pieces: Buffer[] = []
  let size = 0
  let needed = HEADER
  return (piece) => {
    pieces.push(piece)
    size += piece.length
    const messages: Message[] = []
    while (size >= needed) {
      const bytes = Buffer.concat(pieces)
      needed = bytes.readInt32LE(0)
      pieces = [bytes]
      if (size < needed) break
      messages.push(messageOf(bytes.subarray(0, needed)))
      pieces = [bytes.subarray(needed)]
      size -= needed
      needed = HEADER
    }
    return messages
  }
}

function messageOf(bytes: Buffer): Message {
  const opcode = bytes.readInt32LE(12)
  const body = bytes.subarray(HEADER)
  return { id: bytes.readInt32LE(4), opcode, command: opcode === OP_MSG ? sectionsOf(body) : queryOf(opcode, body) }
}

/** The document of the command, and the lists that are sent beside it. */
function sectionsOf(body: Buffer): Doc {
  const end = body.readUInt32LE(0) & CHECKSUM_PRESENT ? body.length - 4 : body.length
  let command: Doc = {}
  const lists: Doc = {}
  for (let at = 4; at < end; ) {
    const kind = body.readUInt8(at++)
    const length = body.readInt32LE(at)
    if (kind === 0) command = BSON.deserialize(body.subarray(at, at + length))
    else {
      const nameEnd = body.indexOf(0, at + 4)
      const documents: Doc[] = []
      for (let next = nameEnd + 1; next < at + length; next += body.readInt32LE(next))
        documents.push(BSON.deserialize(body.subarray(next, next + body.readInt32LE(next))))
      lists[body.toString('utf8', at + 4, nameEnd)] = documents
    }
    at += length
  }
  return { ...command, ...lists }
}

function queryOf(opcode: number, body: Buffer): Doc {
  if (opcode !== OP_QUERY) throw new Error(`The stand-in does not know the opcode ${opcode}.`)
  const nameEnd = body.indexOf(0, 4)
  return BSON.deserialize(body.subarray(nameEnd + 9))
}

export function replyTo({ id, opcode }: Message, answer: Doc): Buffer {
  const document = BSON.serialize(answer)
  const before = opcode === OP_MSG ? Buffer.alloc(5) : Buffer.alloc(20)
  // One document is in the reply to a query; flags, cursor and place are 0.
  if (opcode !== OP_MSG) before.writeInt32LE(1, 16)
  const header = Buffer.alloc(HEADER)
  header.writeInt32LE(HEADER + before.length + document.length, 0)
  header.writeInt32LE(id, 8)
  header.writeInt32LE(opcode === OP_MSG ? OP_MSG : OP_REPLY, 12)
  return Buffer.concat([header, before, document])
}
