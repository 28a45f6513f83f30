import { execFileSync } from 'node:child_process'
import {
  chmod,
  copyFile,
  cp,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Disk, filesOn } from '../../test/helpers/disk.ts'
import { SessionError } from '../errors.ts'
import { storeSuite } from '../testing/store-suite.ts'
import { type FileSystem, realFiles } from './file/system.ts'
import { DamagedRecord, type FileStore, fileStore, fileStoreOn } from './file.ts'
import type { SessionRecord } from './store.ts'

const KEY = 'ab12'
const OTHER = 'ab34'
const NOW = 4_000_000_000_000
const HOUR = 3_600_000

const record = (data: string, changes: Partial<SessionRecord> = {}): SessionRecord => ({
  data,
  owner: 'ada',
  createdAt: NOW,
  endsAt: NOW + 2 * HOUR,
  expiresAt: NOW + HOUR,
  ...changes,
})

let directory: string
let store: FileStore

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'coatcheck-')), 'sessions')
  store = fileStore({ directory })
})
afterEach(() => rm(join(directory, '..'), { recursive: true, force: true }))

const place = (...names: string[]): string => join(directory, ...names)
const placeOf = (key: string, ...names: string[]): string => place('s', key.slice(0, 2), key, ...names)

/** The path of a record's file. */
async function fileOf(key: string): Promise<string> {
  const [version = ''] = await readdir(placeOf(key))
  return placeOf(key, version, version)
}

const refusal = async (work: Promise<unknown>): Promise<SessionError> => {
  const error: unknown = await work.then(
    (value) => `gave ${JSON.stringify(value)}`,
    (reason: unknown) => reason,
  )
  if (error instanceof SessionError) return error
  throw new Error(`Expected a SessionError, got ${error}.`)
}

describe('fileStore', () => {
  // On a disk in memory here; the same on a real one, with every call directed, and with ten times as many sessions, is in the slow tests.
  storeSuite({
    it,
    records: 1_000,
    open() {
      const files = filesOn(new Disk(), async (_, act) => act())
      return { store: fileStoreOn(files, '/'), reopen: () => fileStoreOn(files, '/') }
    },
    expect: ['list', 'listByOwner', 'prune', 'migrate'],
  })

  it('leaves sliding to update, because a version is the name of what expires', () => {
    expect('touch' in store).toBe(false)
  })

  it('finds everything again after a restart', async () => {
    const version = await store.create(KEY, record('cart'))
    expect(await fileStore({ directory }).read(KEY)).toEqual({ record: record('cart'), version })
  })

  it('lets nobody else on the machine read what it keeps', async () => {
    await store.create(KEY, record('secret'))
    const paths = await readdir(directory, { recursive: true })
    expect(paths).toHaveLength(9)
    for (const path of [directory, ...paths.map((path) => place(path))]) {
      const { mode } = await stat(path)
      expect((mode & 0o777).toString(8)).toBe(mode & 0o040000 ? '700' : '600')
    }
  })

  it('will not work in a directory that every user of the machine can enter, and says how to close it', async () => {
    await store.create(KEY, record('secret'))
    await chmod(place('s'), 0o755)
    const error = await refusal(fileStore({ directory }).read(KEY))
    expect(error).toMatchObject({ code: 'STORE_FAILED', fix: `Take the rights away: chmod -R go-rwx "${directory}".` })
    await chmod(place('s'), 0o700)
    expect(await fileStore({ directory }).read(KEY)).toBeDefined()
  })

  it('makes no path from anything but digests, and does not repeat what it was given', async () => {
    const bad = ['', '.', '..', '../../../etc/passwd', 'a/b', 'a\\b', 'A', 'é', 'a b', 'a\0', 'x'.repeat(129)]
    const before = await readdir(join(directory, '..'))
    for (const key of bad) {
      const calls = [
        () => store.read(key),
        () => store.create(key, record('x')),
        () => store.update(key, record('x'), '0.1.aaaaaaaaaaaa'),
        () => store.delete(key, '0.1.aaaaaaaaaaaa'),
        () => store.listByOwner(key),
        () => store.create(KEY, record('x', { owner: key })),
      ]
      for (const call of calls) {
        const error = await refusal(call())
        expect(error.code).toBe('BAD_KEY')
        if (key.length > 2) expect(error.message).not.toContain(key)
      }
    }
    expect(await readdir(join(directory, '..'))).toEqual(before)
  })

  it('takes a version for a version only if it has the form of one', async () => {
    const version = (await store.create(KEY, record('cart'))) ?? ''
    for (const other of ['', '.', '..', `../${KEY}/${version}`, `${version}/`, `${version}/../${version}`, `${version}x`]) {
      expect(await store.update(KEY, record('changed'), other)).toBeUndefined()
      expect(await store.delete(KEY, other)).toBe(false)
    }
    expect(await store.read(KEY)).toEqual({ record: record('cart'), version })
  })

  it('refuses times that are no whole milliseconds', async () => {
    for (const expiresAt of [Number.NaN, 1.5, -1, Number.POSITIVE_INFINITY]) {
      expect(await refusal(store.create(KEY, record('x', { expiresAt })))).toMatchObject({ code: 'STORE_FAILED' })
    }
    expect(await store.list(undefined, 10)).toEqual({ keys: [] })
  })

  it('keeps one directory, whatever becomes the working directory', async () => {
    const home = process.cwd()
    await mkdir(directory)
    process.chdir(directory)
    try {
      const relative = fileStore({ directory: 'here' })
      process.chdir('..')
      await relative.create(KEY, record('cart'))
      expect(await readdir(place('here'))).toEqual(['o', 's', 't'])
    } finally {
      process.chdir(home)
    }
  })

  it('begins anew when somebody removes the whole directory under it', async () => {
    await store.create(KEY, record('cart'))
    await rm(directory, { recursive: true })
    expect(await store.read(KEY)).toBeUndefined()
    expect(await store.list(undefined, 10)).toEqual({ keys: [] })
    expect(await store.listByOwner('ada')).toEqual([])
    expect(await store.prune(NOW, 10)).toBe(0)
    expect(await store.create(KEY, record('new'))).toBeDefined()
    expect((await store.read(KEY))?.record.data).toBe('new')
  })

  it('does not open more files at once than a process may have, however many requests come', async () => {
    const keys = Array.from({ length: 150 }, (_, n) => `k${n}`)
    await Promise.all(keys.map((key) => store.create(key, record(key))))
    const opened: number[] = []
    const reads = keys.map(async (key) => {
      const found = await store.read(key)
      opened.push((await readdir('/dev/fd')).length)
      return found?.record.data
    })
    expect(await Promise.all(reads)).toEqual(keys)
    expect(Math.max(...opened)).toBeLessThan(Math.min(...opened) + 64)
  })
})

