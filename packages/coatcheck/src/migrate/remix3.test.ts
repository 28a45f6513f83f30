import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createSession } from '@remix-run/session'
import { createCookieSessionStorage } from '@remix-run/session/cookie-storage'
import { createFsSessionStorage } from '@remix-run/session/fs-storage'
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'
import { asking, pairOf, spoiled, THEN, vectors } from '../../test/helpers/migrate.ts'
import { remix3Cookie, remix3Files, remix3Id, remix3Value } from './remix3.ts'

const recorded = vectors<{
  cookie: Record<string, { signed: string; unsigned: string; parsed: string }>
  cookie_bad: Record<string, { ok: string | null }>
  unsigned_bad: Record<string, { ok: string | null }>
  cookieStorage: { value: string; setCookie: string }
  fs: { id: string; relPath: string; content: string }
}>('remix-3')

const SECRET = 'secret1'
const ID = '11111111-1111-4111-8111-111111111111'
const ABOUT = { now: THEN, createdAt: THEN, id: ID }
const valueIn = (line: string) => pairOf(line)[1]

describe('texts, as createCookie has them', () => {
  test.each(Object.entries(recorded.cookie))('writes and reads %j as Remix 3 does', (text, { signed, unsigned }) => {
    expect(remix3Value([SECRET]).encode(text)).toBe(valueIn(signed))
    expect(remix3Value([SECRET]).decode(valueIn(signed))).toBe(text)
    expect(remix3Value([]).encode(text)).toBe(valueIn(unsigned))
    expect(remix3Value([]).decode(valueIn(unsigned))).toBe(text)
  })

  test.each(Object.entries(recorded.cookie_bad).filter(([header]) => header.startsWith('__sess=')))(
    'answers as Remix 3 for %j',
    (header, { ok }) => {
      expect(remix3Value([SECRET]).decode(valueIn(header))).toBe(ok)
    },
  )

  test.each(Object.entries(recorded.unsigned_bad))('answers as Remix 3 for the unsigned %j', (header, { ok }) => {
    expect(remix3Value([]).decode(valueIn(header))).toBe(ok)
  })
})

describe('sessions in a cookie', () => {
  const format = remix3Cookie([SECRET])
  const found = { values: { user: 'mj' }, flash: { msg: 'hi' }, unique: ID }

  it('writes the very bytes of Remix 3, and reads them', () => {
    const value = valueIn(recorded.cookieStorage.setCookie)
    expect(format.read(value, asking())).toEqual(found)
    expect(format.write({ ...ABOUT, ...found })).toBe(value)
  })

  it('goes to and fro between the storage of Remix 3 and here', async () => {
    const storage = createCookieSessionStorage()
    const session = createSession(ID)
    session.set('user', 'mj')
    session.flash('msg', 'hi')
    const theirs = String(await remix3Value([SECRET]).encode(String(await storage.save(session))))
    expect(format.read(theirs, asking())).toEqual(found)

    const text = await remix3Value([SECRET]).decode(String(await format.write({ ...ABOUT, ...found })))
    const back = await storage.read(text)
    expect([back.id, back.get('user'), back.get('msg')]).toEqual([ID, 'mj', 'hi'])
  })

  it('is nothing for what a visitor made up, or another kind of cookie', async () => {
    const genuine = String(await format.write({ ...ABOUT, values: { user: 'ada' } }))
    expect(spoiled(genuine).flatMap((value) => format.read(value, asking()) ?? [])).toEqual([])
    expect(remix3Cookie(['another']).read(genuine, asking())).toBe(undefined)
    for (const text of ['{"i":5,"d":7}', '{"i":"x","d":[{}]}', '{"i":"","d":[{},{}]}', '{"d":[{},{}]}', 'null', '[]', 'x']) {
      expect(format.read(String(remix3Value([SECRET]).encode(text)), asking())).toBe(undefined)
    }
  })

  it('changes secrets: the first signs, all are accepted', () => {
    const old = String(format.write({ ...ABOUT, values: { a: 1 } }))
    expect(remix3Cookie(['new', SECRET]).read(old, asking())).toMatchObject({ values: { a: 1 } })
  })

  it('does without secrets nowhere, as Remix 3 does not', () => {
    expect(() => remix3Cookie([])).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
    expect(() => remix3Id([])).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
  })
})

it('shows ids as Remix 3 does', () => {
  const ids = remix3Id([SECRET])
  const genuine = String(ids.write(ID))
  expect(genuine).toBe(remix3Value([SECRET]).encode(ID))
  expect(ids.read(genuine)).toBe(ID)
  expect(spoiled(genuine).flatMap((value) => ids.read(value) ?? [])).toEqual([])
})

describe('records in files', () => {
  let dir: string
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'remix3-files-'))
  })
  afterEach(() => rmSync(dir, { recursive: true }))

  it('reads and writes the file of Remix 3 to the byte', async () => {
    const { id, relPath, content } = recorded.fs
    await mkdir(dirname(join(dir, relPath)))
    await writeFile(join(dir, relPath), content)
    const files = remix3Files(dir)
    const data = { user: 'mj', __flash_m__: 'x' }
    expect(await files.read(id)).toEqual(data)
    await files.update(id, {})
    await files.update(id, data)
    expect(await readFile(join(dir, relPath), 'utf8')).toBe(content)
  })

  it('shares a folder with the storage of Remix 3', async () => {
    const storage = createFsSessionStorage(dir)
    const files = remix3Files(dir)
    const id = await files.create({ cart: ['coat'], __flash_message__: 'Hi' })
    const theirs = await storage.read(id)
    expect([theirs.get('cart'), theirs.get('message')]).toEqual([['coat'], 'Hi'])
    theirs.set('cart', ['coat', 'hat'])
    await storage.save(theirs)
    expect(await files.read(id)).toEqual({ cart: ['coat', 'hat'] })
    await files.delete(id)
    expect((await storage.read(id)).id).not.toBe(id)
  })

  it('lets no id leave the folder', async () => {
    const files = remix3Files(join(dir, 'inner'))
    for (const id of ['', '../../escape', '/etc/passwd', '\u0000']) expect(await files.read(id)).toBe(null)
    const hash = createHash('sha256').update('../../escape').digest('hex')
    await mkdir(join(dir, 'inner', hash.slice(0, 2)), { recursive: true })
    await writeFile(join(dir, 'inner', hash.slice(0, 2), hash.slice(2)), '[{"a":1},{}]')
    expect(await files.read('../../escape')).toEqual({ a: 1 })
  })

  test.each(['', '{}', '[1,2]', '[{}]', 'null'])('calls a file that holds %j damaged', async (text) => {
    const files = remix3Files(dir)
    const id = await files.create({})
    const hash = createHash('sha256').update(id).digest('hex')
    await writeFile(join(dir, hash.slice(0, 2), hash.slice(2)), text)
    await expect(files.read(id)).rejects.toMatchObject({ code: 'DAMAGED_RECORD' })
  })
})
