import { spawnSync } from 'node:child_process'
import { rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll } from 'vitest'
import { root } from '../../scripts/steps.ts'
import { folderOf, install, SECRET } from '../harness.ts'
import { blocksOf, lay } from '../pasted.ts'

const SETTINGS = { isolatedDeclarations: false, declaration: false, moduleDetection: 'force', skipLibCheck: true }

/**
 * The files of a page of docs/recipes, laid below the repository with the packages of this folder. `check` says what the compiler
 * has against them; nothing else than what the page shows is in there.
 */
export function recipe(page: string): { readonly folder: string; check(): string } {
  const folder = join(root, '.cache/recipes', page)
  beforeAll(async () => {
    await install('recipes')
    process.env.SESSION_SECRET ??= SECRET
    rmSync(folder, { recursive: true, force: true })
    lay(folder, { 'package.json': '{ "type": "module" }', ...blocksOf(`../recipes/${page}.md`) })
    symlinkSync(join(folderOf('recipes'), 'node_modules'), join(folder, 'node_modules'))
    const config = { extends: join(root, 'tsconfig.json'), compilerOptions: SETTINGS, include: ['**/*.ts'], exclude: [] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  })
  return {
    folder,
    check() {
      const tsc = join(root, 'node_modules/typescript/bin/tsc')
      const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' })
      return status === 0 ? '' : stdout
    },
  }
}
