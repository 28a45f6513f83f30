import type * as crossing from '../../src/stores/moving/crossing.ts'
import type { Found, SessionRecord, Store } from '../../src/stores/store.ts'
import type * as moving from '../../src/stores/wrapping/moving.ts'
import type { Exploration } from '../../src/testing/interleave.ts'
import { type Scheduler, stepped } from '../../src/testing/interleave.ts'
import { isLinearizable, type Op } from './linearizable.ts'

/** The code that is tried; a mutant brings its own. */
export interface Tried {
  readonly movingStore: typeof moving.movingStore
  readonly moveStore: typeof moving.moveStore
  readonly Crossing: typeof crossing.Crossing
}

/** What a process has for a store. `old` and `new` know of no move. */
export type Kind = 'old' | 'prepare' | 'move' | 'new'
/** What an actor does with the one record: write it, write it again by the version that this gave, end it, make it, make it and write it, look twice, look at its owner's list. `mover`: bring it over. */
export type Deed = 'writes' | 'rewrites' | 'ends' | 'creates' | 'begins' | 'reads' | 'lists'
export type Actor = `${Kind} ${Deed}` | 'mover'
/** Where the record is. `claimed`: a process died when it had claimed it; `arriving`: when it had taken the key in the new store as well. */
export type Start = 'nowhere' | 'from' | 'to' | 'claimed' | 'arriving' | 'arrived'

const KEY = 'k'
const OWNER = 'o'
const NOW = Date.parse('2096-11-21T08:00:00Z')
const HOUR = 3_600_000

/** Names and times by which each text has its own times, so that a mix of two records is seen. */
let texts = 0
function recordOf(data: string): SessionRecord {
  const [maker = '', write = ''] = data.split('/')
  const createdAt = NOW + maker.length
  return { data, owner: OWNER, createdAt, endsAt: createdAt + 9 * HOUR, expiresAt: NOW + HOUR + Number(write) }
}

/** A table, as small as can be: each call is one step. */
export function table(): Store & { readonly rows: Map<string, Found> } {
  const rows = new Map<string, Found>()
  let versions = 0
  const put = (key: string, record: SessionRecord): string => {
    const version = `v${++versions}`
    rows.set(key, { record, version })
    return version
  }
  return {
    rows,
    read: async (key) => rows.get(key),
    create: async (key, record) => (rows.has(key) ? undefined : put(key, record)),
    async update(key, { data, expiresAt }, version) {
      const found = rows.get(key)
      return found?.version === version ? put(key, { ...found.record, data, expiresAt }) : undefined
    },
    delete: async (key, version) => rows.get(key)?.version === version && rows.delete(key),
    listByOwner: async (owner) => [...rows].flatMap(([key, { record }]) => (record.owner === owner ? [key] : [])),
    list: async () => ({ keys: [...rows.keys()] }),
  }
}

const isMark = ({ record }: Found): boolean => record.data.startsWith('{"format":1000000')

interface World {
  readonly from: ReturnType<typeof table>
  readonly to: ReturnType<typeof table>
  readonly scheduler: Scheduler
  readonly ops: Op[]
  time: number
}

/** A store whose calls are written into the history. */
class Historian {
  readonly #store: Store
  readonly #world: World
  /** The one store that it knows. */
  readonly #only: 'from' | 'to' | undefined
  readonly #contents = new Map<string, string>()

  constructor(world: World, store: Store, kind: Kind = 'move') {
    this.#store = store
    this.#world = world
    this.#only = kind === 'old' ? 'from' : kind === 'new' ? 'to' : undefined
  }

  async #told<T>(op: Omit<Op, 'began'>, act: () => Promise<T>, tell: (result: T) => Partial<Op> | 'refused'): Promise<T> {
    const entry: Op = { ...op, began: this.#world.time++ }
    this.#world.ops.push(entry)
    const result = await act()
    const told = tell(result)
    if (told === 'refused') this.#world.ops.splice(this.#world.ops.indexOf(entry), 1)
    else Object.assign(entry, told, { ended: this.#world.time++ })
    return result
  }

  #meetsMark(): boolean {
    const found = this.#only && this.#world[this.#only].rows.get(KEY)
    return !!found && isMark(found)
  }

  read(): Promise<Found | undefined> {
    return this.#told(
      { call: 'read' },
      () => this.#store.read(KEY),
      (found) => {
        if (found && isMark(found)) {
          if (this.#only === undefined) throw new Error(`a mark was shown: ${found.record.data}`)
          return 'refused'
        }
        if (found) {
          const { keepUntil: _, ...record } = found.record
          const whole = recordOf(record.data)
          if (JSON.stringify(Object.entries(record).sort()) !== JSON.stringify(Object.entries(whole).sort()))
            throw new Error(`two records were mixed: ${JSON.stringify(record)}`)
          this.#contents.set(found.version, record.data)
        }
        return { found: found?.record.data }
      },
    )
  }

  async create(data: string): Promise<string | undefined> {
    return this.#told(
      { call: 'create', data },
      async () => {
        const version = await this.#store.create(KEY, recordOf(data))
        if (version !== undefined) this.#contents.set(version, data)
        return version
      },
      // Who knows of no move is told that a key is taken whose record is just being made, and cannot read it: it fails.
      (version) => (version === undefined && this.#meetsMark() ? 'refused' : { done: version !== undefined }),
    )
  }

  update(data: string, version: string): Promise<string | undefined> {
    const base = this.#contents.get(version)
    return this.#told(
      { call: 'update', data, ...(base !== undefined && { base }) },
      async () => {
        const next = await this.#store.update(KEY, recordOf(data), version)
        if (next !== undefined) this.#contents.set(next, data)
        return next
      },
      (next) => ({ done: next !== undefined }),
    )
  }

