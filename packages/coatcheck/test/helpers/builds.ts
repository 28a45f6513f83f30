import { execFile } from 'node:child_process'
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type * as Coatcheck from '../../src/index.ts'
import type * as FileStores from '../../src/stores/file.ts'
import type * as MemoryStores from '../../src/stores/memory.ts'
import type * as SqliteStores from '../../src/stores/sqlite.ts'

const run = promisify(execFile)
const home = join(import.meta.dirname, '../..')
const root = join(home, '../..')

/** A packed build, as an application has it that installed it. */
export interface Build {
  readonly name: string
  readonly createSessions: typeof Coatcheck.createSessions
  readonly fileStore: typeof FileStores.fileStore
  readonly memoryStore: typeof MemoryStores.memoryStore
  readonly sqliteStore: typeof SqliteStores.sqliteStore
  readonly withSession: typeof import('../../src/adapters/fetch.ts').withSession
}

/** A line of the sources, which must be there once, and what a release writes in its place. */
export interface Edit {
  readonly file: string
  readonly from: string
  readonly to: string
}

/** Builds and packs this tree with these changes of its sources, under `folder`. */
export async function packed(folder: string, name: string, edits: readonly Edit[]): Promise<Build> {
  const sources = join(folder, `${name}-sources`)
  const place = join(folder, name)
  for (const path of [sources, place]) await rm(path, { recursive: true, force: true })
  await mkdir(place, { recursive: true })
  await cp(join(home, 'src'), join(sources, 'src'), { recursive: true, filter: (path) => !path.endsWith('.test.ts') })
  // Each is a release of its own: what two copies of one release share in a process, two releases do not.
  const manifest = JSON.parse(await readFile(join(home, 'package.json'), 'utf8'))
  await writeFile(join(sources, 'package.json'), JSON.stringify({ ...manifest, version: `${manifest.version}-${name}` }))
  const config = await readFile(join(home, 'tsdown.config.ts'), 'utf8')
  await writeFile(
    join(sources, 'tsdown.config.ts'),
    config.replace('dts: true', 'dts: false').replace("'../../tsconfig.json'", JSON.stringify(join(root, 'tsconfig.json'))),
  )
  for (const { file, from, to } of edits) {
    const path = join(sources, 'src', file)
    const text = await readFile(path, 'utf8')
    if (text.split(from).length !== 2) throw new Error(`${file} no longer has once: ${from}`)
    await writeFile(path, text.replace(from, to))
  }
  const tsdown = join(root, 'node_modules/.bin/tsdown')
  await run(tsdown, ['--config', join(sources, 'tsdown.config.ts'), '--logLevel', 'warn'], { cwd: root })
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', place], { cwd: sources })
  const tarball = (await readdir(place)).find((file) => file.endsWith('.tgz'))
  if (!tarball) throw new Error('npm pack made no tarball')
  await run('tar', ['-xzf', join(place, tarball), '-C', place])
  const load = (file: string) => import(pathToFileURL(join(place, 'package/dist', file)).href)
  const files = ['index', 'fetch', 'stores/file', 'stores/memory', 'stores/sqlite']
  return Object.assign({ name }, ...(await Promise.all(files.map((file) => load(`${file}.js`)))))
}
