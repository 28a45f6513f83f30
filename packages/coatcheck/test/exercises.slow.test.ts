import { execFile } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeFolder, removeFolder } from '../../../scripts/engine-process.ts'
import { OPTION } from './exercises/option.ts'
import { repository, root } from './tree/files.ts'

// CONTRIBUTING is tried: in a copy of this repository somebody adds a store, an adapter and an option by its steps.
const folder = makeFolder('exercises')
const at = (path: string): string => join(folder, path)
const PLACE = 'packages/coatcheck'
const FILLED = [
  'src/stores/shelf.ts',
  'src/stores/shelf.test.ts',
  'test/stores/shelf.ts',
  'src/adapters/plain.ts',
  'src/adapters/plain.test.ts',
]
const OPTION_TEST = 'src/core/options/require-store.test.ts'

function copyRepository(): void {
  for (const { path, text } of repository()) {
    mkdirSync(dirname(at(path)), { recursive: true })
    writeFileSync(at(path), text)
  }
  // What is no text, and what is a text to nobody but the scripts and those who follow a link.
  const filter = (path: string) => !/[\\/](?:node_modules|dist|\.\w+)$/.test(path)
  for (const path of ['docs', 'scripts', 'examples', 'LICENSE']) cpSync(join(root, path), at(path), { recursive: true, filter })
  // Packages as they are installed here; of this repository's own, the copy.
  mkdirSync(at('node_modules'))
  for (const name of readdirSync(join(root, 'node_modules'))) {
    const from = name === 'coatcheck' ? at(PLACE) : join(root, 'node_modules', name)
    if (name === '.bin' || !name.startsWith('.')) symlinkSync(from, at(`node_modules/${name}`), 'junction')
  }
}

interface Ran {
  readonly ok: boolean
  readonly said: string
}

/** Runs a command of node_modules in the copy, as somebody at a terminal does. */
function run(command: string, ...words: string[]): Promise<Ran> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^VITEST|^NODE_OPTIONS$|^TEST$|^NODE_ENV$/.test(name)),
  )
  const PATH = `${at('node_modules/.bin')}${delimiter}${process.env.PATH}`
  return new Promise((done) => {
    execFile(command, words, { cwd: folder, env: { ...env, PATH, NO_COLOR: '1' }, maxBuffer: 1e8 }, (error, out, err) =>
      done({ ok: error === null, said: out + err }),
    )
  })
}

/** How many tests of each file passed and failed. */
async function tests(
  ...filters: string[]
): Promise<Readonly<Record<string, { readonly passed: number; readonly failed: number }>>> {
  const { said } = await run(
    'vitest',
    'run',
    '--project',
    'unit',
    '--maxWorkers=1',
    '--reporter=json',
    '--outputFile=ran.json',
    ...filters,
  )
  try {
    const { testResults } = JSON.parse(readFileSync(at('ran.json'), 'utf8'))
    return Object.fromEntries(
      testResults.map(
        ({
          name,
          assertionResults,
        }: {
          readonly name: string
          readonly assertionResults: readonly { readonly status: string }[]
        }) => {
          const count = (status: string) => assertionResults.filter((result) => result.status === status).length
          return [
            name.slice(name.indexOf(PLACE) + PLACE.length + 1).replaceAll('\\', '/'),
            { passed: count('passed'), failed: count('failed') },
          ]
        },
      ),
    )
  } catch {
    throw new Error(said)
  }
}

const fill = (path: string): void => copyFileSync(join(root, PLACE, 'test/exercises', `${path}.txt`), at(`${PLACE}/${path}`))

function edit({ file, from, to }: (typeof OPTION)[number]): void {
  const text = readFileSync(at(file), 'utf8')
  if (text.split(from).length !== 2) throw new Error(`${file} no longer has once: ${from} (test/exercises/option.ts)`)
  writeFileSync(
    at(file),
    text.replace(from, () => to),
  )
}

/** The files that the beginnings change, and how many files there are. */
const texts = (): unknown => [
  ['package.json', 'tsdown.config.ts'].map((name) => readFileSync(at(`${PLACE}/${name}`), 'utf8')),
  ['.size-limit.json', 'docs/stores.md', 'docs/guide.md'].map((name) => readFileSync(at(name), 'utf8')),
  readdirSync(at(PLACE), { recursive: true }).length,
]