  delete(version: string): Promise<boolean> {
    const base = this.#contents.get(version)
    return this.#told(
      { call: 'delete', ...(base !== undefined && { base }) },
      () => this.#store.delete(KEY, version),
      (done) => ({ done }),
    )
  }

  /** Not in a list: there was a moment at which it was not there. */
  list(): Promise<readonly string[]> {
    return this.#told(
      { call: 'read' },
      async () => (await this.#store.listByOwner?.(OWNER)) ?? [],
      (keys) => (keys.includes(KEY) ? 'refused' : { found: undefined }),
    )
  }
}

async function act(deed: Deed, name: string, store: Historian, isBlind: boolean): Promise<void> {
  const maker = `${name}-`
  let count = 0
  const text = (found?: Found): string => {
    const [by = ''] = found ? found.record.data.split('/') : [maker]
    return `${by}/${++texts}/${name}${++count}`
  }
  const write = async (): Promise<void> => {
    for (;;) {
      const found = await store.read()
      if (!found || isMark(found)) return
      if ((await store.update(text(found), found.version)) !== undefined) return
    }
  }
  switch (deed) {
    case 'writes':
      return write()
    case 'rewrites': {
      const found = await store.read()
      if (!found || isMark(found)) return
      const version = await store.update(text(found), found.version)
      return version === undefined ? undefined : void (await store.update(text(found), version))
    }
    case 'reads':
      await store.read()
      return void (await store.read())
    case 'lists':
      return void (await store.list())
    case 'creates':
      return void (await store.create(text()))
    case 'begins': {
      const data = text()
      const version = await store.create(data)
      if (version === undefined) return isBlind ? undefined : write()
      const [by] = data.split('/')
      const next = await store.update(`${by}/${++texts}/${name}${++count}`, version)
      return next === undefined ? write() : undefined
    }
    case 'ends':
      for (;;) {
        const found = await store.read()
        if (!found || isMark(found) || (await store.delete(found.version))) return
      }
  }
}

export interface Scenario {
  readonly start: Start
  readonly actors: readonly Actor[]
  /** Answers may be lost and calls doubled: what says that nothing was done may have done it. */
  readonly isDoubled?: boolean
}

/** Every order of the steps of these actors; in the end everything is moved, and read by a process that knows only the new store. */
export function movings(
  { movingStore, moveStore, Crossing }: Tried,
  { start, actors, isDoubled = false }: Scenario,
): Exploration<World> {
  const name = (actor: Actor, nth: number): string => `${actor.replace(' ', '-')}-${nth}`
  const storeOf = (kind: Kind, from: Store, to: Store): Store =>
    kind === 'old' ? from : kind === 'new' ? to : movingStore({ from, to, step: kind })
  const open = (kind: Kind, { from, to, scheduler }: World, process: string): Store => {
    const tell = (store: Store, which: string): Store =>
      stepped(store, { step: (by, call, run) => scheduler.step(by, `${which}.${call}`, run) }, process)
    return storeOf(kind, tell(from, 'from'), tell(to, 'to'))
  }
  return {
    async setup(scheduler) {
      texts = 0
      const world: World = { from: table(), to: table(), scheduler, ops: [], time: 0 }
      const { from, to, ops } = world
      const first = recordOf('first/0')
      if (start !== 'nowhere') {
        ops.push({ call: 'create', data: 'first/0', began: world.time++, ended: world.time++, done: true })
        const place = start === 'to' ? to : from
        const version = (await place.create(KEY, first)) ?? ''
        if (start === 'claimed' || start === 'arriving' || start === 'arrived') {
          // Dies after so many writes: the claim; the key; the record.
          let writes = { claimed: 1, arriving: 2, arrived: 3 }[start]
          const dying = (store: Store): Store =>
            stepped(
              store,
              {
                step: (_, call, run) =>
                  ['create', 'update', 'delete'].includes(call) && writes-- <= 0
                    ? new Promise<never>(() => {})
                    : (async () => run())(),
              },
              'dead',
            )
          void new Crossing(dying(from), dying(to)).move(KEY, () => undefined)
          await new Promise((resolve) => setImmediate(resolve))
          if (from.rows.get(KEY)?.version === version) throw new Error('nothing was claimed')
        }
      }
      return world
    },
    actors: Object.fromEntries(
      actors.map((actor, nth) => {
        const who = name(actor, nth)
        return [
          who,
          async (world: World) => {
            if (actor === 'mover') {
              const { from, to, scheduler } = world
              const tell = (store: Store, which: string): Store =>
                stepped(store, { step: (by, call, run) => scheduler.step(by, `${which}.${call}`, run) }, who)
              await new Crossing(tell(from, 'from'), tell(to, 'to')).move(KEY, () => undefined)
              return
            }
            const [kind, deed] = actor.split(' ') as [Kind, Deed]
            await act(deed, who, new Historian(world, open(kind, world, who), kind), kind === 'new' || kind === 'old')
          },
        ]
      }),
    ),
    async check(world) {
      const { from, to } = world
      const { read } = new Historian(world, storeOf('move', from, to))
      const reader = new Historian(world, storeOf('move', from, to))
      void read
      await reader.read()
      if (actors.every((actor) => !actor.startsWith('old'))) {
        let at = NOW
        await moveStore({ from, to, now: () => (at += 40_000), sleep: async () => {} })
        if (from.rows.size > 0) throw new Error(`left behind: ${[...from.rows.values()].map(({ record }) => record.data)}`)
        const [left] = [...to.rows.values()].filter(isMark)
        if (left) throw new Error(`a mark was left: ${left.record.data}`)
        await new Historian(world, to).read()
      }
      const wrong = isLinearizable(world.ops, isDoubled)
      if (wrong) throw new Error(wrong)
    },
  }
}
