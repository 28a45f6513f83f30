import { execFile } from 'node:child_process'
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { NEWER_SECRET, SECRET, site } from '../test/helpers/site.ts'
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
      expect(file.secrets.read()).toEqual([next])
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

describe('a site whose secrets are in a file', () => {
  const list = (...secrets: unknown[]) => {
    put(at('new'), JSON.stringify(secrets))
    renameSync(at('new'), at('secrets'))
  }

  test('goes by the new list with the next request, without a restart; a list that cannot be meant changes nothing', async () => {
    list(SECRET)
    const secrets = fileSecrets(at('secrets'))
    open.push(secrets)
    // Its clock stands: nothing is read because of its age.
    const served = site({ secrets })
    const { person, events } = served
    const [ada, bob] = [person(), person()]
    for (const who of [ada, bob]) await who.does((session) => session.set('a', 1))
    const sealedBy = () => ada.ticket?.slice(0, 6)
    const soon = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 600_000, interval: 5 })
    let writes = 0
    const before = sealedBy()

    list({ secret: SECRET, state: 'retried' })
    await soon(async () => {
      expect(await ada.does((session) => session.get('a'))).toBe(1)
      expect(events).toContainEqual({ type: 'secrets-failed', error: expect.objectContaining({ code: 'BAD_OPTIONS' }) })
    })

    list(NEWER_SECRET, { secret: SECRET, state: 'retired' })
    await soon(async () => {
      await ada.does((session) => session.set('writes', ++writes))
      expect(sealedBy()).not.toBe(before)
    })

    list(NEWER_SECRET, { secret: SECRET, state: 'revoked' })
    await soon(async () => expect(await bob.does((session) => session.get('a'))).toBeUndefined())
    expect(served.refusals).toContain('revoked-key')
    expect(await ada.does((session) => session.get('a'))).toBe(1)
  })

  test('does not keep a process alive that has nothing else to do', async () => {
    list(SECRET)
    const script = `
      const { fileSecrets } = await import(${JSON.stringify(join(import.meta.dirname, 'secrets.ts'))})
      const secrets = fileSecrets(${JSON.stringify(at('secrets'))})
      secrets.watch(() => {})
      console.log(secrets.read().length)`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
    expect(stdout).toBe('1\n')
  })
})
