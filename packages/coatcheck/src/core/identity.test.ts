import { once } from 'node:events'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { withSession } from '../adapters/node.ts'
import { createSessions } from '../index.ts'
import type { Store } from '../stores/store.ts'
import { besides } from './identity.ts'

const secrets = 'identity: 6fJ1sXw0bQ3rVn8yKc5uTz2mPd7gEa9h'

it.each([
  ['an object', {}],
  ['a frozen object', Object.freeze({})],
  ['a function', () => 'a function'],
  ['a proxy', new Proxy({}, {})],
])('%s stands for what was said, and nothing else does', (_, object) => {
  const [one, other] = [besides<string>(), besides<string>()]
  expect(one.get(object)).toBeUndefined()
  one.set(object, 'first')
  one.set(object, 'second')
  expect(one.get(object)).toBe('second')
  expect(other.get(object)).toBeUndefined()
  for (const like of [Object.create(object), { ...object }, new Proxy(object, {})]) expect(one.get(like)).toBeUndefined()
  expect(Reflect.ownKeys(object).filter((key) => !['length', 'name'].includes(String(key)))).toEqual([])
})

it.each([undefined, null, 'text', 1])('%j stands for nothing', (value) => {
  expect(besides<string>().get(value as never)).toBeUndefined()
})

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as (options?: { type: 'minor' }) => void

/** Bytes that each of many requests leaves to the next full collection. */
async function leftBy(visit: () => Promise<unknown>): Promise<number> {
  for (let n = 0; n < 50; n++) await visit()
  collect()
  const old = () => getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space')?.space_used_size ?? 0
  const before = old()
  for (let n = 0; n < 200; n++) {
    await visit()
    if (n % 50 === 49) for (let i = 0; i < 2; i++) collect({ type: 'minor' })
  }
  return (old() - before) / 200
}

/** Keeps nothing, and answers later. */
const forgetful: Store = {
  read: async () => undefined,
  create: async () => 'v',
  update: async () => 'v',
  delete: async () => true,
}

// Before, an entry of a WeakMap held 6 kB of each request, and with getters of one response in its hidden class 15 kB.
it.each([
  ['asked for no session', false, 2000],
  ['waited for its session', true, 6000],
])('a request in node:http that %s is gone with the next minor collection', async (_, opens, most) => {
  const sessions = createSessions({ secrets, store: forgetful })
  const server = createServer(
    withSession(sessions, async (req, res) => {
      if (opens) (await sessions.open(req)).set('n', 1)
      res.end('ok')
    }),
  )
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const { port } = server.address() as AddressInfo
  try {
    const left = await leftBy(async () => {
      const [response] = await once(request({ port, agent }).end(), 'response')
      for await (const _ of response);
    })
    expect(left).toBeLessThan(most)
  } finally {
    agent.destroy()
    server.close()
  }
})
