// Begins a store or an adapter: `npm run new -- store lmdb`, `npm run new -- adapter koa`. Writes its source, a suite that fails, its page,
// and its entry wherever entries are listed. CONTRIBUTING says what to do then.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { withEntry, withExport, withRow, withSizeLimit } from './new/insert.ts'
import { root } from './steps.ts'

interface Beginning {
  readonly entry: string
  readonly source: string
  /** Where each template goes. */
  readonly files: Readonly<Record<string, string>>
  /** A row for the page that lists what there is, and how the rows of that table begin. */
  readonly page: string
  readonly begin: RegExp
  readonly row: string
}

/** So much is allowed until the size is known. */
const SIZE = '4 kB'

const KINDS: Readonly<Record<string, (name: string) => Beginning>> = {
  store: (name) => ({
    entry: `stores/${name}`,
    source: `src/stores/${name}.ts`,
    files: {
      'store.ts': `packages/coatcheck/src/stores/${name}.ts`,
      'store.test.ts': `packages/coatcheck/src/stores/${name}.test.ts`,
      'store.tried.ts': `packages/coatcheck/test/stores/${name}.ts`,
      'store.md': `docs/stores/${name}.md`,
    },
    page: 'docs/stores.md',
    begin: /^\| \[.*\]\(stores\/.*\.md\) \| `coatcheck\/stores\//,
    row: `| [${name}](stores/${name}.md) | \`coatcheck/stores/${name}\` | what it is good for | who shares it |`,
  }),
  adapter: (name) => ({
    entry: name,
    source: `src/adapters/${name}.ts`,
    files: {
      'adapter.ts': `packages/coatcheck/src/adapters/${name}.ts`,
      'adapter.test.ts': `packages/coatcheck/src/adapters/${name}.test.ts`,
      'adapter.md': `docs/frameworks/${name}.md`,
    },
    page: 'docs/guide.md',
    begin: /^\| `coatcheck\/[\w-]+` \| .*withSession/,
    row: `| \`coatcheck/${name}\` | \`app.use(withSession(sessions))\` ([more](frameworks/${name}.md)) | what \`open\` takes |`,
  }),
}

function stop(what: string): never {
  console.error(`${what}\nUse: npm run new -- store lmdb\n     npm run new -- adapter koa`)
  process.exit(1)
}

const { positionals } = parseArgs({ allowPositionals: true, options: {} })
const [kind = '', name = '', ...rest] = positionals
const begin = KINDS[kind]
if (!begin || rest.length > 0) stop(`There is no beginning for ${JSON.stringify(positionals.join(' '))}.`)
if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) stop(`The name ${JSON.stringify(name)} is not made of a-z, 0-9 and "-".`)

const camel = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
const words: Readonly<Record<string, string>> = { name, camel, Name: camel.charAt(0).toUpperCase() + camel.slice(1) }
const fill = (template: string): string =>
  template.replace(/\{\{(\w+)\}\}/g, (_, word: string) => words[word] ?? stop(`{{${word}}}`))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

const { entry, source, files, page, begin: rows, row } = begin(name)
const manifest = 'packages/coatcheck/package.json'
if (`./${entry}` in JSON.parse(read(manifest)).exports) stop(`The package has an entry ${entry} already.`)
// All is made before anything is written: what is refused leaves the tree as it was.
const writes = new Map<string, string>()
for (const [template, path] of Object.entries(files)) {
  if (existsSync(join(root, path))) stop(`${path} is there already.`)
  writes.set(path, fill(read(`scripts/templates/${template}.txt`)))
}
const change = (path: string, to: (text: string) => string): void => void writes.set(path, to(read(path)))
change('packages/coatcheck/tsdown.config.ts', (text) => withEntry(text, entry, source))
change(manifest, (text) => withExport(text, entry))
change('.size-limit.json', (text) => withSizeLimit(text, entry, SIZE))
change(page, (text) => withRow(page, text, rows, row))

for (const [path, text] of writes) {
  writeFileSync(join(root, path), text)
  console.log(path)
}
console.log(
  `\nNow write ${source} until this passes: npx vitest run packages/coatcheck/src/${entry.includes('/') ? entry : `adapters/${name}`}`,
)
