import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Miniflare, type MiniflareOptions } from 'miniflare'
import { rolldown } from 'rolldown'
import { SessionError } from '../../src/errors.ts'
import type { Store } from '../../src/stores/store.ts'
import type { Answer, Call } from '../children/worker-stores.ts'
import type { TriedStore } from '../stores/tried.ts'
import { freshName } from './engines.ts'

const WORKER = fileURLToPath(new URL('../children/worker-sessions.ts', import.meta.url))
const SECRET = 'jH4-kLpQ9_wErTyU2iOpAs7DfGhJ0zXcVbNm'

export interface Workerd {
  readonly runtime: Miniflare
  /** Where the Worker of test/children answers. */
  url(): Promise<URL>
  /** Ends the process and starts another one on the same data. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** Cloudflare's runtime on this machine, with the Worker of test/children and all that it is bound to. */
export async function startWorkerd(): Promise<Workerd> {
  const bundle = await rolldown({
    input: WORKER,
    platform: 'neutral',
    resolve: { mainFields: ['module', 'main'] },
    logLevel: 'silent',
  })
  const { output } = await bundle.generate({ format: 'esm', codeSplitting: false })
  await bundle.close()
  // Each write is brought to the disk, which takes its time; where there is one in memory, not.
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'coatcheck-workerd-'))
  const options: MiniflareOptions = {
    modules: [{ type: 'ESModule', path: 'worker.mjs', contents: output[0].code }],
    compatibilityDate: '2026-07-30',
    // Otherwise it would ask a server of Cloudflare what requests look like there.
    cf: false,
    bindings: { SECRET },
    d1Databases: ['DB'],
    d1Persist: join(folder, 'd1'),
    kvNamespaces: ['KV'],
    kvPersist: join(folder, 'kv'),
    durableObjects: {
      SESSIONS: { className: 'SessionObject', useSQLite: true },
      OLD: { className: 'OldObject', useSQLite: false },
      FAULTY: { className: 'FaultyObject', useSQLite: true },
    },
    durableObjectsPersist: join(folder, 'objects'),
  }
  const runtime = new Miniflare(options)
  await runtime.ready
  return {
    runtime,
    url: () => runtime.ready,
    restart: () => runtime.setOptions(options),
    async stop() {
      await runtime.dispose()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

type About = Pick<Store, 'consistency' | 'maxBytes'> & { readonly verbs: readonly string[] }

/** A store that runs in workerd, as it is seen from here: each call is one request. */
export async function storeIn(
  { url }: Workerd,
  { store, place }: Pick<Call, 'store' | 'place'>,
  now: () => number,
  count: (trips: number) => void = () => {},
): Promise<Store> {
  async function call(verb?: string, given?: readonly unknown[]): Promise<unknown> {
    const order: Call = { store, place, now: now(), ...(verb !== undefined && { verb }), ...(given && { given }) }
    const response = await fetch(new URL('/call', await url()), { method: 'POST', body: JSON.stringify(order) })
    const { value, trips, error } = (await response.json()) as Answer
    count(trips)
    if (error) throw Object.assign(new SessionError(error.code, ''), error)
    // JSON has no undefined in lists.
    return verb === 'readMany' ? (value as readonly unknown[]).map((each) => each ?? undefined) : value
  }
  const { verbs, ...about } = (await call()) as About
  const methods = verbs.map((verb) => [verb, (...given: unknown[]) => call(verb, given)] as const)
  return { ...about, ...Object.fromEntries(methods) } as unknown as Store
}

/** A store over a binding of a Worker. */
export function inWorkerd(name: string, store: Call['store']): TriedStore {
  return {
    name,
    async start() {
      const workerd = await startWorkerd()
      let sum = 0
      const open = (place: string, now: () => number): Promise<Store> =>
        storeIn(workerd, { store, place }, now, (trips) => {
          sum += trips
        })
      return {
        trips() {
          const trips = sum
          sum = 0
          return trips
        },
        async open({ now }) {
          const place = freshName()
          const opened = await open(place, now)
          await opened.migrate?.()
          return { store: opened, reopen: (tools) => open(place, tools.now) }
        },
        stop: () => workerd.stop(),
      }
    },
  }
}
