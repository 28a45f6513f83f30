import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Visitor, visitor } from '../../packages/coatcheck/src/testing/index.ts'
import { root } from '../../scripts/steps.ts'
import { SECRET } from '../harness.ts'
import { blocksOf, lay, serveProject } from '../pasted.ts'

// The blocks of docs/frameworks/astro.md, pasted in their order into a project as Astro's starter makes it: it compiles, and does what the page says.

const folder = join(root, '.cache/astro-page')
const blocks = blocksOf('astro.md')

/** What the starter makes, with its strict settings. */
const starter: Readonly<Record<string, string>> = {
  'tsconfig.json': '{ "extends": "astro/tsconfigs/strict", "include": [".astro/types.d.ts", "**/*"], "exclude": ["dist"] }',
}
/** What the page takes for granted, and one that asks for nothing. */
const pages: Readonly<Record<string, string>> = {
  'src/pages/account.astro': "---\nconst user = await Astro.session?.get('user')\n---\n<p>{user}</p>\n",
  'src/pages/about.astro': '<p>All about us</p>\n',
}

/** The script of an Astro component, as a function: the compiler knows TypeScript only. */
function scriptOf(component: string): string {
  const [, script = ''] = /^---\n([\s\S]*?)\n---/.exec(component) ?? []
  const imports = script.match(/^import .*$/gm) ?? []
  const rest = script.replace(/^import .*$/gm, '')
  return `import type { AstroGlobal } from 'astro'\n${imports.join('\n')}\ndeclare const Astro: AstroGlobal\nexport async function page() {\n${rest}\n}\n`
}

const origin = serveProject({
  name: 'astro',
  folder,
  files: { ...starter, ...pages, ...blocks },
  build: 'astro build',
  start: 'node dist/server/entry.mjs',
  env: { HOST: 'localhost', COATCHECK_SECRET: SECRET },
})

const browser = (): Visitor =>
  visitor(origin(), { headers: { origin: origin(), 'user-agent': 'Mozilla/5.0 Chrome/156.0' }, follow: false })
const signIn = (ada: Visitor, password = 'lovelace') => ada.post('/login', { username: 'ada', password })

test('D22: the blocks of the page compile, under the strict settings of Astro, and Astro’s types and ours are each other’s', () => {
  expect(Object.keys(blocks)).toEqual([
    ...['astro.config.mjs', 'src/session-settings.ts', 'src/pages/login.astro', 'src/pages/logout.ts', 'src/middleware.ts'],
  ])
  const components = Object.entries(blocks).filter(([path]) => path.endsWith('.astro'))
  lay(folder, Object.fromEntries(components.map(([path, text]) => [`scripts/${path}.ts`, scriptOf(text)])))
  const types = join(root, 'examples/astro/trial/types.ts')
  lay(folder, {
    'tsconfig.check.json': JSON.stringify({ extends: './tsconfig.json', include: ['.astro/types.d.ts', '**/*', types] }),
  })
  const tsc = [join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', '-p', join(folder, 'tsconfig.check.json')]
  const compile = () => spawnSync(process.execPath, tsc)
  expect(String(compile().stdout)).toBe('')
  lay(folder, { 'scripts/fault.ts': 'export const seconds: number = "sixty"\n' })
  expect(String(compile().stdout)).toMatch(/fault\.ts.*TS2322/)
})

test('D22: the site of the page signs in and out', async () => {
  const ada = browser()
  expect((await ada.get('/account')).headers.get('location')).toBe('/login')
  expect(ada.cookies()).toEqual([])
  expect(await (await signIn(ada, 'wrong')).text()).toContain('Invalid username or password')
  expect((await signIn(ada)).headers.get('location')).toBe('/account')
  expect(await (await ada.get('/account')).text()).toContain('ada')
  expect(ada.cookies()).toMatchObject([{ name: 'astro-session', httpOnly: true, secure: true, sameSite: 'lax' }])
  const thief = ada.steal()
  expect((await ada.post('/logout')).headers.get('location')).toBe('/login')
  expect(ada.cookies()).toEqual([])
  expect((await thief.get('/account')).headers.get('location')).toBe('/login')
})

test('D19: the middleware of the page leaves pages public that ask for nothing', async () => {
  const ada = browser()
  await signIn(ada)
  const { headers } = await ada.get('/about')
  expect([headers.get('cache-control'), headers.get('vary')]).toEqual([null, null])
  expect((await ada.get('/account')).headers.get('cache-control')).toMatch(/private|no-store/)
})
