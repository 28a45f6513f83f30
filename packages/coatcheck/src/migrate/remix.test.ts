import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCookie, createCookieSessionStorage, createSessionStorage } from 'react-router'
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest'
import { asking, pairOf, spoiled, THEN, vectors } from '../../test/helpers/migrate.ts'
import { remixCookie, remixFiles, remixId, remixValue, rowId, textOfId } from './remix.ts'
import { signer } from './signed.ts'
import { storedSessions } from './stored.ts'

type Recorded = Record<string, { value: unknown; decodedWire: string; parsed: unknown }>

const recorded = vectors<{
  createCookie_unsigned: Recorded
  createCookie_signed: { cases: Recorded }
  rotation: { old: string; reserialized: string; parsedByRotated: object }
  cookieSession: { setCookie: string; commitAfterFlashRead: string }
  memory: { setCookie: string; id: string }
  file: { setCookie: string; id: string; relPath: string; content: string; contentNoExpires: string }
  kv: { setCookie: string; id: string }
}>('remix-v2')
const reactRouter = vectors<{ 'react-router@8.5.1': { cookieSession: string } }>('react-router')

const SECRET = 'secret1'
const ABOUT = { now: THEN, createdAt: THEN, id: 'ours' }

/** The value as it stands in a Set-Cookie line. */
const valueIn = (line: string) => pairOf(line)[1]

describe('single values, as createCookie has them', () => {
  test.each(Object.entries(recorded.createCookie_unsigned))('writes and reads %s unsigned as Remix 2 did', (_, wanted) => {
    expect(remixValue([]).encode(wanted.value)).toBe(wanted.decodedWire)
    expect(remixValue([]).decode(wanted.decodedWire)).toEqual(wanted.parsed)
  })

  test.each(Object.entries(recorded.createCookie_signed.cases))('reads %s signed as Remix 2 did', async (_, wanted) => {
    expect(remixValue([SECRET]).decode(wanted.decodedWire)).toEqual(wanted.parsed)
    const ours = encodeURIComponent(String(remixValue([SECRET]).encode(wanted.value)))
    expect(await createCookie('c', { secrets: [SECRET] }).parse(`c=${ours}`)).toEqual(wanted.parsed)
  })

  it('answers as Remix does for what is not genuine, or cannot be read', () => {
    const signed = remixValue([SECRET])
    expect(['abc', 'a.b', 'eyJhIjoxfQ=='].map((text) => signed.decode(text))).toEqual([null, null, null])
    expect(['%%%', 'bm9wZQ==', 'Iv/+Ig==', 'dW5kZWZpbmVk'].map((text) => remixValue([]).decode(text))).toEqual([{}, {}, {}, {}])
    expect(remixValue([]).encode(undefined)).toBe('dW5kZWZpbmVk')
    expect(remixValue([]).decode('eyJhIjoxfQ')).toEqual({ a: 1 })
  })

  it('lets no visitor reach a prototype', () => {
    const read = remixValue([]).decode(btoa('{"__proto__":{"isAdmin":true},"deep":[{"__proto__":{"isAdmin":true}}],"a":1}'))
    expect(JSON.stringify(read)).toBe('{"deep":[{}],"a":1}')
    expect(read).not.toHaveProperty('isAdmin')
  })

  it('is read by React Router, and reads what it writes', async () => {
    const cookie = createCookie('c', { secrets: [SECRET] })
    for (const value of ['', 'hello', 0, null, [1], { 'ä/+': '😀'.repeat(99) }]) {
      const ours = encodeURIComponent(String(remixValue([SECRET]).encode(value)))
      expect(await cookie.parse(`c=${ours}`)).toEqual(value)
      expect(remixValue([SECRET]).decode(decodeURIComponent(ours))).toEqual(value)
      expect(remixValue([SECRET]).decode(decodeURIComponent(valueIn(await cookie.serialize(value))))).toEqual(value)
    }
  })
})

test('S2: what our createCookie signs is read by React Router and opens no session, whatever a visitor chose; what React Router signs does', async () => {
  const theirs = createCookie('c', { secrets: [SECRET] })
  for (const value of [{ userId: 'admin' }, '0123456789abcdef', ' x', { ' ': 1 }]) {
    const ours = encodeURIComponent(String(remixValue([SECRET]).encode(value)))
    expect(await theirs.parse(`c=${ours}`)).toEqual(value)
    expect(remixCookie([SECRET]).read(ours, asking())).toBe(undefined)
    expect(remixId([SECRET]).read(ours)).toBe(undefined)
    // Nothing in these bytes says what they are for: the reader can be told what a session looks like, and when to stop.
    const old = valueIn(await theirs.serialize(value))
    expect([remixCookie([SECRET]).read(old, asking()), remixId([SECRET]).read(old)].filter(Boolean)).toHaveLength(1)
  }
})

