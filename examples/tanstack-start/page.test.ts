import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Visitor, visitor } from '../../packages/coatcheck/src/testing/index.ts'
import { root } from '../../scripts/steps.ts'
import { SECRET } from '../harness.ts'
import { blocksOf, lay, serveProject } from '../pasted.ts'
import { complete } from '../processes.ts'

// The blocks of docs/frameworks/tanstack-start.md, pasted into an empty project: it builds, compiles, and does what the page says.

const folder = join(root, '.cache/tanstack-start-page')
const project = {
  'vite.config.ts': `import { tanstackStart } from '@tanstack/react-start/plugin/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
export default defineConfig({ plugins: [tanstackStart(), react()] })`,
  'src/router.tsx': `import { createRouter } from '@tanstack/react-router'
import { routeTree } from './routeTree.gen'
export const getRouter = () => createRouter({ routeTree })`,
  'src/routes/__root.tsx': `import { createRootRoute, Outlet } from '@tanstack/react-router'
export const Route = createRootRoute({ component: () => <html lang="en"><body><Outlet /></body></html> })`,
  'src/routes/index.tsx': `import { createFileRoute } from '@tanstack/react-router'
import { account, login, logout } from '../account'
export const Route = createFileRoute('/')({
  loader: async () => ({ ...(await account()), urls: [login.url, logout.url].join(' ') }),
  component: () => <pre>{JSON.stringify(Route.useLoaderData())}</pre>,
})`,
  'tsconfig.json': JSON.stringify({
    extends: '../../examples/tanstack-start/tsconfig.json',
    compilerOptions: { types: ['node'] },
    include: ['src'],
  }),
  'server.js': `import { serve } from 'srvx'
import server from './dist/server/server.js'
serve({ port: Number(process.env.PORT), hostname: '127.0.0.1', silent: true, fetch: (request) => server.fetch(request) })`,
}
const origin = serveProject({
  name: 'tanstack-start',
  folder,
  files: { ...project, ...blocksOf('tanstack-start.md') },
  build: 'vite build',
  start: 'node server.js',
  env: { NODE_ENV: 'production', SESSION_SECRET: SECRET },
})

test('the blocks of tanstack-start.md are a site, which signs in and out', async () => {
  const ada = visitor(origin(), { follow: false })
  const shown = async (who: Visitor): Promise<Record<string, unknown>> => {
    const [, json = ''] = /<pre>(.*)<\/pre>/.exec(await (await who.get('/')).text()) ?? []
    return JSON.parse(json.replaceAll('&quot;', '"'))
  }
  const [login = '', logout = ''] = String((await shown(ada)).urls).split(' ')
  const call = (url: string, form: Record<string, string>) => {
    const body = new FormData()
    for (const [name, value] of Object.entries(form)) body.append(name, value)
    return ada.post(url, body, { headers: { 'x-tsr-serverfn': 'true' } })
  }
  await call(login, { username: 'ada', password: 'guess' })
  expect(await shown(ada)).toMatchObject({ visits: 2, message: 'Wrong name or password' })
  await call(login, { username: 'ada', password: 'lovelace' })
  expect(await shown(ada)).toMatchObject({ visits: 3, user: 'ada', message: 'Welcome, ada' })
  const thief = ada.steal()
  await call(logout, {})
  expect([(await shown(ada)).user, (await shown(thief)).user]).toEqual([undefined, undefined])
})

test('they compile, with the types of the sessions', async () => {
  const probe = `import { getSession } from './sessions.server'
export const visits = async (): Promise<number | undefined> => (await getSession()).get('visits')
// @ts-expect-error: a key that is not there
export const nonsense = async () => (await getSession()).get('nonsense')`
  lay(folder, { 'src/probe.ts': probe })
  await complete('tsc -p .', folder)
})
