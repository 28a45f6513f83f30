import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Example, examplesIn } from './docs/examples.ts'
import { needsLeftOut, serversFor } from './docs/servers.ts'
import { type File, repository, root } from './tree/files.ts'

// Below the repository, so that `coatcheck`, Hono and Express are found as an example names them.
const workshop = join(root, '.cache/docs')
const timeLimit = 2_000_000

if (!existsSync(join(root, 'packages/coatcheck/dist/index.js')))
  throw new Error('The examples import the built package: run `npm run build` first.')

/** Writes the examples of one page into a folder of its own, and gives it back. */
function lay(page: string, examples: readonly Example[]): string {
  const folder = join(workshop, page.replace(/\.md$/, ''))
  for (const { file, code } of examples) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), code)
  }
  return folder
}

let servers: Awaited<ReturnType<typeof serversFor>> | undefined

/** What a run of the example got wrong, or undefined. */
async function wrongIn(folder: string, { file, steps }: Example): Promise<string | undefined> {
  const args = [join(import.meta.dirname, 'docs/try.ts'), join(folder, file), JSON.stringify(steps)]
  const env = { ...process.env, ...servers?.env, SESSION_SECRET: 'an example only, and never a secret: 0123456789abcdef' }
  const { stdout, stderr, failed } = await promisify(execFile)(process.execPath, args, {
    cwd: folder,
    env,
    timeout: timeLimit,
  }).then(
    (done) => ({ ...done, failed: false }),
    (error) => ({
      stdout: String(error.stdout),
      stderr: error.killed ? `still running after ${timeLimit} ms` : String(error.stderr),
      failed: true,
    }),
  )
  const failure = steps.find((step) => step.kind === 'fails')
  if (failed !== (failure !== undefined)) return failed ? `${stdout}${stderr}` : 'it should fail, and did not'
  for (const step of steps) {
    const text = step.kind === 'prints' ? stdout : step.kind === 'fails' ? stderr : undefined
    if (text !== undefined && 'pattern' in step && !new RegExp(step.pattern).test(text))
      return `it ${step.kind} nothing like /${step.pattern}/, but: ${text}`
  }
  return undefined
}

/** What the compiler says of everything in `folder`, with the settings of the repository, except what only concerns a published source. */
function compile(folder: string): string {
  const own = {
    isolatedDeclarations: false,
    declaration: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
    moduleDetection: 'force',
  }
  const config = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: { ...own, typeRoots: [join(root, 'node_modules/@types')] },
    include: ['**/*.ts'],
    exclude: [],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const result = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], {
    encoding: 'utf8',
  })
  return result.status === 0 ? '' : result.stdout
}

// `npm test -- --only next` tries the pages of one framework.
const asked = (process.env.COATCHECK_TEST_PAGES ?? '').split(',').filter(Boolean)

rmSync(workshop, { recursive: true, force: true })
mkdirSync(workshop, { recursive: true })
const pages = repository()
  .filter(({ path }) => path.endsWith('.md') && (asked.length === 0 || asked.includes(path)))
  .map(({ path, text }: File) => ({ path, examples: examplesIn(text) }))
  .filter(({ examples }) => examples.length > 0)
  .map((page) => ({ ...page, folder: lay(page.path, page.examples) }))

beforeAll(async () => {
  servers = await serversFor(pages.flatMap(({ examples }) => examples.map(({ code }) => code)).join('\n'))
})
afterAll(async () => {
  await servers?.stop()
  rmSync(workshop, { recursive: true, force: true })
})

describe('every example of every page', () => {
  // Of the pages of one framework, all may be JavaScript.
  if (pages.some(({ examples }) => examples.some(({ file }) => file.endsWith('.ts'))))
    it('compiles', () => expect(compile(workshop)).toBe(''))

  describe.each(pages)('of $path', ({ folder, examples }) => {
    it.each(examples.filter(({ code }) => !needsLeftOut(code)))('runs (line $line)', async (example) => {
      expect(await wrongIn(folder, example)).toBe(undefined)
    })
  })
})

describe('an example is not believed', () => {
  const trial = (...lines: string[]): Promise<string | undefined> => {
    const [example] = examplesIn(lines.join('\n'))
    if (!example) throw new Error('no example')
    return wrongIn(lay('trial.md', [example]), example)
  }

  it.each([
    ['when it throws', ['```js', 'throw new Error("oh")', '```'], /oh/],
    ['when it serves and nobody asks', ['```js', 'export default { fetch: () => new Response() }', '```'], /at least one step/],
    [
      'when it listens and nobody asks',
      ['```js', 'import http from "node:http"', 'http.createServer().listen(3000)', '```'],
      /at least one step/,
    ],
    [
      'when it answers something else',
      ['<!-- test: GET / -> 200 /Bye/ -->', '```js', 'export default { fetch: () => new Response("Hi") }', '```'],
      /Bye/,
    ],
    [
      'when it answers with another status',
      ['<!-- test: GET / -> 303 -->', '```js', 'export default { fetch: () => new Response("Hi") }', '```'],
      /answered 200/,
    ],
    ['when it prints something else', ['<!-- test: prints /2/ -->', '```js', 'console.log(1)', '```'], /prints nothing like/],
    ['when it should fail and does not', ['<!-- test: fails /x/ -->', '```js', 'console.log(1)', '```'], /should fail/],
    ['when nobody answers', ['<!-- test: GET / -> 200 -->', '```js', 'console.log(1)', '```'], /neither exports/],
  ])('%s', async (_, lines, words) => {
    expect(await trial(...lines)).toMatch(words)
  })

  it('when its types are wrong', () => {
    const folder = lay('types.md', examplesIn(['```ts', 'const seconds: number = "sixty"', '```'].join('\n')))
    expect(compile(folder)).toMatch(/line-1\.ts.*TS2322/)
  })

  it('but is when a visitor who keeps cookies sees what it says', async () => {
    const server = [
      'import http from "node:http"',
      'http.createServer((request, response) => {',
      '  response.setHeader("set-cookie", "a=1; HttpOnly").end(request.headers.cookie ?? "none")',
      '}).listen(3000, () => console.log("ready"))',
    ]
    const steps = [
      '<!-- test',
      'GET / -> 200 /none/',
      'GET / -> 200 /a=1/',
      'new visitor',
      'GET / -> 200 /none/',
      'prints /ready/',
      '-->',
    ]
    expect(await trial(...steps, '```js', ...server, '```')).toBe(undefined)
  })
})