describe('sessions in a cookie', () => {
  const format = remixCookie([SECRET])

  it('writes the very bytes of Remix 2 and React Router 8, and reads them, flash values apart', () => {
    const value = valueIn(reactRouter['react-router@8.5.1'].cookieSession)
    expect(format.write({ ...ABOUT, values: { user: 'mjackson' }, flash: { error: 'boom' } })).toBe(value)
    expect(format.read(value, asking())).toEqual({ values: { user: 'mjackson' }, flash: { error: 'boom' } })
  })

  it('reads what Remix 2 wrote with many attributes, a Date as JSON has it', () => {
    const { setCookie, commitAfterFlashRead } = recorded.cookieSession
    const values = { userId: '1234', d: '1970-01-01T00:00:00.000Z' }
    const vector = remixCookie(['s3cret1'])
    expect(vector.read(valueIn(setCookie), asking())).toEqual({ values, flash: { error: 'Invalid username/password' } })
    expect(vector.read(valueIn(commitAfterFlashRead), asking())).toEqual({ values, flash: {} })
    expect(vector.write({ ...ABOUT, values: { userId: '1234', d: new Date(0) } })).toBe(valueIn(commitAfterFlashRead))
  })

  it('goes to and fro between React Router and here', async () => {
    const storage = createCookieSessionStorage({ cookie: { name: '__session', secrets: [SECRET] } })
    const theirs = await storage.getSession()
    theirs.set('cart', ['coat', 'Hüte & Schirme', '🧥'])
    theirs.flash('message', 'Welcome')
    const line = await storage.commitSession(theirs)
    const found = { values: { cart: ['coat', 'Hüte & Schirme', '🧥'] }, flash: { message: 'Welcome' } }
    expect(format.read(valueIn(line), asking())).toEqual(found)

    const ours = await format.write({ ...ABOUT, ...found })
    expect(ours).toBe(valueIn(line))
    const back = await storage.getSession(`__session=${ours}`)
    expect([back.get('cart'), back.get('message'), back.get('message')]).toEqual([found.values.cart, 'Welcome', undefined])
  })

  it('changes secrets as Remix does: the first signs, all are accepted', () => {
    const { old, reserialized, parsedByRotated } = recorded.rotation
    const rotated = remixCookie(['new', 'old'])
    expect(rotated.read(valueIn(old), asking())).toMatchObject({ values: parsedByRotated })
    expect(rotated.write({ ...ABOUT, values: { u: 1 } })).toBe(valueIn(reserialized))
    expect(remixCookie(['new']).read(valueIn(old), asking())).toBe(undefined)
  })

  it('is nothing for a cookie of other kinds: an id, a list, null, a text', async () => {
    for (const value of ['04fc8dcff533b004', [1, 2], null, 42, true]) {
      const genuine = valueIn(await createCookie('c', { secrets: [SECRET] }).serialize(value))
      expect(format.read(genuine, asking())).toBe(undefined)
    }
    expect(format.read(valueIn(recorded.memory.setCookie), asking())).toBe(undefined)
  })

  it('is nothing for what a visitor made up', async () => {
    const genuine = String(await format.write({ ...ABOUT, values: { user: 'ada' } }))
    const read = spoiled(genuine).flatMap((value) => format.read(value, asking()) ?? [])
    expect(read).toEqual([])
    expect(remixCookie(['another secret']).read(genuine, asking())).toBe(undefined)
    expect(format.read(genuine, asking())).toEqual({ values: { user: 'ada' }, flash: {} })
  })

  it('reads unsigned cookies when the list of secrets is empty, and says so in its name', () => {
    const unsigned = remixCookie([])
    const value = valueIn('c=eyJhIjoxfQ%3D%3D')
    expect(unsigned.format).toBe('remix-unsigned')
    expect(unsigned.read(value, asking())).toMatchObject({ values: { a: 1 } })
    expect(unsigned.write({ ...ABOUT, values: { a: 1 } })).toBe(value)
    expect(spoiled(value).map((junk) => unsigned.read(junk, asking())).length).toBeGreaterThan(50)
    expect(format.read(value, asking())).toBe(undefined)
  })

  it('refuses nesting that no session could hold', () => {
    const nested = (depth: number) => btoa(`{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`)
    expect(remixCookie([]).read(nested(400), asking())).toBeDefined()
    expect(remixCookie([]).read(nested(600), asking())).toBe(undefined)
    expect(remixCookie([]).read(nested(20_000), asking())).toBe(undefined)
  })

  it('leaves out keys that name no value, and gives the empty one a name', () => {
    const value = btoa('{"":1,"__proto__":{"x":1},"\\ud800":2,"__flash___":3,"__flash_two\\nlines__":4,"ok":5}')
    const named = { values: { '\u0000': 1, ok: 5 }, flash: { '\u0000': 3, 'two\nlines': 4 } }
    expect(remixCookie([]).read(value, asking())).toEqual(named)
  })

  it('refuses to lose in silence what JSON cannot hold', () => {
    for (const lost of [new Map(), new Set([1]), 1n, /a/, Uint8Array.of(1), { deep: [new ArrayBuffer(1)] }]) {
      expect(() => format.write({ ...ABOUT, values: { lost } })).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }))
    }
    const loop: unknown[] = []
    loop.push(loop)
    expect(() => format.write({ ...ABOUT, values: { loop } })).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }))
    const value = String(format.write({ ...ABOUT, values: { at: new Date(0), gone: undefined, list: [1] } }))
    expect(format.read(value, asking())).toMatchObject({ values: { at: '1970-01-01T00:00:00.000Z', list: [1] } })
  })

  it('refuses empty secrets', () => {
    expect(() => remixCookie([''])).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
    expect(() => remixId(['good', ''])).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
  })
})

