import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeFolder, removeFolder } from '../../../../scripts/engine-process.ts'
import { denoBinary } from '../../../../scripts/runtime-engines.ts'
import { DENO_CHILD, DENO_FLAGS, type DenoProcess, startDeno } from '../../test/helpers/deno.ts'
import { records } from '../../test/helpers/depth.ts'
import { freshName } from '../../test/helpers/engines.ts'
import { outlives } from '../../test/helpers/faults.ts'
import { TRIED } from '../../test/stores/deno-kv.ts'
import type { TriedEngine } from '../../test/stores/tried.ts'
import { storeSuite } from '../testing/store-suite.ts'
import { type DenoKv, type DenoKvList, denoKvStore } from './deno-kv.ts'
import type { SessionRecord, Store } from './store.ts'

// The store runs in Deno, on the Deno KV that Deno has built in. Its verbs are called from here.

describe.each(TRIED.map((tried) => [tried.name, tried] as const))('%s', (_, { start }) => {
  let engine: TriedEngine
  beforeAll(async () => {
    engine = await start()
  })
  afterAll(() => engine.stop())

  storeSuite({ it, records, open: (tools) => engine.open(tools), expect: ['listByOwner', 'list'] })
})

const now = Date.now()
const record = (changes: Partial<SessionRecord> = {}): SessionRecord => ({
  data: 'cart',
  createdAt: now,
  endsAt: now + 120_000,
  expiresAt: now + 60_000,
  ...changes,
})

describe('denoKvStore', () => {
  it('takes what `Deno.openKv()` gives, says Deno’s own compiler', async () => {
    await promisify(execFile)(denoBinary(), ['check', ...DENO_FLAGS, DENO_CHILD])
  })

  it('takes no prefix that is no name, and nothing that is no Deno KV', () => {
    const kv = recording()
    for (const prefix of ['', 'x'.repeat(101), '\ud800', 7])
      expect(() => denoKvStore(kv, { prefix } as object)).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
    for (const one of [undefined, null, {}, { ...kv, atomic: undefined }])
      expect(() => denoKvStore(one as DenoKv)).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
  })

  it('leaves it to Deno KV to remove what is over, a minute after that by the application’s clock', async () => {
    const told: unknown[] = []
    const store = denoKvStore(recording(told), { now: () => now })
    await store.create('key', record({ owner: 'ada' }))
    expect(told).toEqual([
      ['coatcheck', 's', 'key', { expireIn: 120_000 }],
      ['coatcheck', 'o', 'ada', 'key', { expireIn: 180_000 }],
    ])
    told.length = 0
    await store.create('over', record({ expiresAt: now - 5_000 }))
    await store.create('fraction', record({ expiresAt: now + 0.5 }))
    await store.create('for-ever', record({ expiresAt: 9e15 }))
    expect(told).toEqual([
      ['coatcheck', 's', 'over', { expireIn: 60_000 }],
      ['coatcheck', 's', 'fraction', { expireIn: 60_001 }],
      ['coatcheck', 's', 'for-ever', {}],
    ])
  })

  it('tells what is not its own', async () => {
    const store = denoKvStore({ ...recording(), get: async () => ({ value: { data: 'text' }, versionstamp: '0'.repeat(20) }) })
    await expect(store.read('key')).rejects.toMatchObject({ code: 'DAMAGED_RECORD' })
  })
})

/** Writes down what it is told to keep, and how long. */
function recording(told: unknown[] = []): DenoKv {
  const nothing: DenoKvList = Object.assign((async function* () {})(), { cursor: '' })
  return {
    get: async () => ({ value: null, versionstamp: null }),
    list: () => nothing,
    atomic() {
      const operation = {
        check: () => operation,
        delete: () => operation,
        set(key: readonly string[], _value: unknown, options: object) {
          told.push([...key, options])
          return operation
        },
        commit: async () => ({ ok: true as const, versionstamp: '0'.repeat(20) }),
      }
      return operation as unknown as ReturnType<DenoKv['atomic']>
    },
  }
}

describe('two processes of Deno that share a file', () => {
  const folder = makeFolder('deno-kv')
  const path = join(folder, 'kv.sqlite')
  let one: DenoProcess
  let other: DenoProcess
  beforeAll(async () => {
    one = await startDeno(path)
    other = await startDeno(path)
  })
  afterAll(async () => {
    await one.stop()
    await other.stop()
    removeFolder(folder)
  })
  const handle = (process: DenoProcess, prefix: string): Store => process.store(prefix, 'handle', { now: Date.now })

  async function append(store: Store, token: string): Promise<void> {
    for (;;) {
      const found = await store.read('shared')
      if (!found) throw new Error('The shared record is gone.')
      const data = `${found.record.data} ${token}`
      if (await store.update('shared', { ...found.record, data }, found.version)) return
    }
  }
  const tokensIn = async (store: Store): Promise<string[]> => (await store.read('shared'))?.record.data.split(' ').slice(1) ?? []

  it('lose nothing that either of them wrote', async () => {
    const prefix = freshName()
    await handle(one, prefix).create('shared', record())
    const writers = [one, other].flatMap((process, nth) =>
      Array.from({ length: 4 }, async (_, writer) => {
        const store = handle(process, prefix)
        for (let n = 0; n < 20; n++) await append(store, `${nth}.${writer}.${n}`)
      }),
    )
    await Promise.all(writers)
    const tokens = await tokensIn(handle(one, prefix))
    expect([tokens.length, new Set(tokens).size]).toEqual([160, 160])
  })

  it('fault: Deno KV | one of two processes on a file is killed while both write | its calls fail | all that was acknowledged is there, once', async () => {
    const prefix = freshName()
    const mortal = await startDeno(path)
    await handle(one, prefix).create('shared', record())
    const acknowledged: string[] = []
    const write = async (process: DenoProcess, name: string): Promise<void> => {
      for (let n = 0; n < 60; n++) {
        await append(handle(process, prefix), `${name}.${n}`)
        acknowledged.push(`${name}.${n}`)
        if (name === 'mortal' && n === 15) void mortal.kill()
      }
    }
    const [survivor, victim] = await Promise.allSettled([write(one, 'survivor'), write(mortal, 'mortal')])
    await mortal.kill()
    expect([survivor.status, victim.status]).toEqual(['fulfilled', 'rejected'])
    const tokens = await tokensIn(handle(other, prefix))
    expect(tokens).toEqual(expect.arrayContaining(acknowledged))
    expect(new Set(tokens).size).toBe(tokens.length)
  })

  it('fault: Deno KV | somebody holds the file | STORE_FAILED for writes, after 1.5 seconds | goes on where it was', async () => {
    const holder = new DatabaseSync(path)
    await outlives(handle(one, freshName()), {
      strike: () => holder.exec('BEGIN IMMEDIATE'),
      heal: () => holder.exec('ROLLBACK'),
      says: /locked/,
    })
    holder.close()
  })
})
