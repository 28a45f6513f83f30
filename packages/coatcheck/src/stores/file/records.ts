import { dirname, join } from 'node:path'
import { SessionError } from '../../errors.ts'
import type { Found, SessionRecord, Version } from '../store.ts'
import { DamagedRecord, refusing, unlessDamaged } from './damaged.ts'
import { type Content, decode, draw, encode, nameVersion, parseVersion } from './format.ts'
import type { Owners } from './owners.ts'
import { codeOf, done, type FileSystem, ifThere } from './system.ts'

/** Each of these turns means that somebody else changed the record in the middle of a read. */
const MOST_TURNS = 1000

/**
 * ```
 * s/ab/<key>/<version>/<version>         the record: its directory has the version's name, and so has the file that counts
 * o/<owner>/<key>.<endsAt>.<birth>       whose it is
 * t/<random>                             being made or being removed
 * ```
 * Whoever replaces a version puts the new file beside the old one and then renames the directory; whoever removes one
 * renames the directory away. Both start from the name of the version they know, which is drawn at random and never
 * comes back, so of all that start from one version the system lets a single one through, and a process that stops or
 * dies anywhere has either done it or not. There are no locks, no clocks, and nothing to repair.
 */
export class Records {
  readonly #files: FileSystem
  readonly #owners: Owners
  readonly #sessions: string
  readonly #temporary: string

  constructor(files: FileSystem, owners: Owners, sessions: string, temporary: string) {
    this.#files = files
    this.#owners = owners
    this.#sessions = sessions
    this.#temporary = temporary
  }

  async read(key: string): Promise<Found | undefined> {
    const directory = this.#at(key)
    let before: string | undefined
    for (let turn = 0; turn < MOST_TURNS; turn++) {
      const names = await ifThere(this.#namesOf(directory))
      if (!names) return undefined
      // A listing that meets a rename may show both names or neither. What looks wrong twice in the same way is wrong.
      const settled = names.join() === before
      before = names.join()
      const [version, ...more] = names.filter(parseVersion)
      if (version !== undefined && more.length === 0) {
        const content = await this.#open(key, version)
        if (content) return { record: content.record, version }
        if (settled) throw new DamagedRecord(join(directory, version, version), 'it is missing')
      } else if (names.length === 0) {
        // Only the system knows that a directory is empty, and then it removes it.
        if (await this.#removeIfEmpty(directory)) return undefined
      } else if (settled) {
        const foreign = names.find((name) => !parseVersion(name)) ?? ''
        throw new DamagedRecord(
          join(directory, foreign),
          foreign ? 'the store did not put it there' : 'it holds more than one version',
        )
      }
    }
    throw new SessionError('STORE_FAILED', `The record in "${directory}" changed ${MOST_TURNS} times while it was read.`)
  }

  async create(key: string, record: SessionRecord): Promise<Version | undefined> {
    const files = this.#files
    const directory = this.#at(key)
    const version = nameVersion(0, record.expiresAt)
    const content = { birth: draw(), record }
    const text = encode(key, content)
    const prepared = join(this.#temporary, draw())
    await files.makeDirectory(prepared)
    await files.makeDirectory(join(prepared, version))
    await files.writeNew(join(prepared, version, version), text)
    await files.flush(join(prepared, version))
    await files.flush(prepared)
    await this.#owners.add(key, content)
    if (await files.makeDirectory(dirname(directory))) await files.flush(this.#sessions)
    if (!(await this.#place(prepared, directory))) {
      await this.#owners.remove(key, content)
      await files.removeAll(prepared)
      return undefined
    }
    await files.flush(dirname(directory))
    return version
  }

  async update(key: string, { data, expiresAt }: SessionRecord, version: Version): Promise<Version | undefined> {
    const files = this.#files
    const number = parseVersion(version)?.number
    const old = number === undefined ? undefined : await this.#open(key, version)
    if (number === undefined || !old) return undefined
    const directory = this.#at(key)
    const from = join(directory, version)
    const next = nameVersion(number + 1, expiresAt)
    const to = join(directory, next)
    const text = encode(key, { ...old, record: { ...old.record, data, expiresAt } })
    if (!(await done(files.writeNew(join(from, next), text), 'ENOENT'))) return undefined
    if (!(await done(files.flush(from), 'ENOENT'))) return undefined
    // Too late, and our file stays behind: whoever came first takes it away below, or whoever comes next.
    if (!(await done(files.rename(from, to), 'ENOENT'))) return undefined
    await this.#flush(directory)
    for (const name of (await ifThere(files.names(to))) ?? []) {
      // A higher number is somebody's next version in the making. One up to ours can never count again.
      const counts = name === next || (parseVersion(name)?.number ?? Infinity) > number + 1
      if (!counts) await done(files.removeFile(join(to, name)), 'ENOENT')
    }
    return next
  }

  async delete(key: string, version: Version): Promise<boolean> {
    const content = parseVersion(version) && (await this.#open(key, version))
    return content ? this.#remove(key, version, content) : false
  }

  /** Removes the record under `key` if it has expired at `before`, be it damaged or not. How many were there: one or none. */
  async removeExpired(key: string, before: number): Promise<0 | 1> {
    const directory = this.#at(key)
    const names = await unlessDamaged(ifThere(this.#namesOf(directory)))
    if (names?.length === 0) await this.#removeIfEmpty(directory)
    let removed: 0 | 1 = 0
    for (const version of names ?? []) {
      if ((parseVersion(version)?.expiresAt ?? Infinity) > before) continue
      if (await this.#remove(key, version, await unlessDamaged(this.#open(key, version)))) removed = 1
    }
    return removed
  }

  async #remove(key: string, version: Version, content: Content | undefined): Promise<boolean> {
    const files = this.#files
    const directory = this.#at(key)
    const away = join(this.#temporary, draw())
    // Should it be gone, the rename would report the same as for a version that is.
    await files.makeDirectory(this.#temporary)
    if (!(await done(files.rename(join(directory, version), away), 'ENOENT'))) return false
    await this.#flush(directory)
    if (content) await this.#owners.remove(key, content)
    await files.removeAll(away)
    await this.#removeIfEmpty(directory)
    return true
  }

  #at(key: string): string {
    return join(this.#sessions, key.slice(0, 2), key)
  }

  async #open(key: string, version: Version): Promise<Content | undefined> {
    const path = join(this.#at(key), version, version)
    const text = await ifThere(refusing(path, this.#files.readText(path)))
    return text === undefined ? undefined : decode(text, key, path)
  }

  #namesOf(directory: string): Promise<readonly string[]> {
    return refusing(directory, this.#files.names(directory))
  }

  /** Whether the key was free: a directory takes the place of an empty one, and of no other. */
  async #place(prepared: string, directory: string): Promise<boolean> {
    for (const last of [false, true]) {
      try {
        await this.#files.rename(prepared, directory)
        return true
      } catch (error) {
        const code = codeOf(error)
        if (code === 'ENOTEMPTY' || code === 'EEXIST') return false
        // Windows puts a directory in the place of no other, empty or not.
        if (code !== 'EPERM' || last) throw error
      }
      if (!(await this.#removeIfEmpty(directory))) return false
    }
    return false
  }

  /** Whether it is gone. */
  #removeIfEmpty(directory: string): Promise<boolean> {
    return done(ifThere(this.#files.removeEmpty(directory)), 'ENOTEMPTY', 'EEXIST')
  }

  /** Has the change of a record on the disk, also when its directory has gone since. */
  async #flush(directory: string): Promise<void> {
    if (!(await done(this.#files.flush(directory), 'ENOENT'))) await this.#files.flush(dirname(directory))
  }
}
