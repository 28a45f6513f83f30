import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../../scripts/steps.ts'
import { ADA, Guest } from '../guest.ts'
import { SECRET } from '../harness.ts'
import { blocksOf, lay, serveProject } from '../pasted.ts'
import { complete } from '../processes.ts'

// The blocks of docs/frameworks/sveltekit.md, pasted in their order into a project as SvelteKit's starter makes it: it compiles, and does what the page says.

const folder = join(root, '.cache/sveltekit-page')
const blocks = blocksOf('sveltekit.md')
const env = { SESSION_SECRET: SECRET }

const compilerOptions = {
  ...{ target: 'esnext', module: 'esnext', moduleResolution: 'bundler', types: ['@sveltejs/kit', 'node'], noEmit: true },
  ...{ strict: true, skipLibCheck: true, verbatimModuleSyntax: true, rootDirs: ['.', '.svelte-kit/types'] },
}

/** What the starter makes, and pages that show what the page of the documents loads. */
const starter: Readonly<Record<string, string>> = {
  'vite.config.js': `import adapter from '@sveltejs/adapter-node'
import { sveltekit } from '@sveltejs/kit/vite'
export default { plugins: [sveltekit({ adapter: adapter() })] }`,
  'tsconfig.check.json': JSON.stringify({ compilerOptions, include: ['src', '.svelte-kit/types'] }),
  'src/app.html': '<html><head>%sveltekit.head%</head><body>%sveltekit.body%</body></html>',
  'src/routes/+page.svelte':
    '<script>let { data } = $props()</script><p id="user">{data.user}</p><p id="flash">{data.message}</p>',
  'src/routes/login/+page.svelte': '<script>let { form } = $props()</script><p id="wrong">{form?.wrong}</p>',
  'src/routes/members/+page.svelte': '<p>members</p>',
  'start.mjs': `process.env.PROTOCOL_HEADER = 'x-forwarded-proto'
const { handler } = await import('./build/handler.js')
const { createServer } = await import('node:http')
const listener = (req, res) => handler(Object.assign(req, { headers: { ...req.headers, 'x-forwarded-proto': 'http' } }), res)
createServer(listener).listen(Number(process.env.PORT), process.env.HOST)`,
}

const origin = serveProject({
  name: 'sveltekit',
  folder,
  files: { ...starter, ...blocks },
  build: `SESSION_SECRET=${SECRET} vite build`,
  start: 'node start.mjs',
  env,
})
const guest = () => new Guest((path) => `${origin()}${path}`)

test('D22: the blocks of the page are a site, which signs in and out', async () => {
  expect(Object.keys(blocks)).toHaveLength(7)
  const ada = guest()
  expect((await ada.ask('/login', { ...ADA, password: 'wrong' })).status).toBe(422)
  expect((await ada.ask('/members')).headers.get('location')).toBe('/login')
  await ada.ask('/login', ADA)
  const page = async () => (await ada.ask('/')).text()
  expect(await page()).toMatch(/id="user">(?:<!--.*?-->)*ada.*id="flash">(?:<!--.*?-->)*Welcome, ada/)
  expect(await page()).not.toContain('Welcome')
  expect((await ada.ask('/members')).status).toBe(200)
  const thief = ada.copy()
  await ada.ask('/logout', {})
  for (const who of [ada, thief]) expect(await (await who.ask('/')).text()).not.toContain('>ada')
})

// Not tsconfig.json: SvelteKit would look at it with the compiler that it finds, which is too new for it.
test('D22: they compile, under strict settings', () => complete('tsc -p tsconfig.check.json', folder))

test('F43: a build with a prerendered page that asks for the session fails, and says what to do', async () => {
  const page = `export const prerender = true
export const load = async ({ locals }) => ({ user: (await locals.session).owner })`
  lay(folder, { 'src/routes/about/+page.server.js': page, 'src/routes/about/+page.svelte': '<p>about</p>' })
  await expect(complete('vite build', folder, env)).rejects.toThrow('Write `export const prerender = false` in this page')
})