let begun: readonly Ran[] = []

const clean: Ran = { ok: true, said: expect.any(String) }

beforeAll(async () => {
  copyRepository()
  begun = [await run('node', 'scripts/new.ts', 'store', 'shelf'), await run('node', 'scripts/new.ts', 'adapter', 'plain')]
})
afterAll(() => removeFolder(folder))

describe('the commands that begin a store and an adapter', () => {
  it('are those that CONTRIBUTING names', () => {
    const page = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')
    for (const command of ['npm run new -- store lmdb', 'npm run new -- adapter koa']) expect(page).toContain(command)
    expect(JSON.parse(readFileSync(at('package.json'), 'utf8')).scripts.new).toBe('node scripts/new.ts')
    expect(begun).toEqual([clean, clean])
  })

  it.each([
    ['what is there already', 'store', 'shelf', /has an entry stores\/shelf already/],
    ['a kind that there is not', 'cache', 'shelf', /no beginning for "cache shelf"/],
    ['a name with a capital letter', 'store', 'Shelf', /"Shelf" is not made of/],
    ['a name that leads elsewhere', 'adapter', '../x', /"\.\.\/x" is not made of/],
    ['an entry that another file is behind', 'adapter', 'testing', /has an entry testing already/],
  ])('refuse %s, and write nothing', async (_, kind, name, what) => {
    const before = texts()
    expect(await run('node', 'scripts/new.ts', kind, name)).toEqual({ ok: false, said: expect.stringMatching(what) })
    expect(texts()).toEqual(before)
  })
})

describe('a store, an adapter and an option that are added by the steps of CONTRIBUTING', () => {
  it('fail their suites when they are begun, and pass when they are filled in, with the tree, the types and the exports', async () => {
    fill(OPTION_TEST)
    const [formed, ran] = [
      await run(
        'biome',
        'check',
        '--error-on-warnings',
        `${PLACE}/src/stores`,
        `${PLACE}/src/adapters/plain.ts`,
        `${PLACE}/src/adapters/plain.test.ts`,
        `${PLACE}/test/stores`,
        `${PLACE}/package.json`,
        `${PLACE}/tsdown.config.ts`,
        '.size-limit.json',
      ),
      await tests('stores/shelf.test', 'adapters/plain.test', 'require-store.test', 'test/tree.test', 'test/guide.test'),
    ]
    expect(formed).toEqual(clean)
    expect(ran).toMatchObject({ 'test/tree.test.ts': { failed: 0 }, 'test/guide.test.ts': { failed: 0 } })
    expect(ran[OPTION_TEST]).toEqual({ passed: 0, failed: 2 })
    for (const name of ['src/stores/shelf.test.ts', 'src/adapters/plain.test.ts'])
      expect([name, (ran[name]?.failed ?? 0) > 20]).toEqual([name, true])

    for (const path of FILLED) fill(path)
    for (const one of OPTION) edit(one)
    const again = await tests('stores/shelf.test', 'adapters/plain.test', 'core/options', 'test/tree.test', 'test/guide.test')
    for (const [name, { passed, failed }] of Object.entries(again)) expect([name, failed, passed > 1]).toEqual([name, 0, true])
    expect(Object.keys(again)).toEqual(
      expect.arrayContaining([
        'src/stores/shelf.test.ts',
        'src/adapters/plain.test.ts',
        OPTION_TEST,
        'src/core/options/options.test.ts',
        'test/tree.test.ts',
        'test/guide.test.ts',
      ]),
    )
    expect(await run('tsdown', '--config', `${PLACE}/tsdown.config.ts`, '--logLevel', 'warn')).toEqual(clean)
    writeFileSync(
      at('use.mjs'),
      "import { shelfStore } from 'coatcheck/stores/shelf'\nimport { withSession } from 'coatcheck/plain'\nimport { createSessions } from 'coatcheck'\nwithSession(createSessions({ store: shelfStore(new Map()), requireStore: true }))\n",
    )
    expect(await run('node', 'use.mjs')).toEqual({ ok: true, said: '' })
    expect(await run('tsc', '-p', '.')).toEqual({ ok: true, said: '' })
  })
})
