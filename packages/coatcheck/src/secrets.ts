import { type FSWatcher, lstatSync, readFileSync, readlinkSync, watch } from 'node:fs'
import { parse, resolve, sep } from 'node:path'
import type { SecretList } from './core/options/secret-states.ts'
import type { SecretSource } from './core/options/secrets.ts'
import { bad, kind, SessionError } from './errors.ts'

/** Secrets in a file. */
export interface FileSecrets extends SecretSource {
  read(): SecretList
  watch(changed: () => void): void
  /** Stops watching. The process ends without that, too. */
  close(): void
}

/** A file is short: whatever is longer is another one. */
const LONGEST = 65_536
/** So many links may lead to one file. */
const MOST_LINKS = 40

/**
 * For the option `secrets`: the secrets in a file, one a line, the newest first; or JSON, a list of texts and of objects as in code. Nothing
 * is read here. The folder is watched, so that a file that is replaced is read before the next ticket is; besides, it is read again after 60
 * seconds. Throws `BAD_OPTIONS` for what is no path.
 */
export function fileSecrets(path: string): FileSecrets {
  if (typeof path !== 'string' || path === '') throw bad('path', `is ${kind(path)}`, 'Give the path of a file.')
  const file = resolve(path)
  let told: (() => void) | undefined
  let watchers: readonly FSWatcher[] = []

  /** What is there now is watched before it is read; the old ones go afterwards, so that nothing is missed. */
  function watchAgain(): void {
    if (!told) return
    const before = watchers
    watchers = foldersOf(file).flatMap((folder) => watched(folder, told as () => void))
    for (const watcher of before) watcher.close()
  }

  return {
    read() {
      watchAgain()
      return secretsIn(readFileSync(file, 'utf8'))
    },
    watch(changed) {
      told = changed
    },
    close() {
      told = undefined
      for (const watcher of watchers) watcher.close()
      watchers = []
    },
  }
}

/** Some systems and folders cannot be watched: then the file is read every 60 seconds. */
function watched(folder: string, changed: () => void): FSWatcher[] {
  try {
    return [watch(folder, { persistent: false }, changed).on('error', () => {})]
  } catch {
    return []
  }
}

/**
 * The folders in which this file can be replaced: its own, and those of all links on the way to it. Kubernetes and most programs put another
 * file, or a link to another folder, in the place of the old one, which nobody hears of who watches the file.
 */
function foldersOf(path: string): readonly string[] {
  const folders = new Set<string>()
  let at = parse(path).root
  let parts = partsOf(path)
  for (let links = 0; parts.length > 0; ) {
    const [part = '', ...rest] = parts
    const next = resolve(at, part)
    const target = links < MOST_LINKS ? linkAt(next) : undefined
    if (target !== undefined || rest.length === 0) folders.add(at)
    if (target === undefined) {
      at = next
      parts = rest
      continue
    }
    links++
    const whole = resolve(at, target, ...rest)
    at = parse(whole).root
    parts = partsOf(whole)
  }
  return [...folders]
}

const partsOf = (path: string): readonly string[] => path.slice(parse(path).root.length).split(sep)

function linkAt(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined
  } catch {
    return undefined
  }
}

/** No message shows what stands there, and none of another's either. */
function secretsIn(text: string): SecretList {
  const fault = (what: string) =>
    new SessionError('BAD_OPTIONS', `The file of secrets ${what}.`, {
      fix: 'Write one secret a line, the newest first, or a list as JSON. Put it in place as a whole: write another file, and rename it.',
    })
  if (text.length > LONGEST) throw fault('is over 64 KiB')
  const trimmed = text.trim()
  if (trimmed === '') throw fault('is empty')
  if (!/^[[{"]/.test(trimmed)) return trimmed.split(/\s*\n\s*/)
  let list: unknown
  try {
    list = JSON.parse(trimmed)
  } catch {
    throw fault('is no JSON')
  }
  if (!Array.isArray(list)) throw fault('holds no list')
  return list as SecretList
}
