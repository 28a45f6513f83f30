import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { root } from '../scripts/steps.ts'
import { type AppName, type Environment, folderOf, install, type Served, serve } from './harness.ts'
import { take } from './locks.ts'
import { complete } from './processes.ts'

/** Texts by path. */
type Files = Readonly<Record<string, string>>

export interface Project {
  /** The app whose packages it has. */
  readonly name: AppName
  readonly folder: string
  readonly files: Files
  readonly build: string
  readonly start: string
  /** Of the server. */
  readonly env: Environment
}

/** The blocks of a page of docs/frameworks below the names of their files, in their order. */
export function blocksOf(page: string): Files {
  const text = readFileSync(join(root, 'docs/frameworks', page), 'utf8')
  const blocks = text.matchAll(/\*\*([\w./+[\]-]+)\*\*.*\n\n```\w+\n([\s\S]*?\n)```/g)
  return Object.fromEntries(Array.from(blocks, ([, path = '', code = '']) => [path, code]))
}

export function lay(folder: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

/** Makes and builds a project, for whoever has it alone until `release` is called. */
export async function openProject({
  name,
  folder,
  files,
  build,
}: Pick<Project, 'name' | 'folder' | 'files' | 'build'>): Promise<{ release(): void }> {
  await install(name)
  const release = await take(name)
  rmSync(folder, { recursive: true, force: true })
  lay(folder, { 'package.json': '{ "type": "module" }', ...files })
  symlinkSync(join(folderOf(name), 'node_modules'), join(folder, 'node_modules'))
  await complete(build, folder).catch((error) => {
    release()
    throw error
  })
  return { release }
}

/** Makes, builds and starts a project for the tests of a file, and removes it. Its origin, while they run. */
export function serveProject({ name, folder, files, build, start, env }: Project): () => string {
  let served: Served | undefined
  let release: (() => void) | undefined

  beforeAll(async () => {
    release = (await openProject({ name, folder, files, build })).release
    served = await serve(`The page's project on ${name}`, start, folder, env)
  })
  afterAll(async () => {
    await served?.stop()
    release?.()
    rmSync(folder, { recursive: true, force: true })
  })
  return () => served?.origin ?? ''
}
