// A process that works on a store which other processes use too. It tells on stdout what it is about to do and what was acknowledged.
import { writeSync } from 'node:fs'
import { fileStore } from '../../src/stores/file.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import type { SessionRecord, Store } from '../../src/stores/store.ts'

const [kind, path = '', name = '', job, times] = process.argv.slice(2)
const store: Store = kind === 'file' ? fileStore({ directory: path }) : sqliteStore({ path, busyTimeout: 600_000 })

const record = (data: string): SessionRecord => ({ data, owner: 'ada', createdAt: 1, endsAt: 9e12, expiresAt: 9e12 })
const tell = (...words: string[]) => writeSync(1, `${words.join(' ')}\n`)

/** Appends `token` to the list that all processes share, and counts it. */
async function append(token: string): Promise<void> {
  for (;;) {
    const found = await store.read('shared')
    if (!found) throw new Error('The shared record is gone.')
    const { count, tokens } = JSON.parse(found.record.data)
    const data = JSON.stringify({ count: count + 1, tokens: [...tokens, token] })
    if (await store.update('shared', { ...found.record, data }, found.version)) return
  }
}

async function appendAndTell(): Promise<void> {
  for (let n = 0; n < Number(times); n++) {
    const token = `${name}.${n}`
    tell('try', 'shared', token)
    await append(token)
    tell('ack', 'shared', token)
  }
}

/** Makes a record of its own, changes it a few times, removes it, and begins again. */
async function rewriteForEver(key: string): Promise<void> {
  for (let n = 0; ; n++) {
    let version: string | undefined
    for (let change = 0; change < 4; change++) {
      // Long enough for a write that is cut short to show.
      const word = `${n}.${change}`
      tell('try', key, word)
      const next = record(`${word} `.repeat(1000))
      version = version === undefined ? await store.create(key, next) : await store.update(key, next, version)
      if (version === undefined) throw new Error(`Somebody else wrote ${key}.`)
      tell('ack', key, word)
    }
    tell('try', key, 'nothing')
    if (!(await store.delete(key, version ?? ''))) throw new Error(`Somebody else removed ${key}.`)
    tell('ack', key, 'nothing')
  }
}

if (job === 'append') {
  for (let n = 0; n < Number(times); n++) await append(`${name}.${n}`)
  await store.close?.()
} else if (job === 'write') {
  await Promise.all([appendAndTell(), rewriteForEver(`${name}-a`), rewriteForEver(`${name}-b`)])
}
