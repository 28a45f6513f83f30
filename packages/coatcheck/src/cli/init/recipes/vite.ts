import { bundled, type Framework, find } from '../framework.ts'

export const viteSites: readonly Framework[] = [
  {
    name: 'sveltekit',
    title: 'SvelteKit',
    isBundled: true,
    packages: ['@sveltejs/kit'],
    over: ['express', 'fastify', 'hono'],
    least: ['@sveltejs/kit', 2],
    variable: 'SESSION_SECRET',
    page: 'frameworks/sveltekit.md',
    files: (project) => [
      {
        path: bundled(project, 'src/sessions'),
        text: `import { createSessions } from 'coatcheck'
%imports%
%setup%«
interface Data {
  cart: string[]
}
interface Flash {
  message: string
}
»
export const sessions = createSessions«<Data, Flash>»({
  secrets: process.env.SESSION_SECRET ?? '',
  %store%
})
`,
      },
      { path: bundled(project, 'src/hooks.server'), text: HOOKS },
      ...(project.isTypeScript ? [{ path: 'src/app.d.ts', text: APP_TYPES }] : []),
    ],
    steps(project) {
      const config = project.first('vite.config.ts', 'vite.config.js', 'vite.config.mjs')
      const hooks = find(project, /\bhandle\b/, /^src\/hooks\.server\.[jt]s$/)
      const types =
        find(project, /interface Locals\b/, /^src\/app\.d\.ts$/) ?? find(project, /namespace App\b/, /^src\/app\.d\.ts$/)
      return [
        ...(hooks
          ? [{ say: 'put it before the other handles', place: hooks, add: HOOKS.trim().split('\n').filter(Boolean) }]
          : project.has('src/hooks.server.ts') || project.has('src/hooks.server.js')
            ? [{ say: 'add to src/hooks.server', add: HOOKS.trim().split('\n').filter(Boolean) }]
            : []),
        ...(types
          ? [{ say: 'type `event.locals.session`, in one line', place: types, add: ['interface Locals {', `  ${LOCALS}`, '}'] }]
          : []),
        ...(config ? [{ say: LOADING, place: { file: config, line: 1 }, add: LOAD }] : []),
        { say: 'in a load, an action or an endpoint', add: ['const session = await locals.session'] },
      ]
    },
  },
  {
    name: 'tanstack-start',
    title: 'TanStack Start',
    isBundled: true,
    packages: ['@tanstack/react-start'],
    variable: 'SESSION_SECRET',
    readsEnv: 'in development',
    page: 'frameworks/tanstack-start.md',
    files: (project) => [
      { path: bundled(project, 'src/sessions.server'), text: TANSTACK },
      { path: bundled(project, 'src/start'), text: START },
    ],
    steps(project) {
      const place = find(project, /createStart\(/, /^src\/start\.[jt]sx?$/)
      return [
        ...(place ? [{ say: 'give it the two middleware', place, add: START.split('\n').slice(2, -1).filter(Boolean) }] : []),
        {
          say: 'in a server function',
          add: ["import { getSession } from './sessions.server'", 'const session = await getSession()'],
        },
      ]
    },
  },
]

const LOADING = 'Vite keeps .env to itself: with these lines at the top the server finds SESSION_SECRET while you develop'
const LOAD = ["import { existsSync } from 'node:fs'", "if (existsSync('.env')) process.loadEnvFile('.env')"]

const HOOKS = `import { sessionHandle } from 'coatcheck/sveltekit'
import { sessions } from './sessions'

export const handle = sessionHandle(sessions)
`
const LOCALS = "session: ReturnType<typeof import('./sessions').sessions.open>"
const APP_TYPES = `declare global {
  namespace App {
    interface Locals {
      ${LOCALS}
    }
  }
}

export {}
`
const TANSTACK = `import { getRequest } from '@tanstack/react-start/server'
import { createSessions } from 'coatcheck'
%imports%import { sessionMiddleware } from 'coatcheck/tanstack-start'
%setup%
const sessions = createSessions«<{ visits: number }, { message: string }>»({
  secrets: process.env.SESSION_SECRET ?? '',
  %store%
})

export const { getSession, onRequest, onFunction } = sessionMiddleware(sessions, getRequest)
`
const START = `import { createMiddleware, createStart } from '@tanstack/react-start'
import { crossSite } from 'coatcheck/csrf'
import { onFunction, onRequest } from './sessions.server'

const guard = createMiddleware().server((context) => crossSite().middleware(context, context.next))
const session = createMiddleware().server(onRequest)
const functions = createMiddleware({ type: 'function' }).server(onFunction)

export const startInstance = createStart(() => ({
  requestMiddleware: [guard, session],
  functionMiddleware: [functions],
}))
`
