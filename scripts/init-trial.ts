// Makes a new project of each framework by its own create command, gives it sessions by `npx coatcheck init`, does what init says, and asks whether it
// compiles, builds and counts: `npm run init:trial`, or `npm run init:trial -- next koa`. Downloads a lot. The table is in docs/init.md.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { putTable, tableOf } from './doc-table.ts'
import { makeFolder, removeFolder } from './engine-process.ts'
import type { Scaffold } from './init-trial/scaffold.ts'
import { servers } from './init-trial/servers.ts'
import { sites } from './init-trial/sites.ts'
import { firstLine, type Outcome, tryOn } from './init-trial/trial.ts'
import { environment, root } from './steps.ts'

export const SCAFFOLDS: readonly Scaffold[] = [...sites, ...servers]

/** What init knows and nobody can make anew. */
export const WITHOUT: Readonly<Record<string, string>> = {
  'iron-session': 'a library for several frameworks, which have rows of their own',
  'hydrogen-1': 'its create command makes Hydrogen 2026 now; see examples/hydrogen',
  'remix-3': 'a beta, whose packages did not install together here',
}

const file = join(root, '.cache/init-trial.json')
const known = (): readonly Outcome[] => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [])

/** Remembers a row, in the place of the one from before. */
function remember(outcome: Outcome): void {
  const all = [...known().filter(({ name }) => name !== outcome.name), outcome]
  mkdirSync(join(root, '.cache'), { recursive: true })
  writeFileSync(file, JSON.stringify(all, null, 2))
}

function table(): string {
  const rows = SCAFFOLDS.flatMap(({ name, shows }) => {
    const found = known().find((each) => each.name === name)
    if (!found) return []
    const { version, made, detected, written, build, types, dev, start, wrong } = found
    const files = written.map((path) => `\`${path}\``).join(', ')
    return [
      [
        name,
        `${shows} ${version}`,
        made,
        detected ? 'yes' : 'no',
        files,
        build,
        types,
        dev,
        start,
        wrong.join('; ') || 'nothing',
      ],
    ]
  })
  const others = Object.entries(WITHOUT).map(([name, why]) => `\`${name}\`: ${why}`)
  return `${tableOf(['project', 'version', 'made by', 'found', 'written', 'builds', 'types', 'counts in dev', 'counts when built', 'what was wrong'], rows)}

Without a row: ${others.join('; ')}.`
}

if (import.meta.main) {
  const names = process.argv.slice(2)
  const unknown = names.find((name) => !SCAFFOLDS.some((each) => each.name === name))
  if (unknown) throw new Error(`There is no ${unknown}. Name some of ${SCAFFOLDS.map(({ name }) => name).join(', ')}.`)
  const folder = makeFolder('init-trial')
  try {
    const packing = ['pack', '--workspace', 'coatcheck', '--pack-destination', folder, '--silent']
    const tarball = join(folder, execFileSync('npm', packing, { cwd: root, env: environment, encoding: 'utf8' }).trim())
    for (const scaffold of SCAFFOLDS) {
      if (names.length > 0 && !names.includes(scaffold.name)) continue
      const place = join(folder, scaffold.name)
      mkdirSync(place)
      const started = performance.now()
      try {
        remember(await tryOn(scaffold, place, tarball, (line) => console.log(`${scaffold.name}: ${line}`)))
      } catch (error) {
        console.error(`${scaffold.name}: ${error instanceof Error ? error.message : error}`)
        console.error(`${scaffold.name}: no row (${firstLine(error)})`)
        process.exitCode = 1
      }
      console.log(`${scaffold.name}: ${((performance.now() - started) / 1000).toFixed(0)} s\n`)
      removeFolder(place)
    }
    putTable('docs/init.md', 'trial', table())
    console.log(table())
  } finally {
    removeFolder(folder)
  }
}
