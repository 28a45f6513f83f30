import { resolve } from 'node:path'
import { JSON_OPTION, parsed } from './args.ts'
import type { Command } from './command.ts'
import { diffOf, write } from './init/change.ts'
import type { Step } from './init/framework.ts'
import { checkVersion, detect, FRAMEWORKS, frameworkCalled } from './init/frameworks.ts'
import { type Plan, planOf } from './init/plan.ts'
import { openProject, type Project } from './init/project.ts'
import { STORES, type StoreName } from './init/stores.ts'
import { Problem } from './problem.ts'
import type { Terminal } from './terminal.ts'

const PAGES = 'https://github.com/coatcheck/coatcheck/blob/main/docs'

export const init: Command = {
  name: 'init',
  summary: 'gives the application of this folder sessions',
  help: `coatcheck init [folder] [options]

Finds the framework of a folder, shows which files sessions need there, and writes them after a yes. It changes no file that is there,
but adds a line to .env (the secret) and to .gitignore; what else is to change it says, with file and line.

  --framework NAME   in the place of what is found: ${FRAMEWORKS.map(({ name }) => name)
    .join(', ')
    .replace(/(.{1,68})(?:, |$)/g, '$1,\n                     ')
    .trim()
    .replace(/,$/, '')}
  --store NAME       where sessions live: ${STORES.join(', ')}; sqlite when left out
  --yes, -y          writes without asking
  --dry-run          only shows
  --json             for programs: the plan as JSON
  --help, -h         this text

  npx coatcheck init
  npx coatcheck init --store redis --yes
  npx coatcheck init apps/shop --framework express --dry-run

The exit code is 0 when nothing is left to write, and after --dry-run; else it is 1.`,

  async run(args, terminal) {
    const { folder, framework: name, store, ...how } = options(args)
    const project = openProject(resolve(terminal.folder, folder))
    const framework = name === undefined ? detect(project) : frameworkCalled(name)
    checkVersion(project, framework)
    const plan = planOf(project, framework, store)
    const say = (text: string): void => (how.json ? undefined : terminal.say(text))
    say(shown(project, plan))

    const isWriting =
      plan.changes.length > 0 && !how.dryRun && (how.yes || (terminal.isAnswered && !how.json && (await agreed(terminal))))
    if (isWriting) write(project.folder, plan.changes)
    if (how.json) terminal.say(asJson(project, plan, isWriting))
    else if (isWriting) say(`\nWritten: ${plan.changes.map(({ path }) => path).join(', ')}.`)
    if (isWriting || how.dryRun || plan.changes.length === 0) return 0
    throw new Problem('Nothing was written.', 'Call init with --yes to write these files, or with --dry-run to only see them.')
  },
}

interface Options {
  readonly folder: string
  readonly framework: string | undefined
  readonly store: StoreName | undefined
  readonly yes: boolean
  readonly dryRun: boolean
  readonly json: boolean
}

function options(args: readonly string[]): Options {
  const { values, positionals } = parsed('init', args, {
    framework: { type: 'string' },
    store: { type: 'string' },
    yes: { type: 'boolean', short: 'y' },
    'dry-run': { type: 'boolean' },
    ...JSON_OPTION,
  })
  if (positionals.length > 1) throw new Problem(`init takes one folder, not ${positionals.length}.`, 'Call it once for each.')
  const store = STORES.find((each) => each === values.store)
  if (values.store !== undefined && !store)
    throw new Problem(
      `"${values.store}" is no store that init can write.`,
      `Write one of these after --store: ${STORES.join(', ')}. For the others see ${PAGES}/stores.md.`,
    )
  return {
    ...{ folder: positionals[0] ?? '.', framework: values.framework, store },
    ...{ yes: values.yes ?? false, dryRun: values['dry-run'] ?? false, json: values.json ?? false },
  }
}

const agreed = async (terminal: Terminal): Promise<boolean> => /^y(es)?$/i.test(await terminal.ask('\nWrite these files? [y/N] '))

function shown(project: Project, { framework, changes, kept, steps }: Plan): string {
  return [
    `${framework.title} is here.`,
    ...(kept.length > 0 ? [`There already, and left as it is: ${kept.join(', ')}.`] : []),
    ...(changes.length > 0 ? changes.map((change) => `\n${diffOf(project, change)}`) : ['There is nothing to write.']),
    '\nBy hand:',
    ...steps.map((step, at) => stepText(step, at + 1)),
    `\nMore: ${PAGES}/${framework.page}`,
  ].join('\n')
}

function stepText({ say, place, remove = [], add = [] }: Step, at: number): string {
  const where = place ? `${place.file}${place.line === undefined ? '' : `:${place.line}`}: ` : ''
  const isDiff = remove.length > 0
  const lines = [...remove.map((line) => `- ${line}`), ...add.map((line) => (isDiff ? `+ ${line}` : line))]
  return [`  ${at}. ${where}${say}`, ...lines.map((line) => `       ${line}`)].join('\n')
}

const asJson = (project: Project, { framework, changes, kept, steps }: Plan, isWritten: boolean): string =>
  JSON.stringify(
    {
      ...{ framework: framework.name, page: `${PAGES}/${framework.page}`, written: isWritten },
      changes: changes.map((change) => ({ path: change.path, kind: change.kind, diff: diffOf(project, change) })),
      ...{ kept, steps },
    },
    null,
    2,
  )
