// The owner's index while sessions come and go: an entry may point at nothing, a session is never without its entry.

import type { SessionRecord } from '../../stores/store.ts'
import { crash, race } from './race.ts'
import { type Case, needing, newKey, newRecord, newSession, same, sameKeys, sure } from './trial.ts'

export const indexRaces: readonly Case[] = [
  needing('listByOwner', 'owner', 'a session can be listed as soon as it can be read', async (trial) => {
    await race(trial, {
      setup: async () => ({ key: newKey(), record: newRecord(trial, { owner: newKey() }) }),
      actors: {
        create: ({ key, record }, store) => store.create(key, record),
        async look({ key, record }, store) {
          if (!(await store.read(key))) return
          sure(
            (await store.listByOwner(record.owner ?? '')).includes(key),
            'a session that can be read already is not listed yet.',
          )
        },
      },
      async check({ key, record }) {
        sameKeys(await trial.store.listByOwner(record.owner ?? ''), [key], 'after create, the sessions are')
      },
    })
  }),
  needing('listByOwner', 'owner', 'a session is listed as long as it can be read', async (trial) => {
    await race(trial, {
      setup: () => newSession(trial, { owner: newKey() }),
      actors: {
        remove: ({ key, version }, store) => store.delete(key, version),
        async look({ key, record }, store) {
          if ((await store.listByOwner(record.owner ?? '')).includes(key)) return
          same(await store.read(key), undefined, 'a session that is listed no longer can still be read: read gave')
        },
      },
      async check({ record }) {
        sameKeys(await trial.store.listByOwner(record.owner ?? ''), [], 'after delete, the sessions are')
      },
    })
  }),
  needing('listByOwner', 'owner', 'listing an owner harms no session that is being created', async (trial) => {
    await race(trial, {
      setup: async () => ({ key: newKey(), record: newRecord(trial, { owner: newKey() }) }),
      actors: {
        create: ({ key, record }, store) => store.create(key, record),
        list: ({ record }, store) => store.listByOwner(record.owner ?? ''),
      },
      async check({ key, record }) {
        sameKeys(await trial.store.listByOwner(record.owner ?? ''), [key], 'after create and listByOwner, the sessions are')
      },
    })
  }),
  needing('listByOwner', 'owner', 'sessions of one owner that come and go at the same time are listed right', async (trial) => {
    await race(trial, {
      setup: async () => {
        const leaving = await newSession(trial, { owner: newKey() })
        return { leaving, record: leaving.record, keys: [newKey(), newKey()] as const }
      },
      actors: {
        one: ({ keys, record }, store) => store.create(keys[0], record),
        two: ({ keys, record }, store) => store.create(keys[1], record),
        leave: ({ leaving: { key, version } }, store) => store.delete(key, version),
      },
      async check({ keys, record }) {
        sameKeys(await trial.store.listByOwner(record.owner ?? ''), keys, 'after two creates and a delete, the sessions are')
      },
    })
  }),
  needing('listByOwner', 'owner', 'two equal creates of one key leave it listed', async (trial) => {
    await race(trial, {
      setup: async () => ({ key: newKey(), record: newRecord(trial, { owner: newKey() }) }),
      actors: {
        first: ({ key, record }, store) => store.create(key, record),
        again: ({ key, record }, store) => store.create(key, record),
      },
      async check({ key, record }) {
        sameKeys(await trial.store.listByOwner(record.owner ?? ''), [key], 'after two equal creates, the sessions are')
      },
    })
  }),
  needing('listByOwner', 'one', 'of two creates of one key, the one that lost leaves nothing listed', async (trial) => {
    await race(trial, {
      setup: async () => ({ key: newKey(), record: newRecord(trial), owners: [newKey(), newKey()] as const }),
      actors: {
        first: ({ key, record, owners }, store) => store.create(key, { ...record, owner: owners[0] }),
        other: ({ key, record, owners }, store) => store.create(key, { ...record, owner: owners[1] }),
      },
      async check({ key, owners }, { first }) {
        const [winner, loser] = first === undefined ? owners.toReversed() : owners
        sameKeys(await trial.store.listByOwner(winner ?? ''), [key], 'the sessions of the owner whose create won are')
        sameKeys(await trial.store.listByOwner(loser ?? ''), [], 'the sessions of the owner whose create lost are')
      },
    })
  }),
  needing(
    'listByOwner',
    'owner',
    'a process that dies in create or delete leaves no session that is not listed',
    async (trial) => {
      const check = async ({ key, record }: { key: string; record: SessionRecord }): Promise<void> => {
        if (!(await trial.second.read(key))) return
        sameKeys(
          await trial.second.listByOwner(record.owner ?? ''),
          [key],
          'after a crash, with the session still there, the sessions are',
        )
      }
      await crash(trial, {
        setup: async () => ({ key: newKey(), record: newRecord(trial, { owner: newKey() }) }),
        act: ({ key, record }, store) => store.create(key, record),
        check,
      })
      await crash(trial, {
        setup: () => newSession(trial, { owner: newKey() }),
        act: ({ key, version }, store) => store.delete(key, version),
        check,
      })
    },
  ),
]
