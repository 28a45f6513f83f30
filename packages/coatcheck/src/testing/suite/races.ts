// Effects of each extra method while another caller is at the same record.

import type { Store } from '../../stores/store.ts'
import { allPages } from './index.ts'
import { race } from './race.ts'
import { type Case, DAY, MINUTE, needing, newKey, newSession, same, sameRecord, sure, type Trial } from './trial.ts'

/** A session that has just expired, or the time it did when the store has dropped it already. */
async function expired(trial: Trial, changes: { owner?: string } = {}) {
  const session = await newSession(trial, { expiresAt: trial.now() + MINUTE, ...changes })
  trial.advance(MINUTE)
  return { ...session, time: trial.now(), live: { ...session.record, expiresAt: trial.now() + DAY } }
}

export const races: readonly Case[] = [
  needing('touch', 'touch', 'touch and update at the same time: the update stands as it was written', async (trial) => {
    await race(trial, {
      setup: () => newSession(trial),
      actors: {
        touch: ({ key, record, version }, store) => store.touch(key, record.expiresAt + DAY, version),
        update: ({ key, record, version }, store) => store.update(key, { ...record, data: 'changed' }, version),
      },
      async check({ key, record }, { update }) {
        sure(typeof update === 'string', 'an update of the current version did nothing, although a touch keeps the version.')
        sameRecord(await trial.store.read(key), { ...record, data: 'changed' }, 'after touch and update', update)
      },
    })
  }),
  needing('touch', 'touch', 'touch and delete at the same time: the record is gone', async (trial) => {
    await race(trial, {
      setup: () => newSession(trial),
      actors: {
        touch: ({ key, record, version }, store) => store.touch(key, record.expiresAt + DAY, version),
        remove: ({ key, version }, store) => store.delete(key, version),
      },
      async check({ key }, { remove }) {
        same(remove, true, 'delete of the current version gave')
        same(await trial.store.read(key), undefined, 'touch brought a deleted record back: read gave')
      },
    })
  }),
  needing('touch', 'touch', 'two touches at the same time: the later time stays', async (trial) => {
    await race(trial, {
      setup: () => newSession(trial),
      actors: {
        little: ({ key, record, version }, store) => store.touch(key, record.expiresAt + 1, version),
        much: ({ key, record, version }, store) => store.touch(key, record.expiresAt + DAY, version),
      },
      async check({ key, record, version }) {
        sameRecord(await trial.store.read(key), { ...record, expiresAt: record.expiresAt + DAY }, 'after two touches', version)
      },
    })
  }),
  needing('prune', 'prune', 'prune spares what was renewed while it ran', async (trial) => {
    await race(trial, {
      setup: () => expired(trial),
      actors: {
        prune: ({ time }, store) => store.prune(time, 100),
        renew: ({ key, live, version }, store) => store.update(key, live, version),
      },
      async check({ key, live, version }, { renew }) {
        if (typeof renew === 'string') sameRecord(await trial.store.read(key), live, 'after prune and a successful update', renew)
        else same(await trial.store.update(key, live, version), undefined, 'update of a pruned record gave')
      },
    })
  }),
  needing('prune', 'prune', 'prune spares what was touched while it ran', async (trial) => {
    await race(trial, {
      setup: () => expired(trial),
      actors: {
        prune: ({ time }, store) => store.prune(time, 100),
        touch: async ({ key, live, version }, store: Store) => store.touch?.(key, live.expiresAt, version),
      },
      async check({ key, live, version }, { touch }) {
        if (touch) sameRecord(await trial.store.read(key), live, 'after prune and a successful touch', version)
      },
    })
  }),
  needing('prune', 'prune', 'prune spares what was created anew while it ran', async (trial) => {
    await race(trial, {
      setup: () => expired(trial, { owner: newKey() }),
      actors: {
        prune: ({ time }, store) => store.prune(time, 100),
        renew: async ({ key, live, version }, store) => {
          await store.delete(key, version)
          return store.create(key, { ...live, owner: newKey() })
        },
      },
      async check({ key }, { renew }) {
        if (renew !== undefined)
          same((await trial.store.read(key))?.version, renew, 'after prune and a successful create, the version is')
      },
    })
  }),
  needing('list', 'list', 'list names a session that is there throughout while others come and go', async (trial) => {
    await race(trial, {
      setup: async () => ({ stays: [await newSession(trial), await newSession(trial)], leaves: await newSession(trial) }),
      actors: {
        list: (_, store) => allPages({ ...trial, store }, 2),
        move: async ({ leaves: { key, record, version } }, store) => {
          await store.delete(key, version)
          await store.create(newKey(), record)
        },
      },
      async check({ stays }, { list }) {
        for (const { key } of stays)
          sure(Array.isArray(list) && list.includes(key), 'list left out a key that was there throughout.')
        // The next round starts from an empty store again, so that its listing is as short.
        for (const key of await allPages(trial, 100)) {
          const found = await trial.store.read(key)
          if (found) await trial.store.delete(key, found.version)
        }
      },
    })
  }),
]
