// Whose sessions, and which: listByOwner and list.

import { can, type Found } from '../../stores/store.ts'
import {
  type Case,
  MINUTE,
  needing,
  newKey,
  newRecord,
  newSession,
  type Offering,
  same,
  sameKeys,
  sure,
  type Trial,
} from './trial.ts'

export const listings: readonly Case[] = [
  needing('listByOwner', 'owner', 'listByOwner names the sessions of this owner and no others', async (trial) => {
    const { store, second } = trial
    const owner = newKey().slice(0, 20)
    const others = [
      `${owner}a`,
      owner.slice(0, -1),
      `${owner}-`,
      `${owner}_`,
      `_${owner}`,
      owner.replace(/.$/, '_'),
      owner.replace(/./, '-'),
    ]
    const mine = await Promise.all([1, 2, 3].map(() => newSession(trial, { owner })))
    for (const other of others) await newSession(trial, { owner: other })
    await newSession(trial)
    for (const handle of [store, second]) {
      sameKeys(
        await handle.listByOwner(owner),
        mine.map(({ key }) => key),
        'the sessions of one owner of many are',
      )
    }
    for (const other of others) same((await store.listByOwner(other)).length, 1, 'the number of sessions of another owner is')
    sameKeys(await store.listByOwner(newKey()), [], 'the sessions of an owner nobody knows are')
  }),
  needing('listByOwner', 'owner', 'a session is listed until it is deleted, and no longer', async (trial) => {
    const { store } = trial
    const owner = newKey()
    const listed = async (keys: readonly string[], when: string) =>
      sameKeys(await store.listByOwner(owner), keys, `${when}, the sessions are`)
    const one = await newSession(trial, { owner })
    const two = await newSession(trial, { owner })
    const next = await store.update(one.key, { ...one.record, data: 'changed' }, one.version)
    await store.touch?.(one.key, one.record.expiresAt + MINUTE, next ?? '')
    await listed([one.key, two.key], 'after update and touch')
    await store.delete(one.key, one.version)
    await listed([one.key, two.key], 'after a delete of another version')
    await store.delete(one.key, next ?? '')
    await listed([two.key], 'after delete')
    await store.delete(two.key, two.version)
    await listed([], 'after the last delete')
    const again = await store.create(one.key, one.record)
    await listed([one.key], 'after the key was created again')
    await store.delete(one.key, again ?? '')
    const other = newKey()
    await store.create(one.key, { ...one.record, owner: other })
    await listed([], 'after the key was created again for another owner')
    sameKeys(await store.listByOwner(other), [one.key], 'the sessions of that other owner are')
  }),
  needing('listByOwner', 'owner', 'update does not move a session to another owner', async (trial) => {
    const { store } = trial
    const [owner, other] = [newKey(), newKey()]
    const { key, record, version } = await newSession(trial, { owner })
    const guest = await newSession(trial)
    await store.update(key, { ...record, owner: other }, version)
    await store.update(guest.key, { ...guest.record, owner: other }, guest.version)
    sameKeys(await store.listByOwner(owner), [key], 'the sessions of the owner are')
    sameKeys(await store.listByOwner(other), [], 'the sessions of the other owner are')
  }),
  needing('listByOwner', 'owner', 'a create that finds the key taken leaves the index as it was', async (trial) => {
    const { store } = trial
    const [owner, other] = [newKey(), newKey()]
    const { key, record } = await newSession(trial, { owner })
    same(await store.create(key, record), undefined, 'the same create again gave')
    sameKeys(await store.listByOwner(owner), [key], 'after the same create again, the sessions are')
    await store.create(key, { ...record, owner: other })
    sameKeys(await store.listByOwner(owner), [key], 'after a create for another owner, the sessions are')
    sameKeys(await store.listByOwner(other), [], 'the sessions of the owner whose create failed are')
  }),
  needing('prune', 'prune', 'prune takes pruned sessions off the index, and only those', async (trial) => {
    const { store } = trial
    if (!can(store, 'listByOwner')) return
    const owner = newKey()
    const time = trial.now() + MINUTE
    await newSession(trial, { owner, expiresAt: time })
    const live = await newSession(trial, { owner })
    trial.advance(MINUTE)
    await store.prune(time, 100)
    sameKeys(await store.listByOwner(owner), [live.key], 'after prune, the sessions are')
  }),
  needing('list', 'list', 'list names every session, a page at a time', async (trial) => {
    const keys: string[] = []
    for (let n = 0; n < 15; n++) keys.push((await newSession(trial, n % 2 ? { owner: newKey() } : {})).key)
    for (const limit of [1, 4, 15, 100]) {
      const listed = new Set(await allPages(trial, limit))
      for (const key of keys) sure(listed.has(key), `list in pages of ${limit} left a key out.`)
    }
  }),
  needing('list', 'list', 'list names a session that is there throughout, whatever happens to the others', async (trial) => {
    // Several times, because keys are random and so is who is skipped; every second time nothing new makes up for what left.
    for (let round = 0; round < 6; round++) await listWhileOthersMove(trial, round % 2 === 0)
  }),
  needing('list', 'list', 'list of a fresh store has one page, and it is empty', async (trial) => {
    const page = await trial.store.list(undefined, 10)
    sameKeys(page.keys, [], 'the keys are')
    same(page.next, undefined, 'the next page is')
    const { key, version } = await newSession(trial)
    await trial.store.delete(key, version)
    sameKeys(await allPages(trial, 10), [], 'after create and delete, the keys are')
  }),
  needing('list', 'list', 'list goes on behind a page whose keys are all gone', async (trial) => {
    const { store } = trial
    const sessions = new Map<string, string>()
    for (let n = 0; n < 9; n++) {
      const { key, version } = await newSession(trial)
      sessions.set(key, version)
    }
    await allPages(trial, 2, async (page) => {
      for (const key of page) sure(await store.delete(key, sessions.get(key) ?? ''), 'a listed key could not be deleted.')
    })
    same((await allPages(trial, 100)).length, 0, 'after deleting page by page, the number of keys left is')
    sure((await store.create(newKey(), newRecord(trial))) !== undefined, 'create did nothing.')
  }),
]

