import fs from 'unstorage/drivers/fs'
import memory from 'unstorage/drivers/memory'
import redis from 'unstorage/drivers/redis'
import { makeFolder, removeFolder } from '../../../../scripts/engine-process.ts'
import { startRedis } from '../../../../scripts/engine-servers.ts'
import { type UnstorageLike, unstorageStore } from '../../src/stores/wrapping/unstorage.ts'
import { counted } from '../helpers/counted.ts'
import { startOrTake } from '../helpers/engines.ts'
import { inside } from '../helpers/inside.ts'
import { over } from '../helpers/over.ts'
import type { TriedStore } from './tried.ts'

const USED = ['getItem', 'setItem', 'removeItem', 'getKeys'] as const
let trips = (): number => 0

/** A driver whose calls are counted; the last one made is asked for them. */
function watched(driver: UnstorageLike): UnstorageLike {
  const { client, trips: calls } = counted(driver, ...USED)
  trips = calls
  return client
}

/** Both handles are on one driver: what the store promises, it promises within one process. */
const local = (name: string, open: () => { driver: UnstorageLike; close?(): void }): TriedStore =>
  inside(
    name,
    () => {
      const { driver, close } = open()
      const backend = watched(driver)
      return { handle: ({ now }) => unstorageStore(backend, { now }), ...(close && { close }) }
    },
    () => trips(),
  )

export const TRIED: readonly TriedStore[] = [
  local('unstorage, memory', () => ({ driver: memory() })),
  local('unstorage, fs', () => {
    const base = makeFolder('unstorage')
    return { driver: fs({ base, noClear: true }), close: () => removeFolder(base) }
  }),
  over<UnstorageLike>({
    name: 'unstorage, redis',
    engine: 'redis',
    start: () => startOrTake('redis', startRedis),
    connect(url) {
      const driver = redis({ url })
      return { client: driver, close: () => driver.dispose?.() }
    },
    store: (driver, prefix, tools) => unstorageStore(driver, { now: tools.now, prefix }),
  }),
]
