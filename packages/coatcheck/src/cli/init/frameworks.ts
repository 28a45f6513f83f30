import { Problem } from '../problem.ts'
import type { Framework } from './framework.ts'
import type { Project } from './project.ts'
import { dropIns } from './recipes/drop-ins.ts'
import { hydrogens } from './recipes/hydrogen.ts'
import { nest } from './recipes/nest.ts'
import { remixes } from './recipes/remix.ts'
import { servers } from './recipes/servers.ts'
import { sites } from './recipes/sites.ts'
import { viteSites } from './recipes/vite.ts'

export const FRAMEWORKS: readonly Framework[] = [...sites, ...viteSites, ...remixes, ...hydrogens, ...dropIns, ...servers, nest]

const names = FRAMEWORKS.map(({ name }) => name).join(', ')

/** The framework of this name. Throws a `Problem`. */
export function frameworkCalled(name: string): Framework {
  const found = FRAMEWORKS.find((each) => each.name === name)
  if (!found) throw new Problem(`"${name}" is no framework that init knows.`, `Write one of these after --framework: ${names}.`)
  return found
}

/** The framework of a folder, by what it depends on and its files. Throws a `Problem` when there is none, or more than one. */
export function detect(project: Project): Framework {
  const all = FRAMEWORKS.filter(
    ({ packages, configs = [], isIt }) =>
      (packages.some(project.dependsOn) || configs.some(project.has)) && (isIt?.(project) ?? true),
  )
  const found = all.filter(({ name }) => !all.some((each) => each.over?.includes(name)))
  const [only, another] = found
  if (only && another)
    throw new Problem(
      `More than one framework is here: ${found.map(({ title }) => title).join(' and ')}.`,
      `Say which one gets sessions: --framework ${found.map(({ name }) => name).join(', or --framework ')}.`,
    )
  if (only) return only
  if (project.has('package.json') || project.first('deno.json', 'deno.jsonc')) return frameworkCalled('node')
  throw new Problem(
    `There is no package.json in ${project.folder}.`,
    'Call the command in the folder of your application, or make one with `npm init -y` first; or name a framework: --framework node.',
  )
}

/** Throws a `Problem` for a version that Coatcheck does not work with. */
export function checkVersion(project: Project, { least: [name, ...least] = [''], title }: Framework): void {
  const version = project.versionOf(name)
  if (!version) return
  const at = least.findIndex((part, index) => part !== (version[index] ?? 0))
  if (at < 0 || (version[at] ?? 0) > (least[at] ?? 0)) return
  throw new Problem(
    `${name} ${version.join('.')} is here, and Coatcheck is for ${title} ${least.join('.')} and later.`,
    `Install a later version: npm install ${name}@latest.`,
  )
}
