import { posix } from 'node:path'
import type { FileSystem } from '../../src/stores/file/system.ts'
import type { Step } from '../../src/testing/interleave.ts'

export type Directory = Map<string, Directory | string>

/** A disk in memory: directories and files as POSIX has them: a directory that was found stays the same one when it is moved or removed. */
export class Disk {
  readonly root: Directory = new Map()
  readonly removed: Set<Directory> = new Set()

  directory(path: string): Directory {
    let here: Directory | string | undefined = this.root
    for (const name of path.split('/').filter(Boolean)) {
      if (here instanceof Map) here = here.get(name)
      if (typeof here === 'string') throw failure('ENOTDIR', path)
      if (here === undefined) throw failure('ENOENT', path)
    }
    return here as Directory
  }

  put(parent: Directory, name: string, entry: Directory | string): void {
    if (this.removed.has(parent)) throw failure('ENOENT', name)
    parent.set(name, entry)
  }

  drop(parent: Directory, name: string): void {
    const entry = parent.get(name)
    if (entry === undefined) throw failure('ENOENT', name)
    if (entry instanceof Map) {
      if (entry.size > 0) throw failure('ENOTEMPTY', name)
      this.removed.add(entry)
    }
    parent.delete(name)
  }
}

const failure = (code: string, path: string): Error => Object.assign(new Error(`${code}: ${path}`), { code })

/** What can come between the parts of a call: nothing, or other calls after it has found its directory and before it works in it. */
export type Grain = 'whole calls' | 'finding apart'

/** The calls of the file store on `disk`, each of which is a step. Those that change nothing are called `read`. */
export function filesOn(disk: Disk, step: Step, grain: Grain = 'whole calls'): FileSystem {
  async function inside<T>(call: string, paths: readonly string[], act: (directories: readonly Directory[]) => T): Promise<T> {
    const find = () => paths.map((path) => disk.directory(path))
    if (grain === 'whole calls') return step(call, () => act(find()))
    const found = await step('read', find)
    return step(call, () => act(found))
  }
  const { dirname, basename } = posix
  const inParentOf = <T>(call: string, path: string, act: (parent: Directory, name: string) => T): Promise<T> =>
    inside(call, [dirname(path)], ([parent]) => act(parent as Directory, basename(path)))

  return {
    makeDirectory: (path) =>
      step('mkdir', () => {
        let here = disk.root
        let made = false
        for (const name of path.split('/').filter(Boolean)) {
          const next = here.get(name)
          if (typeof next === 'string') throw failure('ENOTDIR', path)
          made ||= next === undefined
          const directory: Directory = next ?? new Map()
          here.set(name, directory)
          here = directory
        }
        return made
      }),
    // A listing in which only what was there before and after is certain to be shown.
    names: async (path) => {
      let before: readonly string[] = []
      const find = (directory: Directory) => {
        before = [...directory.keys()]
        return directory
      }
      if (grain === 'whole calls') return step('read', () => [...find(disk.directory(path)).keys()])
      const directory = await step('read', () => find(disk.directory(path)))
      return step('read', () => before.filter((name) => directory.has(name)))
    },
    async writeNew(path, text) {
      const parent = await inParentOf('open', path, (parent, name) => {
        if (parent.has(name)) throw failure('EEXIST', path)
        disk.put(parent, name, text === '' ? '' : text.slice(0, text.length / 2))
        return parent
      })
      if (text === '') return
      await step('write', () => {
        if (parent.has(basename(path))) parent.set(basename(path), text)
      })
    },
    readText: (path) =>
      inParentOf('read', path, (parent, name) => {
        const text = parent.get(name)
        if (text === undefined) throw failure('ENOENT', path)
        if (text instanceof Map) throw failure('EISDIR', path)
        return text
      }),
    rename: (from, to) =>
      inside('rename', [dirname(from), dirname(to)], ([source, target]) => {
        if (!source || !target) return
        const entry = source.get(basename(from))
        if (entry === undefined) throw failure('ENOENT', from)
        if (target.has(basename(to))) disk.drop(target, basename(to))
        disk.put(target, basename(to), entry)
        source.delete(basename(from))
      }),
    removeFile: (path) => inParentOf('unlink', path, (parent, name) => disk.drop(parent, name)),
    removeEmpty: (path) => inParentOf('rmdir', path, (parent, name) => disk.drop(parent, name)),
    removeAll: (path) => inParentOf('rm', path, (parent, name) => void parent.delete(name)),
    // Changes nothing that anybody sees, and finds what is there.
    flush: async (path) => void disk.directory(path),
    look: async (path) => ({ isDirectory: disk.directory(path) instanceof Map, isPublic: false, modified: 0 }),
  }
}
