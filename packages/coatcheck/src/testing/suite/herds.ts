// Many callers at one record: exactly one of them wins.

import type { Found, Store } from '../../stores/store.ts'
import { race } from './race.ts'
import { type Case, newKey, newRecord, newSession, same, sameKeys, sameRecord, sure, type Trial } from './trial.ts'

const HERD = 50

/** The answers of many calls, started at once, on both handles by turns. */
function herd<T>({ store, second }: Trial, act: (store: Store, nth: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: HERD }, (_, nth) => act(nth % 2 ? second : store, nth)))
}

/** Which of the answers are a success. */
function winners(answers: readonly unknown[]): number[] {
  return answers.flatMap((answer, nth) => (answer === undefined || answer === false ? [] : [nth]))
}

function onlyOne(answers: readonly unknown[], what: string): number {
  const [winner, ...others] = winners(answers)
  sure(
    winner !== undefined && others.length === 0,
    `of ${answers.length} ${what} at once, ${others.length + (winner === undefined ? 0 : 1)} succeeded.`,
  )
  return winner
}

/** Reads and updates until an update finds the version that was read; the version it wrote. */
async function write(store: Store, key: string, data: (found: Found) => string): Promise<string> {
  for (let tries = 0; tries < 5_000; tries++) {
    const found = await store.read(key)
    sure(found !== undefined, 'the record is gone while it is written.')
    const version = await store.update(key, { ...found.record, data: data(found) }, found.version)
    if (version !== undefined) return version
  }
  throw new Error('5000 updates in a row, each of the version just read, did nothing.')
}

export const herds: readonly Case[] = [
  {
    name: 'of 50 creates of one key at once, one wins',
    guarantee: 'one',
    async test(trial) {
      for (let round = 0; round < 5; round++) {
        const key = newKey()
        const records = Array.from({ length: HERD }, (_, nth) => newRecord(trial, { data: `${nth}`, owner: newKey() }))
        const answers = await herd(trial, (store, nth) => store.create(key, records[nth] ?? newRecord(trial)))
        const winner = onlyOne(answers, 'creates')
        sameRecord(await trial.store.read(key), records[winner] ?? newRecord(trial), 'after the creates', answers[winner])
      }
    },
  },
  {
    name: 'of 50 updates of one version at once, one wins, round after round',
    guarantee: 'one',
    async test(trial) {
      let { key, record, version } = await newSession(trial)
      for (let round = 0; round < 10; round++) {
        const answers = await herd(trial, (store, nth) => store.update(key, { ...record, data: `${round} ${nth}` }, version))
        const winner = onlyOne(answers, 'updates')
        version = answers[winner] ?? ''
        sameRecord(await trial.second.read(key), { ...record, data: `${round} ${winner}` }, 'after the updates', version)
      }
    },
  },
  {
    name: 'of 50 deletes of one version at once, one wins',
    guarantee: 'one',
    async test(trial) {
      for (let round = 0; round < 5; round++) {
        const { key, version } = await newSession(trial, { owner: newKey() })
        onlyOne(await herd(trial, (store) => store.delete(key, version)), 'deletes')
        same(await trial.store.read(key), undefined, 'after the deletes, read gave')
      }
    },
  },
  {
    name: 'of 25 updates and 25 deletes of one version at once, one wins',
    guarantee: 'one',
    async test(trial) {
      for (let round = 0; round < 10; round++) {
        const { key, record, version } = await newSession(trial)
        const answers = await herd<unknown>(trial, (store, nth) =>
          (nth + round) % 4 < 2 ? store.delete(key, version) : store.update(key, record, version),
        )
        const won = answers[onlyOne(answers, 'updates and deletes')]
        same((await trial.store.read(key))?.version, won === true ? undefined : won, 'after updates and deletes, the version is')
      }
    },
  },
  {
    name: 'no increment is lost when 8 callers count together',
    guarantee: 'one',
    async test(trial) {
      const { key } = await newSession(trial, { data: '0' })
      const count = async (store: Store): Promise<void> => {
        for (let done = 0; done < 12; done++) {
          await write(store, key, ({ record: { data } }) => `${Number(data) + 1}`)
        }
      }
      await Promise.all(Array.from({ length: 8 }, (_, nth) => count(nth % 2 ? trial.second : trial.store)))
      let counted = ''
      // Only what can be replaced was read fresh.
      await write(trial.store, key, ({ record: { data } }) => {
        counted = data
        return data
      })
      same(counted, `${8 * 12}`, 'after 8 times 12 increments, the count is')
    },
  },
  {
    name: 'update returns the version it wrote, not one that another wrote after it',
    guarantee: 'one',
    async test(trial) {
      await race(trial, {
        setup: () => newSession(trial),
        actors: {
          one: ({ key }, store) => write(store, key, () => 'one'),
          two: ({ key }, store) => write(store, key, () => 'two'),
        },
        async check({ key }, { one, two }) {
          sure(one !== two, 'two updates returned the same version.')
          const found = await trial.store.read(key)
          same(found?.version, found?.record.data === 'one' ? one : two, 'the version returned by the update that came last is')
        },
      })
    },
  },
  {
    name: 'a create at the same time as an update or a delete brings back nothing old',
    guarantee: 'ended',
    async test(trial) {
      await race(trial, {
        setup: () => newSession(trial, { data: 'old' }),
        actors: {
          create: ({ key, record }, store) => store.create(key, { ...record, data: 'new' }),
          update: ({ key, record, version }, store) => store.update(key, { ...record, data: 'changed' }, version),
          remove: ({ key, version }, store) => store.delete(key, version),
        },
        async check({ key }, { create, update, remove }) {
          sure((update !== undefined) !== remove, 'an update and a delete of one version must not both succeed, nor both fail.')
          const expected = create !== undefined ? ['new', create] : remove ? [] : ['changed', update]
          const found = await trial.store.read(key)
          sameKeys(found ? [found.record.data, found.version] : [], expected.map(String), 'data and version are')
        },
      })
    },
  },
]
