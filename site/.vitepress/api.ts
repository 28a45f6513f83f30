// Writes a page for each entry of the package, from its docstrings, into site/.cache/api.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Application, Converter, type DeclarationReflection, ReflectionKind, type TypeDocOptions } from 'typedoc'
import type { PluginOptions } from 'typedoc-plugin-markdown'
import { entries } from '../../packages/coatcheck/tsdown.config.ts'

const home = join(import.meta.dirname, '../../packages/coatcheck')
const folder = join(import.meta.dirname, '../.cache/api')

const nameOf = (entry: string): string => (entry === 'index' ? 'coatcheck' : entry)
const named = new Map(Object.entries(entries).map(([entry, source]) => [join(home, source), nameOf(entry)]))

const config = join(folder, 'tsconfig.json')
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
writeFileSync(
  config,
  JSON.stringify({
    extends: join(home, '../../tsconfig.json'),
    compilerOptions: { typeRoots: [join(home, '../../node_modules/@types')] },
    files: [...named.keys()],
    include: [],
    exclude: [],
  }),
)

const options: TypeDocOptions & Partial<PluginOptions> = {
  plugin: ['typedoc-plugin-markdown'],
  entryPoints: [...named.keys()],
  tsconfig: config,
  // `npm run check` does that, with the compiler of the repository.
  skipErrorChecking: true,
  disableGit: true,
  disableSources: true,
  excludeExternals: true,
  excludeInternal: true,
  excludePrivate: true,
  readme: 'none',
  name: 'coatcheck',
  logLevel: 'Error',
  validation: false,
  router: 'module',
  entryFileName: 'index',
  hidePageHeader: true,
  hidePageTitle: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  expandParameters: false,
  sanitizeComments: true,
  groupOrder: ['Functions', 'Classes', 'Interfaces', 'Type Aliases', '*'],
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  typeAliasPropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
  enumMembersFormat: 'table',
}
const app = await Application.bootstrapWithPlugins(options)
// The entries are called what people import, not where their source is.
app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }: { project: { children?: DeclarationReflection[] } }) => {
  for (const module of project.children ?? []) {
    const source = [...named].find(([path]) => path === app.files.getReflectionPath(module))
    if (module.kind === ReflectionKind.Module && source) module.name = source[1]
  }
})
const project = await app.convert()
if (!project) throw new Error('TypeDoc made nothing of the sources of packages/coatcheck.')
const missing = [...named.values()].filter((name) => !project.children?.some((module) => module.name === name))
if (missing.length > 0) throw new Error(`TypeDoc did not read the entries ${missing.join(', ')}.`)
app.options.setValue('outputs', [{ name: 'markdown', path: join(folder, 'pages') }])
await app.generateOutputs(project)
if (app.logger.hasErrors()) throw new Error('TypeDoc failed, see above.')
