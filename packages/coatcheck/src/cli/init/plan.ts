import type { Change } from './change.ts'
import { ignored, secretIn } from './env.ts'
import { type Framework, type Step, script, type Template } from './framework.ts'
import { importSteps, required } from './imports.ts'
import type { Project } from './project.ts'
import { fill, STORE, type StoreName, storeText } from './stores.ts'

export interface Plan {
  readonly framework: Framework
  readonly changes: readonly Change[]
  /** Files that are there already, and stay as they are. */
  readonly kept: readonly string[]
  readonly steps: readonly Step[]
}

/** What `init` does in this project, and what is left to the user. Writes nothing. `store`: what the user asked for. */
export function planOf(project: Project, framework: Framework, store: StoreName | undefined): Plan {
  const [template] = framework.files(project)
  const isOurs = template !== undefined && project.read(template.path)?.includes("from 'coatcheck") === true
  // Where the application's own file is ours already, the others import that.
  const originals = (framework.originals ?? []).filter(({ from }) => !isOurs || !/^[.~]/.test(from))
  const imports = importSteps(project, originals)
  return imports.length > 0 ? dropIn(project, framework, store, imports) : fresh(project, framework, store ?? 'sqlite')
}

/** An application that has sessions goes on with its own settings: only imports change. */
function dropIn(project: Project, framework: Framework, store: StoreName | undefined, imports: readonly Step[]): Plan {
  const { variable } = framework
  const templates: Template[] = store ? [{ path: script(project, `${project.src}session-store`), text: STORE }] : []
  const written = filesOf(project, framework, templates, store ?? 'memory')
  const isUsed = project.sources().some(({ text }) => new RegExp(`\\b${variable}\\b`).test(text))
  const secret = isUsed ? secretIn(project, variable) : { changes: [], steps: [] }
  return {
    framework,
    changes: [...toIgnore(project, secret.changes, store), ...secret.changes, ...written.changes],
    kept: written.kept,
    steps: [
      ...install(project, store),
      ...imports,
      ...secret.steps,
      ...(templates[0] ? [{ say: `give \`store\` of ${written.paths[0]} to the sessions, as their option \`store\`` }] : []),
    ],
  }
}

function fresh(project: Project, framework: Framework, store: StoreName): Plan {
  const templates = framework.files(project)
  const written = filesOf(project, framework, templates, store)
  const secret = secretIn(project, framework.variable)
  const usesStore = templates.some(({ text }) => /%(store|option|expression)%/.test(text)) ? store : undefined
  return {
    framework,
    changes: [...toIgnore(project, secret.changes, usesStore), ...secret.changes, ...written.changes],
    kept: written.kept,
    steps: [
      ...install(project, usesStore, typesFor(project, framework, templates)),
      ...nodeTypes(project, templates),
      ...secret.steps,
      ...framework.steps(project, written.paths[0] ?? '').map((step) => inItsFile(project, framework, step)),
      ...inProduction(framework),
    ],
  }
}

/** What is added to a script that is no module is written as there. */
function inItsFile(project: Project, { isBundled }: Framework, step: Step): Step {
  if (isBundled || project.isModule || project.isTypeScript || !step.add) return step
  const file = step.place?.file ?? ''
  const isModule = file.endsWith('.mjs') || /^import\b/m.test(project.read(file) ?? '')
  return isModule ? step : { ...step, add: step.add.map(required) }
}

/** How the secret comes from .env to where the server runs. */
function inProduction({ readsEnv, variable }: Framework): Step[] {
  if (readsEnv === 'always') return []
  const where = readsEnv ? 'in production ' : ''
  return [{ say: `${where}the server finds ${variable} in its environment; of Node, \`node --env-file=.env …\` puts it there` }]
}

/** The secret is ignored before it is there. */
const toIgnore = (project: Project, secret: readonly Change[], store: StoreName | undefined): Change[] =>
  ignored(project, [...(secret.length > 0 ? ['.env'] : []), ...(store === 'sqlite' ? ['sessions.sqlite*'] : [])])

/** What is written and what is there already; `paths` are those of both, in the order of the templates. */
function filesOf(
  project: Project,
  framework: Framework,
  templates: readonly Template[],
  store: StoreName,
): { changes: Change[]; kept: string[]; paths: string[] } {
  const canWait = project.isModule || framework.isBundled === true
  const kept: string[] = []
  const paths: string[] = []
  const changes = templates.flatMap(({ path, text }) => {
    const isTypeScript = path.endsWith('.ts')
    const base = path.replace(/\.[a-z]+$/, '')
    const there = project.first(
      path,
      ...['ts', 'js', 'mjs', 'cjs', 'mts', 'cts', 'tsx', 'jsx'].map((ending) => `${base}.${ending}`),
    )
    paths.push(there ?? path)
    if (there !== undefined) {
      kept.push(there)
      return []
    }
    const filled = fill(text, isTypeScript, storeText(store, canWait))
    return [{ path, kind: 'create' as const, text: filled, shown: filled }]
  })
  return { changes, kept, paths }
}

const usesProcess = (templates: readonly Template[]): boolean => templates.some(({ text }) => /\bprocess\.env\b/.test(text))

/** The packages of types that what is written needs. */
function typesFor(project: Project, { types }: Framework, templates: readonly Template[]): string[] {
  const hasProcess = ['@types/node', '@types/bun', 'bun-types', '@types/deno'].some(project.dependsOn)
  return [...(types ? [types] : []), ...(usesProcess(templates) && !hasProcess ? ['@types/node'] : [])]
}

/** Where a project names the types that its files see, those of Node may be missing: `process` is one of them. Vite's bring them along. */
function nodeTypes(project: Project, templates: readonly Template[]): Step[] {
  const settings = project.read('tsconfig.json') ?? ''
  const named = /^([^\n]*)"types"\s*:\s*\[([^\]]*)\]/m.exec(settings)
  if (!named || !usesProcess(templates) || /["'](node|bun|bun-types|vite\/client|@types\/\w+)["']/.test(named[2] ?? '')) return []
  const line = settings.slice(0, named.index).split('\n').length
  return [
    {
      say: 'add the types of Node, which `process` is one of',
      place: { file: 'tsconfig.json', line },
      add: [typesWith(named[2] ?? '')],
    },
  ]
}

const typesWith = (before: string): string => {
  const names = before
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)
  return `"types": [${[...names, '"node"'].join(', ')}]`
}

/** The steps that install what is not there. */
function install(project: Project, store: StoreName | undefined, types: readonly string[] = []): Step[] {
  const manager = project.has('pnpm-lock.yaml')
    ? 'pnpm add'
    : project.has('yarn.lock')
      ? 'yarn add'
      : project.first('bun.lock', 'bun.lockb')
        ? 'bun add'
        : 'npm install'
  const step = (names: readonly string[], flag = ''): Step[] => {
    const missing = names.filter((name) => !project.dependsOn(name))
    return missing.length > 0 ? [{ say: `${manager} ${flag}${missing.join(' ')}` }] : []
  }
  return [
    ...step(['coatcheck', ...(store ? storeText(store, true).packages : [])]),
    ...(project.isTypeScript ? step(types, '-D ') : []),
  ]
}
