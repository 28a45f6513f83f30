import { expect, test } from 'vitest'
import { SECRET } from '../../../test/helpers/site.ts'
import { memoryStore } from '../../stores/memory.ts'
import { customPersistence } from '../persistence/custom.ts'
import { sessionsOf } from '../sessions.ts'
import { type AdapterOptions, settingsOf } from './options.ts'

const store = memoryStore()
const { listByOwner: _, ...withoutLists } = store
const settings = (given: unknown, more: object = {}) =>
  settingsOf({ secrets: SECRET, revocations: given, ...more } as AdapterOptions).revocations

test('a store, or a store with seconds and lists', () => {
  expect(settings(undefined)).toBeUndefined()
  expect(settings(store)).toEqual({ store, every: 0, list: false })
  expect(settings({ store })).toEqual({ store, every: 0, list: false })
  expect(settings({ store, every: 30, list: true })).toEqual({ store, every: 30_000, list: true })
})

test.each<[string, unknown, RegExp]>([
  ['true', true, /`revocations` is a boolean, which is no store/],
  ['null', null, /`revocations` is null/],
  ['a name', 'redis', /`revocations` is a text of 5/],
  ['a function that makes one', memoryStore, /`revocations` is a function/],
  ['half a store', { read: async () => undefined }, /`revocations` is a object, which is no store/],
  ['no store in an object', { every: 30 }, /`revocations`/],
  ['no store under its name', { store: 'redis' }, /`revocations.store` is a text/],
  ['another name', { store, check: 'every' }, /`revocations.check` does not exist/],
  ['no seconds', { store, every: '30' }, /`revocations.every` is a text/],
  ['parts of a second', { store, every: 0.5 }, /`revocations.every` is the number 0.5/],
  ['over a day', { store, every: 86_401 }, /`revocations.every`/],
  ['a word for lists', { store, list: 'yes' }, /`revocations.list` is a text/],
  ['lists of a store that has none', { store: withoutLists, list: true }, /`revocations.list` is set, and the store cannot list/],
  ['a store of stale answers', { ...store, consistency: 'eventual' }, /promises `eventual` only/],
  ['a store without compare-and-set', { ...store, consistency: 'last-write-wins' }, /promises `last-write-wins` only/],
  ['a store that drops records', { ...store, evicts: true }, /drops records/],
])('%s is refused', (_, given, message) => {
  expect(() => settings(given)).toThrow(message)
})

test('nor is there anything to end where sessions have no id of ours', () => {
  const persistence = customPersistence({
    create: async () => 'id',
    read: async () => null,
    update: async () => {},
    delete: async () => {},
  })
  expect(() => settings(store, { persistence })).toThrow(/`revocations` is set where sessions are kept by/)
})

test('beside a strong store it has no effect, and is accepted (decision 007)', () => {
  expect(() => sessionsOf({ store: memoryStore(), revocations: store })).not.toThrow()
})

test('lists of sessions in the cookie: not beside a store, and a limit needs them', () => {
  const told =
    (revocations: object, more: object = {}) =>
    () =>
      sessionsOf({ secrets: SECRET, revocations, ...more } as AdapterOptions)
  expect(told({ store, list: true }, { store: memoryStore() })).toThrow(/`revocations.list` is set beside a store/)
  const maxPerOwner = { count: 3, evict: 'oldest' }
  expect(told({ store }, { maxPerOwner })).toThrow(/`maxPerOwner` needs a store/)
  expect(told({ store, list: true }, { maxPerOwner })).not.toThrow()
})
