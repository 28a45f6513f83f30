import { at, bundled, type Framework, find, importing, type Original, script } from '../framework.ts'
import type { Project } from '../project.ts'

const NAMES = [
  ...['createCookie', 'isCookie', 'createSession', 'isSession', 'createSessionStorage', 'createCookieSessionStorage'],
  ...['createMemorySessionStorage', 'createFileSessionStorage', 'createWorkersKVSessionStorage', 'createArcTableSessionStorage'],
]
const storagesOf = (from: string, to: string): Original => ({ from, to, names: NAMES })

/** The storage of Remix, on a store. */
const storage = (entry: string): string => `import { createSessionStorage } from '${entry}'
%imports%
%setup%«
interface SessionData {
  userId: string
}
interface SessionFlashData {
  error: string
}
»
export const { getSession, commitSession, destroySession } = createSessionStorage«<SessionData, SessionFlashData>»({
  cookie: { name: '__session', secrets: [process.env.SESSION_SECRET], secure: true, maxAge: 7 * 86_400 },
  %store%
})
`

const useStorage = [
  {
    say: 'in a loader or an action',
    add: [
      "const session = await getSession(request.headers.get('Cookie'))",
      "headers: { 'Set-Cookie': await commitSession(session) }",
    ],
  },
]

const major = (project: Project, name: string): number | undefined => project.versionOf(name)?.[0]
const hasMiddleware = (project: Project): boolean => {
  const [first = 8, second = 0] = project.versionOf('react-router') ?? []
  return first > 7 || (first === 7 && second >= 9)
}

export const remixes: readonly Framework[] = [
  {
    name: 'react-router',
    title: 'React Router',
    isBundled: true,
    packages: ['@react-router/dev', '@react-router/node', '@react-router/serve', 'react-router'],
    configs: ['react-router.config.ts', 'react-router.config.js'],
    over: ['express', 'fastify', 'hono'],
    least: ['react-router', 7],
    variable: 'SESSION_SECRET',
    readsEnv: 'in development',
    page: 'frameworks/react-router.md',
    originals: ['react-router', '@react-router/node', '@react-router/cloudflare', '@react-router/architect'].map((from) =>
      storagesOf(from, 'coatcheck/react-router'),
    ),
    files: (project) => [
      {
        path: bundled(project, 'app/sessions.server'),
        text: hasMiddleware(project)
          ? `import { createSessions } from 'coatcheck'
import { sessionMiddleware } from 'coatcheck/react-router'
%imports%%setup%
const sessions = createSessions«<{ visits: number }>»({
  secrets: process.env.SESSION_SECRET,
  %store%
})
export const { middleware, getSession } = sessionMiddleware(sessions)
`
          : storage('coatcheck/react-router'),
      },
    ],
    steps(project) {
      if (!hasMiddleware(project)) return useStorage
      const place = find(project, /export default function|export function Layout/, /^app\/root\.[jt]sx?$/)
      const settings = find(project, /export default/, /^react-router\.config\./)
      return [
        ...(major(project, 'react-router') === 7
          ? [{ say: 'React Router 7 runs middleware with this flag', ...at(settings), add: ['future: { v8_middleware: true },'] }]
          : []),
        {
          say: 'export the middleware from the root route',
          ...at(place),
          add: ["import { middleware as session } from './sessions.server'", 'export const middleware = [session]'],
        },
        { say: 'in a loader or an action', add: ['const session = await getSession(context)'] },
      ]
    },
  },
  {
    name: 'remix',
    title: 'Remix 2',
    isBundled: true,
    packages: ['@remix-run/node', '@remix-run/react', '@remix-run/server-runtime', '@remix-run/cloudflare', '@remix-run/deno'],
    configs: ['remix.config.js'],
    over: ['express', 'fastify', 'hono', 'react-router'],
    variable: 'SESSION_SECRET',
    readsEnv: 'in development',
    page: 'frameworks/remix.md',
    originals: ['node', 'cloudflare', 'deno', 'architect', 'server-runtime'].map((name) =>
      storagesOf(`@remix-run/${name}`, 'coatcheck/remix'),
    ),
    files: (project) => [{ path: bundled(project, 'app/sessions.server'), text: storage('coatcheck/remix') }],
    steps: () => useStorage,
  },
  {
    name: 'remix-3',
    title: 'Remix 3',
    packages: ['remix', '@remix-run/session', '@remix-run/session-middleware', '@remix-run/fetch-router'],
    isIt: (project) => (major(project, 'remix') ?? 3) >= 3,
    variable: 'SESSION_SECRET',
    page: 'frameworks/remix-3.md',
    originals: ['@remix-run/session', '@remix-run/cookie', '@remix-run/session-middleware'].map((from) => ({
      from,
      to: 'coatcheck/remix3',
    })),
    files: (project) => [
      {
        path: script(project, `${project.src}sessions`),
        text: `import { createCookie, createSessionStorage, session } from 'coatcheck/remix3'
%imports%
%setup%
const cookie = createCookie('__session', { secrets: [process.env.SESSION_SECRET ?? ''], secure: true })

export const middleware = session(cookie, createSessionStorage({ %option% }))
`,
      },
    ],
    steps(project, file) {
      const place = find(project, /createRouter\(/)
      const [, line = ''] = importing(project, place?.file, file, '', 'middleware')
      return [{ say: 'give it to the router, before the routes', ...at(place), add: [line, 'middleware: [middleware]'] }]
    },
  },
]
