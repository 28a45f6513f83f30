import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bounded, records } from '../../test/helpers/depth.ts'
import { storeSuite } from '../testing/store-suite.ts'
import { type FileStore, fileStore } from './file.ts'
import { type SqliteStore, sqliteStore } from './sqlite.ts'
import type { SessionRecord } from './store.ts'

const CHILD = fileURLToPath(new URL('../../test/children/store-process.ts', import.meta.url))
const KILLS = bounded(208, 104)
const AT_ONCE = 4

const record = (data: string): SessionRecord => ({ data, owner: 'ada', createdAt: 1, endsAt: 9e12, expiresAt: 9e12 })
const nobodyYet = record(JSON.stringify({ count: 0, tokens: [] }))

/** Most appends to the shared record in one life, so that the record stays small. */
const APPENDS = '20'

let directory: string
let compiled: string
const children = new Set<ChildProcess>()

beforeAll(async () => {
  compiled = await mkdtemp(join(tmpdir(), 'coatcheck-compiled-'))
  directory = compiled
  // Only a process that ends by itself leaves what it compiled, and the others start in a third of the time.
  expect(await once(start('file', join(compiled, 'sessions'), 'first', 'append', '0'), 'exit')).toEqual([0, null])
})
afterAll(() => rm(compiled, { recursive: true, force: true }))

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'coatcheck-'))
})
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  children.clear()
  await rm(directory, { recursive: true, force: true })
})

