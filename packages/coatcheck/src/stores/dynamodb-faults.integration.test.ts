import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { DynamoDBDocument } from '@aws-sdk/lib-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePorts, makeFolder, removeFolder, Server } from '../../../../scripts/engine-process.ts'
import { losesNothing, outlives } from '../../test/helpers/faults.ts'
import { SECRET } from '../../test/helpers/site.ts'
import { architectTables, awsTo } from '../../test/stores/dynamodb.ts'
import { adapterOf, sessionsOf } from '../core/sessions.ts'
import { type DynamodbClient, dynamodbStore } from './dynamodb.ts'
import type { SessionRecord, Store } from './store.ts'

const folder = makeFolder('dynalite')
let dynalite: Server
let url = ''
beforeAll(async () => {
  const [port] = await freePorts(1)
  const program = createRequire(import.meta.url).resolve('dynalite/cli.js')
  const options = ['--host', '127.0.0.1', '--port', `${port}`, '--path', join(folder, 'data'), '--createTableMs', '0']
  dynalite = new Server({ command: process.execPath, args: [program, ...options], ready: /listening at/ }, folder)
  await dynalite.start()
  url = `http://127.0.0.1:${port}`
  const admin = awsTo(url)
  await dynamodbStore(DynamoDBDocument.from(admin), { admin }).migrate()
  admin.destroy()
})
afterAll(async () => {
  await dynalite.stop()
  removeFolder(folder)
})

const CLIENTS: Readonly<Record<string, (at: string) => Promise<{ client: DynamodbClient; close(): void }>>> = {
  async 'the AWS SDK'(at) {
    const admin = awsTo(at)
    return { client: DynamoDBDocument.from(admin), close: () => admin.destroy() }
  },
  async '@architect/functions'(at) {
    return { client: await architectTables(at, { coatcheck_sessions: 'coatcheck_sessions' }), close: () => {} }
  },
}

/** A way to dynalite that may be told to answer as DynamoDB does when it is asked for too much, which dynalite never says. */
async function throttle(): Promise<{ url: string; on(isOn: boolean): void; close(): Promise<unknown> }> {
  let isOn = false
  const server = createServer((incoming, outgoing) => {
    const headers = { 'content-type': 'application/x-amz-json-1.0' }
    if (isOn) {
      incoming.resume().on('end', () => {
        outgoing.writeHead(400, headers)
        const __type = 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException'
        outgoing.end(
          JSON.stringify({ __type, message: 'The level of configured provisioned throughput for the table was exceeded.' }),
        )
      })
      return
    }
    const { method, headers: given } = incoming
    const onward = request(url, { method: method ?? 'POST', headers: given }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(outgoing)
    })
    incoming.pipe(onward)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('The throttle has no port.')
  return {
    url: `http://127.0.0.1:${address.port}`,
    on(value) {
      isOn = value
    },
    close() {
      server.closeAllConnections()
      return once(server.close(), 'close')
    },
  }
}

const now = Date.now()
const record: SessionRecord = { data: 'cart', createdAt: now, endsAt: now + 60_000, expiresAt: now + 60_000 }

describe.each(Object.entries(CLIENTS))('dynamodbStore over %s, when', (name, connect) => {
  let store: Store
  let close: () => void
  beforeAll(async () => {
    const connected = await connect(url)
    store = dynamodbStore(connected.client)
    close = connected.close
  })
  afterAll(() => close())

  it('fault: DynamoDB | killed mid-request and started again | STORE_FAILED | all that was acknowledged is there', async () => {
    await outlives(store, { strike: () => dynalite.kill(), heal: () => dynalite.start() })
  })

  it('fault: DynamoDB | killed under load and started again | STORE_FAILED | all that was acknowledged is there, nothing twice', async () => {
    await losesNothing(store, { strike: () => dynalite.kill(), heal: () => dynalite.start() })
  })

  it('fault: DynamoDB | stops answering (SIGSTOP) | STORE_FAILED, after 2 seconds | goes on where it was', async () => {
    await outlives(store, {
      strike: () => dynalite.pause(),
      heal: () => dynalite.resume(),
      says: /did not answer .* within 2 seconds/,
    })
  })

  it('fault: DynamoDB | refuses because it is asked for too much (ProvisionedThroughputExceededException) | STORE_FAILED, after the client has tried several times | goes on where it was', async () => {
    const between = await throttle()
    const { client, close } = await connect(between.url)
    await outlives(dynamodbStore(client), {
      strike: () => between.on(true),
      heal: () => between.on(false),
    })
    // What the store itself says, when the client has given up.
    between.on(true)
    await expect(dynamodbStore(client).create(`key-${name.length}`, record)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('(ProvisionedThroughputExceededException)'),
      fix: expect.stringContaining('PAY_PER_REQUEST'),
    })
    close()
    await between.close()
  })
})

it('a create that the client sends again, after another process has ended the sessions of its owner, brings nothing back', async () => {
  const { client, close } = await (CLIENTS['the AWS SDK'] as NonNullable<(typeof CLIENTS)[string]>)(url)
  const document = client as DynamoDBDocument
  const options = { header: 'x-ticket', cookie: false, secrets: SECRET } as const
  const elsewhere = sessionsOf({ ...options, store: dynamodbStore(client) })
  let resent = 0
  const resending = new Proxy(document, {
    get(target, name) {
      if (name !== 'put') return Reflect.get(target, name, target)
      return async (params: { readonly Item: { readonly owner?: string } }) => {
        const answer = await target.put(params as never)
        if (params.Item.owner === undefined) return answer // the entry of the owner
        // Carried out, and its answer is lost.
        expect(await elsewhere.endAll('ada')).toBe(1)
        resent++
        return target.put(params as never)
      }
    },
  })
  for (const mark of [true, false]) {
    const sessions = sessionsOf({ ...options, store: dynamodbStore(resending as DynamodbClient), now: () => Date.now() + 60_000 })
    const request = adapterOf(sessions).detached({ get: () => null })
    const session = await request.open()
    session.signIn('ada', mark ? { mark: await sessions.mark('ada') } : {})
    await Promise.resolve(request.commit()).catch((error: unknown) => expect(error).toMatchObject({ code: 'CONFLICT' }))
    const presented = { get: (name: string) => (name === 'x-ticket' ? (request.ticket ?? null) : null) }
    expect((await adapterOf(elsewhere).detached(presented).open()).owner).toBeUndefined()
    expect((await elsewhere.list('ada')).sessions).toEqual([])
  }
  expect(resent).toBe(2)
  close()
})