async function listWhileOthersMove(trial: Trial<Offering<'list'>>, creating: boolean): Promise<void> {
  const { store } = trial
  const stays = new Map<string, Found>()
  const leaves = new Map<string, Found>()
  for (let n = 0; n < 16; n++) {
    const session = await newSession(trial)
    const group = n % 2 ? stays : leaves
    group.set(session.key, session)
  }
  const listed = await allPages(trial, 3, async (page) => {
    for (const key of page) {
      const left = leaves.get(key)
      if (left) await store.delete(key, left.version)
      const stayed = stays.get(key)
      const version = stayed && (await store.update(key, { ...stayed.record, data: 'changed' }, stayed.version))
      if (stayed && version !== undefined) stays.set(key, { record: stayed.record, version })
    }
    if (!creating) return
    const created = await newSession(trial)
    leaves.set(created.key, created)
  })
  for (const key of stays.keys()) sure(listed.includes(key), 'list left out a key that was there throughout.')
  for (const key of await allPages(trial, 100)) {
    const found = await store.read(key)
    if (found) await store.delete(key, found.version)
  }
}

/** The keys of every page, and what happens between two pages. */
export async function allPages(
  { store, records }: { readonly store: Offering<'list'>; readonly records: number },
  limit: number,
  between: (page: readonly string[]) => Promise<void> = async () => {},
): Promise<string[]> {
  const all: string[] = []
  let after: string | undefined
  do {
    const { keys, next } = await store.list(after, limit)
    sure(keys.length <= limit, `list gave ${keys.length} keys for a limit of ${limit}.`)
    sure(next === undefined || next !== after, 'list gave the page it came from as the next one.')
    all.push(...keys)
    sure(all.length <= 1_000 + 2 * records, 'list never comes to an end.')
    await between(keys)
    after = next
  } while (after !== undefined)
  return all
}