describe('where there is no node:crypto', () => {
  beforeEach(() => vi.resetModules())
  afterEach(() => vi.unstubAllGlobals())

  it('signs and reads the same with WebCrypto', async () => {
    const { remixCookie: fresh } = await import('./remix.ts')
    vi.stubGlobal('process', undefined)
    const value = valueIn(reactRouter['react-router@8.5.1'].cookieSession)
    const written = fresh([SECRET]).write({ ...ABOUT, values: { user: 'mjackson' }, flash: { error: 'boom' } })
    expect(written).toBeInstanceOf(Promise)
    expect(await written).toBe(value)
    expect(await fresh(['new', SECRET]).read(value, asking())).toMatchObject({ values: { user: 'mjackson' } })
    expect(await fresh(['new']).read(value, asking())).toBe(undefined)
  })
})

describe('ids in a cookie', () => {
  const ids = remixId([SECRET])

  test.each(['memory', 'file', 'kv'] as const)('reads and writes the id of a %s storage as Remix 2 did', (kind) => {
    const { id, setCookie } = recorded[kind]
    expect(ids.read(valueIn(setCookie))).toBe(id)
    expect(ids.write(id)).toBe(valueIn(setCookie))
  })

  it('is nothing for what a visitor made up, and for values that are no id', () => {
    const genuine = String(ids.write('04fc8dcff533b004'))
    expect(spoiled(genuine).flatMap((value) => ids.read(value) ?? [])).toEqual([])
    for (const json of ['[123]', '{"evil":1}', '""', 'null']) {
      const wrong = encodeURIComponent(String(signer([SECRET]).sign(btoa(json))))
      expect(ids.read(wrong)).toBe(undefined)
    }
  })

  it('are numbers where a database counts its rows', () => {
    const number = textOfId(123)
    expect([ids.read(String(ids.write(number))), rowId(number), rowId('123')]).toEqual([number, 123, '123'])
    expect(number).not.toBe('123')
  })
})

