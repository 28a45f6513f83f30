import { join } from 'node:path'
import { isName } from '../shared/names.ts'
import type { Page } from '../store.ts'
import { refusing, unlessDamaged } from './damaged.ts'
import { draw } from './format.ts'
import type { Owners } from './owners.ts'
import type { Records } from './records.ts'
import { done, type FileSystem, ifThere } from './system.ts'

const HOUR = 3_600_000

/** Goes through the whole directory: for listing, and for removing what nobody needs any more. */
export class Sweep {
  readonly #files: FileSystem
  readonly #records: Records
  readonly #owners: Owners
  readonly #sessions: string
  readonly #temporary: string
  /** The key where the last prune had removed as many as it might. */
  #stopped = ''

  constructor(files: FileSystem, records: Records, owners: Owners, sessions: string, temporary: string) {
    this.#files = files
    this.#records = records
    this.#owners = owners
    this.#sessions = sessions
    this.#temporary = temporary
  }

  async list(after: string | undefined, limit: number): Promise<Page> {
    const keys: string[] = []
    for await (const key of this.#keysAfter(after ?? '')) {
      const next = keys.at(-1)
      if (keys.length === limit && next !== undefined) return { keys, next }
      keys.push(key)
    }
    return { keys }
  }

  async prune(before: number, limit: number): Promise<number> {
    let removed = 0
    for await (const key of this.#round(this.#stopped)) {
      if (removed >= limit) return removed
      removed += await this.#records.removeExpired(key, before)
      this.#stopped = key
    }
    await this.#owners.removeEnded(before)
    await this.#clear()
    return removed
  }

  /** All keys once, beginning after `start`. */
  async *#round(start: string): AsyncGenerator<string> {
    yield* this.#keysAfter(start)
    if (start === '') return
    for await (const key of this.#keysAfter('')) {
      if (key > start) return
      yield key
    }
  }

  async *#keysAfter(after: string): AsyncGenerator<string> {
    for (const shard of await this.#namesIn(this.#sessions)) {
      if (shard.length > 2 || shard < after.slice(0, 2)) continue
      for (const key of await this.#namesIn(join(this.#sessions, shard))) if (key > after && key.startsWith(shard)) yield key
    }
  }

  /** Files that are not the store's own are left alone here; reading such a key reports them. */
  async #namesIn(directory: string): Promise<readonly string[]> {
    const names = (await unlessDamaged(ifThere(refusing(directory, this.#files.names(directory))))) ?? []
    return names.filter(isName).sort()
  }

  /**
   * Removes what killed processes left behind. Nothing that lives takes an hour from making its directory to placing it;
   * one that did would find it gone, fail, and have changed nothing. Both times are the file system's.
   */
  async #clear(): Promise<void> {
    const clock = join(this.#temporary, draw())
    await this.#files.makeDirectory(clock)
    const now = (await this.#files.look(clock)).modified
    await this.#files.removeEmpty(clock)
    for (const name of await this.#files.names(this.#temporary)) {
      const path = join(this.#temporary, name)
      const found = await ifThere(this.#files.look(path))
      if (!found || found.modified > now - HOUR) continue
      // Moved first, so that a half-removed directory is never placed as a record.
      const away = join(this.#temporary, draw())
      if (await done(this.#files.rename(path, away), 'ENOENT')) await this.#files.removeAll(away)
    }
  }
}