describe('fileStore, given a directory it cannot use', () => {
  it('throws at once when it is no path', () => {
    for (const directory of [undefined, '', 7, 'a\0b', null] as unknown[]) {
      expect(() => fileStore({ directory } as { directory: string })).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
    }
    expect(() => fileStore(undefined as unknown as { directory: string })).toThrow(SessionError)
  })

  it('says so before the first visitor, when it is asked to migrate', async () => {
    await writeFile(join(directory, '..', 'file'), '')
    const error = await refusal(fileStore({ directory: join(directory, '..', 'file', 'sessions') }).migrate())
    expect(error.message).toContain(join('file', 'sessions'))
    expect(error).toMatchObject({ code: 'STORE_FAILED', fix: 'A part of this path is a file. Choose another directory.' })
  })

  it('says so when the way there is a link to nowhere', async () => {
    await symlink(join(directory, '..', 'nowhere'), directory)
    expect(await refusal(store.migrate())).toMatchObject({ code: 'STORE_FAILED', cause: { code: 'ENOENT' } })
  })

  it('says so when it has no right to write there, and works once it has', async () => {
    await mkdir(directory)
    await chmod(directory, 0o500)
    // The superuser has every right, and so tries as somebody who has not.
    const superuser = process.geteuid?.() === 0
    await chmod(join(directory, '..'), 0o755)
    if (superuser) process.seteuid?.(65_534)
    try {
      const error = await refusal(store.read(KEY))
      expect(error).toMatchObject({ code: 'STORE_FAILED', cause: { code: 'EACCES' } })
      expect(error.message).toContain(directory)
      expect(error.fix).toContain('all rights to the directory')
    } finally {
      if (superuser) process.seteuid?.(0)
    }
    await chmod(directory, 0o700)
    expect(await store.read(KEY)).toBeUndefined()
  })
})

