import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'
import { asking, pairOf, spoiled, THEN, vectors } from '../../test/helpers/migrate.ts'
import { hydrogenCookie, hydrogenFiles, hydrogenId } from './hydrogen.ts'

const recorded = vectors<{
  default: string
  documentedOptions_camelCase: string
  testSuiteOptions_lowercase: string
  parse: Record<string, { ok: unknown }>
  memory: { set: string }
  file: { set: string; relPath: string; content: string; traversalWrite: { sid: string } }
}>('hydrogen-v1')
const ABOUT = { now: THEN, createdAt: THEN, id: 'ours' }
const valueIn = (line: string) => pairOf(line)[1]

describe('sessions in a cookie', () => {
  const format = hydrogenCookie()

  test.each([
    [recorded.default, { a: 'b', u: '日本語 ü;,"' }],
    [recorded.documentedOptions_camelCase, { a: 'b' }],
    [recorded.testSuiteOptions_lowercase, { a: 'b', c: 'd' }],
  ])('writes and reads %s to the byte', (line, values) => {
    expect(format.read(valueIn(line), asking())).toEqual({ values })
    expect(format.write({ ...ABOUT, values })).toBe(valueIn(line))
  })

  const single = Object.entries(recorded.parse).filter(([header]) => /^__session=[^;]*$/.test(header))
  test.each(single)('reads %j as Hydrogen does, and nothing where that holds no values', (header, { ok }) => {
    const isObject = typeof ok === 'object' && ok !== null && !Array.isArray(ok) && !/=(nope)?$/.test(header)
    expect(format.read(valueIn(header), asking())).toEqual(isObject ? { values: ok } : undefined)
  })

  it('Y4: says by its name alone what it is, and only takes values', () => {
    expect(format.format).toBe('hydrogen')
    const read = format.read(
      '{"__proto__":{"isAdmin":true},"id":"x","unique":"y","expiresAt":1,"a":{"__proto__":{"b":1}}}',
      asking(),
    )
    expect(JSON.stringify(read)).toBe('{"values":{"id":"x","unique":"y","expiresAt":1,"a":{}}}')
  })

  it('writes flash values as Hydrogen reads them: among the others', () => {
    expect(format.write({ ...ABOUT, values: { a: 1 }, flash: { message: 'Hi', a: 2 } })).toBe(
      encodeURIComponent('{"message":"Hi","a":1}'),
    )
  })

  it('never throws for what a visitor sends', () => {
    for (const junk of spoiled(valueIn(recorded.default))) {
      const read = format.read(junk, asking())
      expect(read === undefined || JSON.stringify(read).startsWith('{"values":{')).toBe(true)
    }
    expect(format.read(`{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, asking())).toBe(undefined)
    expect(format.read(`{"a":"${'x'.repeat(70_000)}"}`, asking())).toBe(undefined)
  })
})

describe('ids in a cookie', () => {
  const ids = hydrogenId()

  test.each([recorded.memory.set, recorded.file.set])('writes and reads %s to the byte', (line) => {
    const id = String(ids.read(valueIn(line)))
    expect(id).toMatch(/^[0-9a-f-]{36}$/)
    expect(ids.write(id)).toBe(valueIn(line))
  })

  test.each([
    'null',
    '{}',
    '{"sid":123}',
    '{"sid":null}',
    '{"sid":["eca0b9ec-c013-4ea1-8236-df6ed02f00c4"]}',
    '{"sid":"abc/../../escaped.json"}',
    '{"sid":"ECA0B9EC-C013-4EA1-8236-DF6ED02F00C4"}',
    '{"sid":"eca0b9ec-c013-1ea1-8236-df6ed02f00c4"}',
    '{"sid":"eca0b9ec-c013-4ea1-8236-df6ed02f00c4\\n"}',
    '{"__proto__":{"sid":"eca0b9ec-c013-4ea1-8236-df6ed02f00c4"}}',
  ])('reads no id in %s', (text) => {
    expect(ids.read(text)).toBe(undefined)
    expect(ids.read(encodeURIComponent(text))).toBe(undefined)
  })
})

describe('records in files', () => {
  let dir: string
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'hydrogen-files-'))
  })
  afterEach(() => rmSync(dir, { recursive: true }))

  const { relPath, content } = recorded.file
  const id = relPath.replace('/', '')

  it('reads and writes the file of Hydrogen to the byte, until it expires', async () => {
    await mkdir(dirname(join(dir, relPath)))
    await writeFile(join(dir, relPath), content)
    const end = 4_070_908_800_000
    expect(await hydrogenFiles(dir, () => end - 1).read(id)).toEqual({ some: 'data' })
    const files = hydrogenFiles(dir, () => end)
    await files.update(id, {}, new Date(end + 1))
    await files.update(id, { some: 'data' }, new Date(end))
    expect(await readFile(join(dir, relPath), 'utf8')).toBe(content)
    expect(await files.read(id)).toBe(null)
  })

  it('makes records with ids of its own', async () => {
    const files = hydrogenFiles(dir)
    const made = await files.create({ cart: ['coat'] })
    expect(await files.read(made)).toEqual({ cart: ['coat'] })
    expect(hydrogenId().read(String(hydrogenId().write(made)))).toBe(made)
    await files.delete(made)
    expect(await files.read(made)).toBe(null)
  })

  it('Y1: lets no id leave the folder', async () => {
    const inner = join(dir, 'inner')
    await mkdir(join(inner, 'abc'), { recursive: true })
    const files = hydrogenFiles(inner)
    for (const bad of [recorded.file.traversalWrite.sid, '../escaped', '', 'abc', '..']) {
      await files.update(bad, { pwn: 1 })
      await files.delete(bad)
      expect(await files.read(bad)).toBe(null)
    }
    expect(await readdir(dir, { recursive: true })).toEqual(['inner', join('inner', 'abc')])
  })

  it('Y2: removes a file that is gone already, twice', async () => {
    const files = hydrogenFiles(dir)
    await files.delete(id)
    await files.delete(id)
    expect(await files.create({})).toMatch(/^[0-9a-f-]{36}$/)
  })

  test.each(['', 'null', '[]', '{}', '{"data":{},"expires":"soon"}'])('calls a file that holds %j damaged', async (text) => {
    await mkdir(dirname(join(dir, relPath)))
    await writeFile(join(dir, relPath), text)
    await expect(hydrogenFiles(dir).read(id)).rejects.toMatchObject({ code: 'DAMAGED_RECORD' })
  })
})
