// What a request costs besides time. In a process of its own, since counting slows what is timed:
// node --min-semi-space-size=256 --max-semi-space-size=256 bench/counts.ts '{"peers":["hono"],"urls":{},"requests":50}' prints JSON.
import { createHook } from 'node:async_hooks'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { countLost, inTurn, SOME_COOKIE, tryOut, visitorsOf } from './browser.ts'
import { loadGroups } from './groups.ts'
import { counting } from './session.ts'
import type { Group, Setting, Tools, Visit } from './setting.ts'

/** Of one request that counts a visit. */
export interface Counts {
  /** Kilobytes of the heap over the handler without a session. */
  readonly allocatedKb: number
  /** Promises that were made, over the same. */
  readonly promises: number
  /** Calls of the store, or of its client. `null` where there is no store, or none that can be wrapped. */
  readonly trips: number | null
  readonly lost: number
}

export interface CountsOrder {
  readonly peers: readonly string[]
  readonly urls: Tools['urls']
  /** Requests of each row. */
  readonly requests: number
}

/** Collects what nobody uses any more. */
export function collector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc')
}

/** The young generation holds all that is made between two looks, so that nothing is collected in between. */
export const FLAGS: readonly string[] = ['--min-semi-space-size=256', '--max-semi-space-size=256']

let made = 0
const hook = createHook({
  init(_, type) {
    if (type === 'PROMISE') made++
  },
})

interface Cost {
  readonly bytes: number
  readonly promises: number
}

async function costOf(visit: Visit, cookies: readonly string[]): Promise<Cost> {
  const collect = collector()
  const visitNext = inTurn(visit, cookies)
  const run = async (): Promise<void> => {
    for (const _ of cookies) await visitNext()
  }
  // Until the compiler has done its part.
  for (let n = 0; n < 4; n++) await run()
  collect()
  const before = process.memoryUsage().heapUsed
  await run()
  const bytes = (process.memoryUsage().heapUsed - before) / cookies.length
  made = 0
  hook.enable()
  await run()
  hook.disable()
  return { bytes, promises: made / cookies.length }
}

async function countOne(setting: Setting, bare: Cost, tools: Tools, requests: number): Promise<Counts> {
  const plain = await setting.open(tools)
  const cost = await costOf(await plain.visit(counting), await visitorsOf(plain, requests))
  await plain.close?.()
  const seen = await setting.open({ ...tools, counts: true })
  await tryOut(setting.name, seen)
  const [cookie] = await visitorsOf(seen, 1)
  const visit = await seen.visit(counting)
  await visit(cookie)
  seen.trips?.()
  await visit(cookie)
  const trips = seen.trips?.() ?? null
  const lost = await countLost(seen)
  await seen.close?.()
  return { allocatedKb: (cost.bytes - bare.bytes) / 1000, promises: Math.round(cost.promises - bare.promises), trips, lost }
}

/** Of every setting that can be opened here, by its name. */
export async function countAll(
  groups: readonly Group[],
  { urls, requests }: Omit<CountsOrder, 'peers'>,
): Promise<Record<string, Counts>> {
  const folder = mkdtempSync(join(tmpdir(), 'coatcheck-bench-'))
  try {
    const bare = new Map<string, Cost>()
    const cookies = Array.from({ length: requests }, () => SOME_COOKIE)
    for (const group of groups)
      for (const [name, open] of Object.entries(group.bare)) bare.set(name, await costOf(await open(), cookies))
    const counts: Record<string, Counts> = {}
    for (const setting of groups.flatMap(({ settings }) => settings)) {
      if (setting.needs && !urls[setting.needs]) continue
      const over = bare.get(setting.over)
      if (!over) throw new Error(`${setting.name} is to be compared with ${setting.over}, which is not there.`)
      counts[setting.name] = await countOne(setting, over, { folder, urls }, requests)
    }
    return counts
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  const { peers, ...order } = JSON.parse(process.argv[2] ?? '{}') as CountsOrder
  console.log(JSON.stringify(await countAll(await loadGroups(peers), order)))
  process.exit()
}