describe('fileStore, when a record is not as it left it', () => {
  /** Refused by name at every call, while the session beside it goes on; and removed when it would have expired. */
  async function refused(path: string, what: string): Promise<void> {
    const error = await refusal(store.read(KEY))
    expect(error).toBeInstanceOf(DamagedRecord)
    expect(error).toMatchObject({ code: 'DAMAGED_RECORD', path })
    expect(error.message).toContain(`"${path}": ${what}`)
    expect((await store.read(OTHER))?.record.data).toBe('untouched')
    const { keys } = await store.list(undefined, 10)
    expect(keys).toContain(OTHER)
  }

  beforeEach(async () => {
    await store.create(KEY, record('x'.repeat(5000)))
    await store.create(OTHER, record('untouched'))
  })

  it('refuses a file that was cut short, at any length', async () => {
    const path = await fileOf(KEY)
    const whole = await readFile(path)
    for (const length of [0, 1, 43, 44, 100, 4096, whole.length - 1]) {
      await writeFile(path, whole.subarray(0, length))
      await refused(path, length < 4096 ? 'it is not a whole record' : 'its content is torn or was changed')
    }
  })

  it('refuses a file of which a part never reached the disk', async () => {
    const path = await fileOf(KEY)
    const file = await open(path, 'r+')
    await file.write(Buffer.alloc(512), 0, 512, 4096)
    await file.close()
    await refused(path, 'its content is torn or was changed')
    const [version = ''] = await readdir(placeOf(KEY))
    expect(await refusal(store.update(KEY, record('x'), version))).toBeInstanceOf(DamagedRecord)
    expect(await refusal(store.delete(KEY, version))).toBeInstanceOf(DamagedRecord)
  })

  it('refuses the record of another session in its place', async () => {
    const path = await fileOf(KEY)
    await copyFile(await fileOf(OTHER), path)
    await refused(path, 'it is the record of another session')
  })

  it('refuses what a newer version of the library wrote', async () => {
    const path = await fileOf(KEY)
    const { createHash } = await import('node:crypto')
    const rest = (await readFile(path, 'utf8')).slice(44).replace('"format":1', '"format":2')
    await writeFile(path, `${createHash('sha256').update(rest).digest('base64url')}\n${rest}`)
    await refused(path, 'another version of this library wrote it')
  })

  it('refuses a record whose file is gone', async () => {
    const path = await fileOf(KEY)
    await rm(path)
    await refused(path, 'it is missing')
  })

  it('refuses what somebody else put in its place: a file, a directory, a pipe', async () => {
    const path = await fileOf(KEY)
    await rm(path)
    await mkdir(path)
    await refused(path, 'it is not a regular file')
    await rm(path, { recursive: true })
    execFileSync('mkfifo', [path])
    await refused(path, 'it is not a regular file')

    await rm(placeOf(KEY), { recursive: true })
    await writeFile(placeOf(KEY), 'notes')
    await refused(placeOf(KEY), 'it is not in a directory of the store')
    await rm(placeOf(KEY))
    await mkdir(placeOf(KEY))
    await writeFile(placeOf(KEY, 'notes.txt'), 'notes')
    await refused(placeOf(KEY, 'notes.txt'), 'the store did not put it there')
    expect(await store.prune(NOW + HOUR, 10)).toBe(1)
    expect(await readFile(placeOf(KEY, 'notes.txt'), 'utf8')).toBe('notes')
  })

  it('refuses two versions of one record, as a restored backup may leave them', async () => {
    const [version = ''] = await readdir(placeOf(KEY))
    const backup = place('backup')
    await cp(placeOf(KEY, version), backup, { recursive: true })
    await store.update(KEY, record('newer'), version)
    await rename(backup, placeOf(KEY, version))
    await refused(placeOf(KEY), 'it holds more than one version')
    expect(await store.prune(NOW + HOUR, 10)).toBe(2)
    expect(await store.read(KEY)).toBeUndefined()
  })

  it('follows no link, neither to read nor to write nor to remove', async () => {
    const elsewhere = place('elsewhere')
    const path = await fileOf(KEY)
    await rename(path, elsewhere)
    await symlink(elsewhere, path)
    await refused(path, 'it is not a regular file')

    await rm(path)
    await rename(elsewhere, path)
    const whole = placeOf(KEY)
    await rename(whole, elsewhere)
    await symlink(elsewhere, whole)
    await refused(whole, 'it is not in a directory of the store')
    expect(await store.prune(NOW + HOUR, 10)).toBe(1)
    expect(await readdir(elsewhere)).toHaveLength(1)
  })

  it('removes a torn record when it has expired, and its owner’s entry when the session would have ended', async () => {
    await writeFile(await fileOf(KEY), 'torn')
    expect(await store.prune(NOW + HOUR - 1, 10)).toBe(0)
    expect(await store.prune(NOW + HOUR, 10)).toBe(2)
    expect(await store.read(KEY)).toBeUndefined()
    expect(await store.listByOwner('ada')).toEqual([KEY])
    await store.prune(NOW + 2 * HOUR, 10)
    expect(await store.listByOwner('ada')).toEqual([])
  })
})