function start(kind: string, path: string, ...args: string[]): ChildProcess {
  const env = { ...process.env, NODE_COMPILE_CACHE: compiled }
  const child = spawn(process.execPath, [CHILD, kind, path, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  children.add(child)
  return child
}

interface Shared {
  readonly count: number
  readonly tokens: readonly string[]
}

async function shared(store: FileStore | SqliteStore): Promise<Shared> {
  return JSON.parse((await store.read('shared'))?.record.data ?? '{}')
}

/** What one process said about a key: the last thing acknowledged, and what it was about to do when it died. */
interface Said {
  acked: string
  tried: string
}

interface Life {
  readonly said: Map<string, Said>
  readonly tokens: string[]
  pending: string | undefined
}

/** Lets a process write until a moment nobody chose, kills it, and gives back what it had said. */
async function liveAndDie(kind: string, path: string, name: string): Promise<Life> {
  const child = start(kind, path, name, 'write', APPENDS)
  const exit = once(child, 'exit')
  const life: Life = { said: new Map(), tokens: [], pending: undefined }
  let kill: (() => void) | undefined
  const lines = createInterface({ input: child.stdout as NonNullable<typeof child.stdout> })
  lines.on('line', (line) => {
    const [verb, key = '', word = ''] = line.split(' ')
    if (key === 'shared') {
      if (verb === 'ack') life.tokens.push(word)
      life.pending = verb === 'try' ? word : undefined
    } else {
      const said = life.said.get(key) ?? { acked: 'nothing', tried: 'nothing' }
      if (verb === 'ack') said.acked = word
      else said.tried = word
      life.said.set(key, said)
    }
    kill ??= () => child.kill('SIGKILL')
  })
  const ended = once(lines, 'close')
  while (kill === undefined) await Promise.race([once(lines, 'line'), exit])
  await setTimeout(Math.random() * 25)
  kill()
  const [, signal] = await exit
  expect(signal).toBe('SIGKILL')
  await ended
  children.delete(child)
  return life
}

const stores = {
  file: {
    open: () => fileStore({ directory: join(directory, 'sessions') }),
    path: () => join(directory, 'sessions'),
    suite: { records: 1_000, expect: ['list', 'listByOwner', 'prune', 'migrate'] },
  },
  sqlite: {
    open: () => sqliteStore({ path: join(directory, 'sessions.sqlite'), busyTimeout: 600_000 }),
    path: () => join(directory, 'sessions.sqlite'),
    suite: { records: 10_000, expect: ['touch', 'list', 'listByOwner', 'prune', 'migrate', 'close'] },
  },
} as const

describe.each(['file', 'sqlite'] as const)('several processes on one %s store', (kind) => {
  const { open, path, suite } = stores[kind]

  storeSuite({ ...suite, it, records, open: () => ({ store: open(), reopen: open }) })

  it('lose none of 4 times 250 parallel increments and appends', async () => {
    const store = open()
    await store.create('shared', nobodyYet)
    const names = ['a', 'b', 'c', 'd']
    const exits = await Promise.all(names.map(async (name) => once(start(kind, path(), name, 'append', '250'), 'exit')))
    expect(exits).toEqual(names.map(() => [0, null]))
    const { count, tokens } = await shared(store)
    expect(count).toBe(1000)
    for (const name of names) {
      const mine = tokens.filter((token) => token.startsWith(`${name}.`))
      expect(mine).toEqual(Array.from({ length: 250 }, (_, n) => `${name}.${n}`))
    }
    await store.close?.()
  })

  it('make one store out of nothing when they all come at once', async () => {
    const names = Array.from({ length: 8 }, (_, n) => `p${n}`)
    const processes = names.map((name) => start(kind, path(), name, 'append', '0'))
    const exits = await Promise.all(processes.map((child) => once(child, 'exit')))
    expect(exits).toEqual(names.map(() => [0, null]))
  })

  it(`leave each record as it was or as it was to be when ${KILLS} of them are killed while they write`, async () => {
    const store = open()
    await store.create('shared', nobodyYet)
    const acked: string[] = []
    const unknown: string[] = []

    let failed = false
    const slot = async (slot: number): Promise<void> => {
      for (let n = 0; n < KILLS / AT_ONCE && !failed; n++) {
        const life = await liveAndDie(kind, path(), `${slot}-${n}`)
        acked.push(...life.tokens)
        if (life.pending !== undefined) unknown.push(life.pending)
        const listed = await store.listByOwner('ada')
        for (const [key, { acked, tried }] of life.said) {
          const found = await store.read(key)
          const word = found?.record.data.split(' ', 1)[0] ?? 'nothing'
          expect([acked, tried]).toContain(word)
          if (!found) continue
          expect(found.record).toEqual(record(`${word} `.repeat(1000)))
          expect(listed).toContain(key)
          expect(await store.delete(key, found.version)).toBe(true)
        }
      }
    }
    const slots = Array.from({ length: AT_ONCE }, (_, n) =>
      slot(n).catch((error: unknown) => {
        failed = true
        throw error
      }),
    )
    // The others come to their end before the directory is taken from under them.
    await Promise.allSettled(slots)
    await Promise.all(slots)

    const { count, tokens } = await shared(store)
    expect(count).toBe(tokens.length)
    expect(new Set(tokens).size).toBe(tokens.length)
    expect(tokens).toEqual(expect.arrayContaining(acked))
    const known = new Set([...acked, ...unknown])
    expect(tokens.filter((token) => !known.has(token))).toEqual([])
    await store.close?.()
  })
})

describe('the file store', () => {
  it('is tidy again after kills, once what they left behind is old', async () => {
    const store = stores.file.open()
    await store.create('shared', nobodyYet)
    const lives = Array.from({ length: 24 }, (_, n) => n)
    for (let n = 0; n < lives.length; n += AT_ONCE) {
      await Promise.all(lives.slice(n, n + AT_ONCE).map((life) => liveAndDie('file', stores.file.path(), `${life}`)))
    }
    const inside = (name: string) => readdir(join(stores.file.path(), name), { recursive: true })
    const { keys } = await store.list(undefined, 1000)
    const before = await inside('t')
    await store.prune(0, 1000)
    expect(await inside('t')).toEqual(before)

    const yesterday = Date.now() / 1000 - 86_400
    for (const name of await readdir(join(stores.file.path(), 't')))
      await utimes(join(stores.file.path(), 't', name), yesterday, yesterday)
    await store.prune(0, 1000)
    expect(await inside('t')).toEqual([])

    for (const key of keys) {
      const found = await store.read(key)
      if (!found) continue
      expect(await store.update(key, found.record, found.version)).toBeDefined()
      const [version = '', ...more] = await readdir(join(stores.file.path(), 's', key.slice(0, 2), key))
      expect(more).toEqual([])
      expect(await inside(join('s', key.slice(0, 2), key))).toEqual([version, join(version, version)])
    }

    await store.prune(9e12, 1000)
    expect(await store.list(undefined, 1000)).toEqual({ keys: [] })
    expect(await inside('o')).toEqual([])
  })

  it('goes on for all others while one process is stopped in the middle of its writes', async () => {
    const store = stores.file.open()
    await store.create('shared', nobodyYet)
    const child = start('file', stores.file.path(), 'stopped', 'write', '1000000')
    const tokens: string[] = []
    const lines = createInterface({ input: child.stdout as NonNullable<typeof child.stdout> })
    const acked: string[] = []
    lines.on('line', (line) => {
      const [verb, key, word = ''] = line.split(' ')
      if (verb === 'ack' && key === 'shared') acked.push(word)
    })
    await once(lines, 'line')
    for (let round = 0; round < 25; round++) {
      await setTimeout(Math.random() * 10)
      child.kill('SIGSTOP')
      for (let n = 0; n < 4; n++) {
        const token = `me.${round}.${n}`
        for (;;) {
          const found = await store.read('shared')
          const { count, tokens }: Shared = JSON.parse(found?.record.data ?? '')
          const data = JSON.stringify({ count: count + 1, tokens: [...tokens, token] })
          if (await store.update('shared', record(data), found?.version ?? '')) break
        }
        tokens.push(token)
      }
      child.kill('SIGCONT')
    }
    const exit = once(child, 'exit')
    child.kill('SIGKILL')
    await exit
    const found = await shared(store)
    expect(found.count).toBe(found.tokens.length)
    expect(new Set(found.tokens).size).toBe(found.tokens.length)
    expect(found.tokens).toEqual(expect.arrayContaining([...tokens, ...acked]))
  })
})
