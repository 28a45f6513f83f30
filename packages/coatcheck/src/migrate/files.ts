import { builtin } from '../builtin.ts'
import { clockOf } from '../clock.ts'
import { andThen, type Maybe } from '../crypto/maybe.ts'
import { randomText } from '../crypto/random.ts'
import { SessionError } from '../errors.ts'
import { parseJson, type Values } from './json.ts'

/** The functions of a storage over files that another library laid out. The last writer wins. */
export interface RecordFiles {
  /** null: there is none, or it has expired. Throws `DAMAGED_RECORD` for a file that is none of the format. */
  read(id: string): Promise<Record<string, unknown> | null>
  /** The id of the new record. */
  create(data: Values, expires?: Date): Promise<string>
  /** Replaces a record; one that is gone stays gone. */
  update(id: string, data: Values, expires?: Date): Promise<void>
  delete(id: string): Promise<void>
}

/** Where the files are and what they hold. */
export interface Layout {
  /** A new id. */
  draw(): string
  /** Folder and name of the file; undefined for what is no id. */
  place(id: string): Maybe<readonly [folder: string, name: string] | undefined>
  encode(data: Values, expires: Date | undefined): string
  /** `endsAt` in milliseconds since the epoch, or Infinity; undefined for what is none of the format. */
  decode(content: unknown): { readonly data: Values; readonly endsAt: number } | undefined
}

type Files = ReturnType<typeof process.getBuiltinModule<'node:fs/promises'>>

/**
 * The other library writes in place: a file may be met half written. How often it is looked at again, and after how many
 * milliseconds.
 */
const MOST_LOOKS = 10
const PAUSE = 5

export function recordFiles(dir: string, layout: Layout, clock?: () => number): RecordFiles {
  const now = clockOf(clock)
  if (typeof dir !== 'string' || dir === '') {
    throw new SessionError('BAD_OPTIONS', 'The option `dir` must name the folder in which the sessions are.')
  }
  const files = fileSystem()

  const placeOf = (id: string): Maybe<{ folder: string; path: string } | undefined> =>
    andThen(layout.place(id), (place) => place && { folder: `${dir}/${place[0]}`, path: `${dir}/${place[0]}/${place[1]}` })

  async function read(id: string): Promise<Record<string, unknown> | null> {
    const path = (await placeOf(id))?.path
    if (path === undefined) return null
    for (let looks = 1; ; looks++) {
      const text = await unless('ENOENT', files.readFile(path, 'utf8'))
      if (text === undefined) return null
      const record = layout.decode(parseJson(text))
      if (record) {
        if (record.endsAt > now()) return { ...record.data }
        await remove(id)
        return null
      }
      if (looks === MOST_LOOKS) throw new SessionError('DAMAGED_RECORD', `The file "${path}" holds no session.`)
      await new Promise((resolve) => setTimeout(resolve, PAUSE))
    }
  }

  async function create(data: Values, expires?: Date): Promise<string> {
    const text = layout.encode(data, expires)
    for (;;) {
      const id = layout.draw()
      const place = await placeOf(id)
      if (!place) continue
      await files.mkdir(place.folder, { recursive: true, mode: 0o700 })
      // Nobody knows the id before it is returned, so nobody sees the file half written.
      const write = async () => {
        await files.writeFile(place.path, text, { flag: 'wx', mode: 0o600 })
        return id
      }
      const written = await unless('EEXIST', write())
      if (written !== undefined) return written
    }
  }

  async function update(id: string, data: Values, expires?: Date): Promise<void> {
    const text = layout.encode(data, expires)
    const path = (await placeOf(id))?.path
    if (path === undefined || !(await unless('ENOENT', files.stat(path)))) return
    const temporary = `${path}.${randomText(9)}`
    try {
      await files.writeFile(temporary, text, { flag: 'wx', mode: 0o600 })
      await files.rename(temporary, path)
    } catch (error) {
      await unless('ENOENT', files.unlink(temporary))
      throw error
    }
  }

  async function remove(id: string): Promise<void> {
    const path = (await placeOf(id))?.path
    if (path !== undefined) await unless('ENOENT', files.unlink(path))
  }

  return { read, create, update, delete: remove }
}

function fileSystem(): Files {
  const files = builtin((node) => node.getBuiltinModule('node:fs/promises'))
  if (typeof files?.rename === 'function') return files
  throw new SessionError('BAD_OPTIONS', 'Sessions in files need a file system, and this platform offers none.', {
    fix: 'Keep them in a store that this platform has.',
  })
}

/** The result of `work`, or undefined when it fails with this code. */
async function unless<T>(code: string, work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === code) return undefined
    throw error
  }
}