describe('fileStore, after processes that died', () => {
  const files = (): Promise<string[]> => readdir(directory, { recursive: true })

  it('removes an empty directory of a key, and what was being made or removed an hour ago', async () => {
    await store.create(KEY, record('cart'))
    const tidy = await files()
    await mkdir(placeOf(OTHER))
    await mkdir(place('t', 'old', '0.1.aaaaaaaaaaaa'), { recursive: true })
    await writeFile(place('t', 'old', '0.1.aaaaaaaaaaaa', 'torn'), 'x')
    const anHourAgo = Date.now() / 1000 - 3_601
    await utimes(place('t', 'old'), anHourAgo, anHourAgo)
    expect(await store.prune(NOW, 10)).toBe(0)
    expect(await files()).toEqual(tidy)
  })

  it('leaves alone what somebody may be making just now', async () => {
    await store.migrate()
    await mkdir(place('t', 'young', '0.1.aaaaaaaaaaaa'), { recursive: true })
    const almostAnHourAgo = Date.now() / 1000 - 3_500
    await utimes(place('t', 'young'), almostAnHourAgo, almostAnHourAgo)
    const before = await files()
    await store.prune(NOW + 100 * HOUR, 10)
    expect(await files()).toEqual(before)
  })

  it('tells a create that was asleep for too long that it came to nothing', async () => {
    const sleepy = fileStoreOn(
      {
        ...realFiles,
        async rename(from, to) {
          // While it sleeps, another process prunes, an hour later.
          const anHourAgo = Date.now() / 1000 - 3_601
          await utimes(from, anHourAgo, anHourAgo)
          await store.prune(0, 10)
          await realFiles.rename(from, to)
        },
      },
      directory,
    )
    expect(await refusal(sleepy.create(KEY, record('cart')))).toMatchObject({ code: 'STORE_FAILED', cause: { code: 'ENOENT' } })
    expect(await store.read(KEY)).toBeUndefined()
    expect(await store.create(KEY, record('cart'))).toBeDefined()
  })

  it('keeps an owner’s entry without a record until the session would have ended: it may be on its way', async () => {
    await store.create(KEY, record('cart'))
    await rm(placeOf(KEY), { recursive: true })
    await store.prune(NOW + 2 * HOUR - 1, 10)
    expect(await store.listByOwner('ada')).toEqual([KEY])
    await store.prune(NOW + 2 * HOUR, 10)
    expect(await store.listByOwner('ada')).toEqual([])
    expect(await readdir(place('o'))).toEqual([])
  })
})

describe('fileStore, on other systems', () => {
  it('puts a directory in the place of an empty one also where rename does not', async () => {
    const files = filesOn(new Disk(), async (_, act) => act())
    const there = (path: string) =>
      files.look(path).then(
        () => true,
        () => false,
      )
    const likeWindows: FileSystem = {
      ...files,
      async rename(from, to) {
        if (await there(to)) throw Object.assign(new Error('EPERM'), { code: 'EPERM' })
        await files.rename(from, to)
      },
    }
    const store = fileStoreOn(likeWindows, '/')
    await files.makeDirectory(`/s/ab/${KEY}`)
    const version = await store.create(KEY, record('cart'))
    expect(await store.create(KEY, record('again'))).toBeUndefined()
    expect(await store.read(KEY)).toEqual({ record: record('cart'), version })
  })

  it('says so when the system lets nobody put it there', async () => {
    const denied = Object.assign(new Error('EPERM'), { code: 'EPERM' })
    const store = fileStoreOn({ ...filesOn(new Disk(), async (_, act) => act()), rename: () => Promise.reject(denied) }, '/')
    expect(await refusal(store.create(KEY, record('cart')))).toMatchObject({ code: 'STORE_FAILED', cause: denied })
  })

  it('reads on where a listing that meets a rename shows both names', async () => {
    const files = filesOn(new Disk(), async (_, act) => act())
    const store = fileStoreOn(files, '/')
    const old = (await store.create(KEY, record('old'))) ?? ''
    const version = await store.update(KEY, record('new'), old)
    let met = 0
    const names = async (path: string) =>
      path.endsWith(KEY) && met++ === 0 ? [old, ...(await files.names(path))] : files.names(path)
    expect(await fileStoreOn({ ...files, names }, '/').read(KEY)).toEqual({ record: record('new'), version })
  })
})
