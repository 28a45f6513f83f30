import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { NEWER_SECRET, SECRET } from '../test/helpers/site.ts'
import { type FileSecrets, fileSecrets } from './secrets.ts'

let folder = ''
let open: FileSecrets[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coatcheck-secrets-'))
})
afterEach(() => {
  for (const each of open) each.close()
  open = []
  rmSync(folder, { recursive: true })
})

const at = (...names: string[]) => join(folder, ...names)
const put = (path: string, text: string) => writeFileSync(path, text)

/** The source of a file, and how often it said that there may be others. */
function source(path: string) {
  const secrets = fileSecrets(path)
  open.push(secrets)
  const changed = vi.fn()
  secrets.watch(changed)
  return { secrets, changed }
}

/** Waits until the source says so, and reads. */
async function afterChange({ secrets, changed }: ReturnType<typeof source>): Promise<unknown> {
  await vi.waitFor(() => expect(changed).toHaveBeenCalled(), { timeout: 600_000, interval: 5 })
  return secrets.read()
}

describe('what may stand in the file', () => {
  test.each<[string, string, unknown]>([
    ['one secret', `${SECRET}\n`, [SECRET]],
    ['one a line, with the ends of lines of Windows and empty ones', `${NEWER_SECRET}\r\n\r\n${SECRET}`, [NEWER_SECRET, SECRET]],
    ['JSON', `\n[${JSON.stringify(SECRET)}, {"secret":"x","state":"retired"}]\n`, [SECRET, { secret: 'x', state: 'retired' }]],
  ])('%s', (_, text, expected) => {
    put(at('secrets'), text)
    expect(source(at('secrets')).secrets.read()).toEqual(expected)
  })

  test.each<[string, string, RegExp]>([
    ['nothing', ' \n', /is empty/],
    ['JSON that was not finished', `["${SECRET}"`, /is no JSON/],
    ['JSON of one text', JSON.stringify(SECRET), /holds no list/],
    ['an object', JSON.stringify({ secrets: [SECRET] }), /holds no list/],
    ['another file', SECRET.repeat(3000), /over 64 KiB/],
  ])('not %s; no message tells what stood there', (_, text, says) => {
    put(at('secrets'), text)
    const { secrets } = source(at('secrets'))
    expect(() => secrets.read()).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS', message: expect.stringMatching(says) }))
    expect(() => secrets.read()).not.toThrow(expect.objectContaining({ message: expect.stringContaining(SECRET.slice(0, 6)) }))
    expect(() => secrets.read()).not.toThrow(expect.objectContaining({ cause: expect.anything() }))
  })

  test.each([undefined, '', 7, null])('not a path that is %s', (path) => {
    expect(() => fileSecrets(path as string)).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
  })
})

describe('B6: the folder is watched', () => {
  test('the file is written in place', async () => {
    put(at('secrets'), SECRET)
    const file = source(at('secrets'))
    expect(file.secrets.read()).toEqual([SECRET])
    put(at('secrets'), NEWER_SECRET)
    expect(await afterChange(file)).toEqual([NEWER_SECRET])
  })

  test('the file is replaced by another, again and again', async () => {
    put(at('secrets'), SECRET)
    const file = source(at('secrets'))
    file.secrets.read()
    for (let round = 0; round < 5; round++) {
      file.changed.mockClear()
      const next = `${round}${NEWER_SECRET}`
      put(at('new'), next)
      renameSync(at('new'), at('secrets'))
      await vi.waitFor(() => expect(file.secrets.read()).toEqual([next]))
      expect(await afterChange(file)).toEqual([next])
    }
  })

  test.each([
    ['by the link that Kubernetes makes', async () => at('secrets')],
    [
      'by a link from elsewhere to what Kubernetes made',
      async () => {
        await mkdir(at('app'))
        symlinkSync(at('secrets'), at('app', 'mine'))
        return at('app', 'mine')
      },
    ],
    ['by the folder that is swapped', async () => at('..data', 'secrets')],
  ])('Kubernetes swaps the folder of the file: %s', async (_, path) => {
    await mkdir(at('..one'))
    await mkdir(at('..two'))
    put(at('..one', 'secrets'), SECRET)
    put(at('..two', 'secrets'), NEWER_SECRET)
    symlinkSync('..one', at('..data'))
    symlinkSync(join('..data', 'secrets'), at('secrets'))
    const file = source(await path())
    expect(file.secrets.read()).toEqual([SECRET])
    symlinkSync('..two', at('..data_tmp'))
    renameSync(at('..data_tmp'), at('..data'))
    expect(await afterChange(file)).toEqual([NEWER_SECRET])
  })

  test('the file is not there yet, then removed, and comes back', async () => {
    const file = source(at('secrets'))
    expect(() => file.secrets.read()).toThrow(/ENOENT/)
    put(at('secrets'), SECRET)
    expect(await afterChange(file)).toEqual([SECRET])
    file.changed.mockClear()
    rmSync(at('secrets'))
    await expect(afterChange(file)).rejects.toThrow(/ENOENT/)
    file.changed.mockClear()
    put(at('secrets'), NEWER_SECRET)
    expect(await afterChange(file)).toEqual([NEWER_SECRET])
  })

  test('a folder that is not there, and links in a circle, are no failure but that of reading', () => {
    symlinkSync('two', at('one'))
    symlinkSync('one', at('two'))
    expect(() => source(at('one')).secrets.read()).toThrow(/ELOOP/)
    expect(() => source(at('none', 'secrets')).secrets.read()).toThrow(/ENOENT/)
  })

  test('nobody is told after close', async () => {
    put(at('secrets'), SECRET)
    const [file, other] = [source(at('secrets')), source(at('secrets'))]
    for (const { secrets } of [file, other]) secrets.read()
    file.secrets.close()
    put(at('secrets'), NEWER_SECRET)
    expect(await afterChange(other)).toEqual([NEWER_SECRET])
    expect(file.changed).not.toHaveBeenCalled()
  })
})
