import { join } from 'node:path'
import { isName } from '../shared/names.ts'
import { refusing, unlessDamaged } from './damaged.ts'
import { type Content, nameEntry, parseEntry } from './format.ts'
import { done, type FileSystem, ifThere } from './system.ts'

/**
 * Whose sessions there are: an empty file each, made before its record and removed after it. An entry may point at
 * nothing, when a process died in between; it goes when the session would have ended at the latest.
 */
export class Owners {
  readonly #files: FileSystem
  readonly #directory: string

  constructor(files: FileSystem, directory: string) {
    this.#files = files
    this.#directory = directory
  }

  async add(key: string, content: Content): Promise<void> {
    const { owner } = content.record
    if (owner === undefined) return
    const directory = join(this.#directory, owner)
    let made: boolean
    do {
      made = await this.#files.makeDirectory(directory)
      // The directory goes with an owner's last entry, perhaps just now.
    } while (!(await done(this.#files.writeNew(join(directory, nameEntry(key, content)), ''), 'ENOENT')))
    await done(this.#files.flush(directory), 'ENOENT')
    if (made) await this.#files.flush(this.#directory)
  }

  async remove(key: string, content: Content): Promise<void> {
    const { owner } = content.record
    if (owner !== undefined) await this.#removeEntries(owner, [nameEntry(key, content)])
  }

  async list(owner: string): Promise<readonly string[]> {
    const entries = await this.#entriesOf(owner)
    return [...new Set(entries.map(({ key }) => key))]
  }

  /** Removes entries of sessions that have ended at `before` at the latest. */
  async removeEnded(before: number): Promise<void> {
    const owners = (await ifThere(this.#files.names(this.#directory))) ?? []
    for (const owner of owners.filter(isName)) {
      const ended = ((await unlessDamaged(this.#entriesOf(owner))) ?? []).filter(({ endsAt }) => endsAt <= before)
      await this.#removeEntries(
        owner,
        ended.map(({ name }) => name),
      )
    }
  }

  async #entriesOf(owner: string): Promise<{ name: string; key: string; endsAt: number }[]> {
    const directory = join(this.#directory, owner)
    const names = (await ifThere(refusing(directory, this.#files.names(directory)))) ?? []
    return names.flatMap((name) => {
      const entry = parseEntry(name)
      return entry ? [{ name, ...entry }] : []
    })
  }

  async #removeEntries(owner: string, names: readonly string[]): Promise<void> {
    const directory = join(this.#directory, owner)
    for (const name of names) await done(this.#files.removeFile(join(directory, name)), 'ENOENT')
    await done(this.#files.removeEmpty(directory), 'ENOENT', 'ENOTEMPTY', 'EEXIST')
  }
}
