import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root, run } from './steps.ts'

/** What a release is judged by. */
export interface Candidate {
  readonly version: string
  /** What `git status --porcelain` says. */
  readonly status: string
  /** The tags of this commit. */
  readonly tags: readonly string[]
  readonly changelog: string
}

const VERSION = /^\d+\.\d+\.\d+(?:-[\dA-Za-z.-]+)?$/

/** Why this may not be published; none: it may. */
export function obstacles({ version, status, tags, changelog }: Candidate): string[] {
  const found: string[] = []
  if (!VERSION.test(version)) found.push(`“${version}” is no version. Set it in packages/coatcheck/package.json.`)
  if (status.trim() !== '') found.push(`The tree is not clean. Commit or remove:\n${status.trimEnd()}`)
  if (!tags.includes(`v${version}`)) found.push(`This commit has no tag v${version}: the links of the package lead there.`)
  const entry = entryOf(version, changelog)
  if (entry === undefined) found.push(`CHANGELOG.md has no heading “## ${version} (year-month-day)”.`)
  else if (entry.trim() === '') found.push(`The entry of ${version} in CHANGELOG.md is empty.`)
  return found
}

/** What the changelog says under the heading of a version that has a date. */
function entryOf(version: string, changelog: string): string | undefined {
  const parts = changelog.split(/^## /m).slice(1)
  const heading = new RegExp(`^${version.replace(/\W/g, '\\$&')} \\(\\d{4}-\\d{2}-\\d{2}\\)\\s*\\n`)
  const part = parts.find((each) => heading.test(each))
  return part?.replace(heading, '').replace(/^#+ .*$/gm, '')
}

const git = (...args: string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' })

/** `--dry-run` is what npm itself runs before it publishes. */
function main(): void {
  const { values } = parseArgs({ options: { 'dry-run': { type: 'boolean', default: false } } })
  const { version } = JSON.parse(readFileSync(join(root, 'packages/coatcheck/package.json'), 'utf8'))
  const changelog = readFileSync(join(root, 'CHANGELOG.md'), 'utf8')
  const tags = git('tag', '--points-at', 'HEAD').split('\n')
  const found = obstacles({ version, status: git('status', '--porcelain'), tags, changelog })
  for (const each of found) console.error(each)
  const goesOn = values['dry-run'] ? 'npm run --silent check' : 'npm publish --workspace coatcheck'
  if (found.length > 0 || !run(goesOn)) process.exitCode = 1
}

if (import.meta.main) main()
