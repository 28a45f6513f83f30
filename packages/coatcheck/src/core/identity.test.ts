import { expect, it } from 'vitest'
import { leftOverHttp } from '../../test/helpers/left.ts'
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
  const listener = withSession(sessions, async (req, res) => {
    if (opens) (await sessions.open(req)).set('n', 1)
    res.end('ok')
  })
  expect(await leftOverHttp(listener)).toBeLessThan(most)
})
