import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sqliteStore } from '../stores/sqlite.ts'
import { main } from './main.ts'
import { progressText } from './migrate/move.ts'
import { schemaSql } from './migrate/schemas.ts'

const source = (path: string): string => JSON.stringify(new URL(`../${path}`, import.meta.url).href)

/** A folder with a module that makes sessions with this store. */
function folderWith(store: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'coatcheck-migrate-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const module = `import { createSessions } from ${source('index.ts')}
import { sqliteStore } from ${source('stores/sqlite.ts')}
import { movingStore } from ${source('stores/wrapping/moving.ts')}
const open = (name) => sqliteStore({ path: ${JSON.stringify(folder)} + '/' + name })
export const sessions = createSessions({ secrets: 'Hq4vXb1t_Wm8nZp5sYc7uJb9rEd6fGk2', store: ${store} })
`
  writeFileSync(join(folder, 'sessions.mjs'), module)
  return folder
}

async function call(folder: string, ...args: string[]) {
  const [said, complained, progress]: [string[], string[], string[]] = [[], [], []]
  const code = await main(['migrate', ...args], {
    folder,
    isAnswered: false,
    say: (text) => void said.push(text),
    complain: (text) => void complained.push(text),
    progress: (text) => void progress.push(text),
    ask: async () => '',
  })
  return { code, said: said.join('\n'), complained: complained.join('\n'), progress }
}

async function filled(path: string, count: number): Promise<void> {
  const store = sqliteStore({ path })
  const now = Date.now()
  for (let nth = 0; nth < count; nth++)
    await store.create(`k${nth}`, { data: `{"n":${nth}}`, createdAt: now, endsAt: now + 9e6, expiresAt: now + 9e6 })
  await store.close()
}

describe('coatcheck migrate --sql', () => {
  it.each(['sqlite', 'libsql', 'd1'])('%s: SQL that makes the tables, and may be run again', async (kind) => {
    const { code, said } = await call(tmpdir(), '--sql', kind, '--table', 'visitors')
    expect(code).toBe(0)
    const database = new DatabaseSync(':memory:')
    database.exec(said)
    database.exec('INSERT INTO visitors VALUES (1, 2, 3, 4, 5, 6, 7)')
    database.exec(said)
    expect(database.prepare('SELECT count(*) AS n FROM visitors').get()).toEqual({ n: 1 })
    expect(database.prepare('SELECT version FROM visitors_schema').all()).toEqual([{ version: 1 }])
  })

  it.each(['postgres', 'mysql', 'mariadb'])('%s: what its store runs', (kind) => {
    expect(schemaSql(kind, 'visitors')).toMatch(/CREATE TABLE/)
    expect(schemaSql(kind, 'visitors')).toMatch(/visitors_schema/)
  })

  it('refuses another kind, a table that is no plain name, and --table without it', async () => {
    expect(await call(tmpdir(), '--sql', 'oracle')).toMatchObject({
      code: 1,
      complained: expect.stringMatching(/oracle[\s\S]*postgres/),
    })
    expect((await call(tmpdir(), '--sql', 'postgres', '--table', 'a; drop')).complained).toMatch(/plain name/)
    expect((await call(tmpdir(), '--table', 'visitors')).complained).toMatch(/goes with --sql/)
  })
})

describe('coatcheck migrate', () => {
  it('makes the tables of the store, once; before that --dry-run says so, and makes nothing', async () => {
    const folder = folderWith("open('sessions.db')")
    const config = ['--config', 'sessions.mjs']
    const dry = await call(folder, ...config, '--dry-run')
    expect(dry).toMatchObject({ code: 0, said: expect.stringMatching(/coatcheck_sessions is not there[\s\S]*CREATE TABLE/) })
    expect(existsSync(join(folder, 'sessions.db'))).toBe(false)
    expect((await call(folder, ...config)).said).toBe('store: the table coatcheck_sessions was made, with version 1.')
    expect((await call(folder, ...config)).said).toBe('store: the table coatcheck_sessions is there, with version 1.')
    expect(JSON.parse((await call(folder, ...config, '--json')).said)).toEqual({
      schemas: [{ store: 'store', table: 'coatcheck_sessions', found: 1, known: 1, did: 'nothing' }],
      moves: [],
    })
  })

  it('refuses tables of a newer release', async () => {
    const folder = folderWith("open('sessions.db')")
    const database = new DatabaseSync(join(folder, 'sessions.db'))
    database.exec(schemaSql('sqlite').replace('SELECT 1', 'SELECT 7'))
    database.close()
    for (const more of [[], ['--dry-run']])
      expect(await call(folder, '--config', 'sessions.mjs', ...more)).toMatchObject({
        code: 1,
        complained: expect.stringMatching(/version 7/),
      })
  })

  it('moves every record of a moving store, says how far it is, and that nothing is left', async () => {
    const folder = folderWith("movingStore({ from: open('old.db'), to: open('new.db'), step: 'move' })")
    const config = ['--config', 'sessions.mjs']
    await filled(join(folder, 'old.db'), 700)
    const [, second] = [await call(folder, ...config, '--dry-run'), await call(folder, ...config)]
    expect(second).toMatchObject({
      code: 0,
      said: expect.stringMatching(/Moved: 700\.[\s\S]*now 0 records, in the new one 700\.\nDone\./),
    })
    expect(second.progress.join()).toMatch(/Moved: 500 of 700 \(71 %\)/)
    const again = JSON.parse((await call(folder, ...config, '--json')).said)
    expect(again.moves).toEqual([
      { step: 'move', isDone: true, moved: 0, gone: 0, expired: 0, tooLong: [], inFrom: 0, inTo: 700 },
    ])
  })

  it('moves nothing with --dry-run, nor with the step "prepare", and says what comes next', async () => {
    const folder = folderWith("movingStore({ from: open('old.db'), to: open('new.db'), step: process.env.STEP ?? 'move' })")
    await filled(join(folder, 'old.db'), 3)
    await filled(join(folder, 'new.db'), 0)
    const dry = await call(folder, '--config', 'sessions.mjs', '--dry-run')
    // The tables of the new store are not there yet, so that nothing can be counted.
    expect(dry).toMatchObject({ code: 0, said: expect.stringMatching(/store, to: the table coatcheck_sessions is not there/) })
    const prepared = folderWith("movingStore({ from: open('old.db'), to: open('new.db'), step: 'prepare' })")
    await filled(join(prepared, 'old.db'), 3)
    const { code, said } = await call(prepared, '--config', 'sessions.mjs')
    expect({ code, said }).toEqual({
      code: 0,
      said: expect.stringMatching(/now 3 records, in the new one 0\.\nNothing is moved with the step "prepare"/),
    })
  })
})

it('tells how long it will take', () => {
  expect(progressText({ total: 1000, done: 250, moved: 240, pass: 1 }, 500)).toBe(
    'Moved: 240 of 1000 (25 %), 500 a second, 2 s left',
  )
  expect(progressText({ total: 0, done: 0, moved: 0, pass: 2 }, 500)).toBe('Moved: 0 of 0 (100 %), 0 a second, time 2')
})