describe('records in files', () => {
  let dir: string
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'remix-files-'))
  })
  afterEach(() => rmSync(dir, { recursive: true }))

  const { id, relPath, content, contentNoExpires } = recorded.file

  async function oldRecord(text: string): Promise<void> {
    await mkdir(join(dir, '04fc'))
    await writeFile(join(dir, relPath), text)
  }

  it('reads the file that Remix 2 wrote, until it expires, and then removes it', async () => {
    await oldRecord(content)
    const end = Date.parse('2099-01-02T03:04:05.000Z')
    expect(await remixFiles(dir, () => end - 1).read(id)).toEqual({ user: 'mj', __flash_m__: 'hi' })
    expect(await remixFiles(dir, () => end).read(id)).toBe(null)
    expect(await readdir(join(dir, '04fc'))).toEqual([])
  })

  it('writes that file to the byte, and replaces it as a whole', async () => {
    await oldRecord('{"data":{}}')
    const files = remixFiles(dir)
    const before = await stat(join(dir, relPath))
    await files.update(id, { user: 'mj', __flash_m__: 'hi' }, new Date('2099-01-02T03:04:05.000Z'))
    expect(await readFile(join(dir, relPath), 'utf8')).toBe(content)
    expect((await stat(join(dir, relPath))).ino).not.toBe(before.ino)
    await files.update(id, { user: 'mj', __flash_m__: 'hi' })
    expect(await readFile(join(dir, relPath), 'utf8')).toBe(contentNoExpires)
    expect(await readdir(join(dir, '04fc'))).toEqual([relPath.slice(5)])
  })

  it('D7: keeps a value whose key is empty', async () => {
    await oldRecord('{"data":{"":1,"__flash___":2}}')
    const files = remixFiles(dir)
    const named = { '\0': 1, '__flash_\0__': 2 }
    expect(await files.read(id)).toEqual(named)
    await files.update(id, named)
    expect(JSON.parse(await readFile(join(dir, relPath), 'utf8'))).toEqual({ data: { '': 1, __flash___: 2 } })
  })

  it('makes records with ids of its own, for its user only', async () => {
    const files = remixFiles(dir)
    const made = await files.create({ user: 'ada' })
    expect(made).toMatch(/^[0-9a-f]{16}$/)
    expect(await files.read(made)).toEqual({ user: 'ada' })
    expect((await stat(join(dir, made.slice(0, 4), made.slice(4)))).mode & 0o777).toBe(0o600)
  })

  it('brings nothing back: an update of a record that is gone writes nothing', async () => {
    const files = remixFiles(dir)
    const made = await files.create({ user: 'ada' })
    await files.delete(made)
    await files.update(made, { user: 'ada' })
    expect(await files.read(made)).toBe(null)
    await files.delete(made)
  })

  test.each([
    '',
    '..',
    '../../etc/passwd',
    '0123456789ABCDEF',
    '0123456789abcdeg',
    '0123456789abcde',
    '0123/../../escape',
    '0123456789abcdef\n',
    '0123456789abcdef0',
  ])('knows no id %j', async (bad) => {
    // Whatever it would name is there.
    const path = join(dir, 'inner', bad.slice(0, 4), bad.slice(4))
    await mkdir(join(dir, 'inner', '0123'), { recursive: true })
    const isFile = await writeFile(path, content).then(
      () => true,
      () => false,
    )
    const files = remixFiles(join(dir, 'inner'))
    await files.update(bad, { pwned: true })
    await files.delete(bad)
    expect(await files.read(bad)).toBe(null)
    if (isFile) expect(await readFile(path, 'utf8')).toBe(content)
  })

  it('waits for an old instance that is in the middle of writing', async () => {
    await oldRecord(content)
    const readFile = vi.spyOn(process.getBuiltinModule('node:fs/promises'), 'readFile')
    readFile.mockResolvedValueOnce('').mockResolvedValueOnce(content.slice(0, 20))
    expect(await remixFiles(dir).read(id)).toMatchObject({ user: 'mj' })
    readFile.mockRestore()
  })

  test.each(['', 'nope', 'null', '{}', '{"data":[]}', '{"data":{},"expires":"never"}', content.slice(0, 40)])(
    'calls a file that holds %j damaged, and leaves it',
    async (text) => {
      await oldRecord(text)
      await expect(remixFiles(dir).read(id)).rejects.toMatchObject({ code: 'DAMAGED_RECORD' })
      expect(await readFile(join(dir, relPath), 'utf8')).toBe(text)
    },
  )

  it('leaves no half-written file behind when a write fails', async () => {
    await mkdir(join(dir, relPath), { recursive: true })
    await expect(remixFiles(dir).update(id, {})).rejects.toMatchObject({ code: expect.any(String) })
    expect(await readdir(join(dir, '04fc'))).toEqual([relPath.slice(5)])
  })

  it('is a storage to Remix: old cookies and old files, new functions', async () => {
    const { create, read, update, delete: remove } = remixFiles(dir)
    const storage = createSessionStorage({
      cookie: { name: '__session', secrets: [SECRET] },
      createData: (data, expires) => create(data, expires),
      readData: (key) => read(key),
      updateData: (key, data, expires) => update(key, data, expires),
      deleteData: (key) => remove(key),
    })
    const session = await storage.getSession()
    session.set('user', 'ada')
    session.flash('message', 'Hi')
    const line = await storage.commitSession(session)

    const reader = storedSessions(remixId([SECRET]), read, remove)
    const found = await reader.read(valueIn(line), asking())
    const key = remixId([SECRET]).read(valueIn(line))
    expect(found).toMatchObject({ values: { user: 'ada' }, flash: { message: 'Hi' }, unique: key })
    await found?.forget?.()
    expect((await storage.getSession(line)).get('user')).toBe(undefined)
    expect(await reader.read(valueIn(line), asking())).toMatchObject({ gone: true })
  })

  it('says so where there is no file system', () => {
    vi.stubGlobal('process', { env: {} })
    expect(() => remixFiles(dir)).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
    vi.unstubAllGlobals()
    expect(() => remixFiles('')).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
  })
})
