import { at, type Framework, find, importing, script, type Template } from '../framework.ts'
import type { Project } from '../project.ts'

const sessionsAt = (project: Project, text: string): Template[] => [{ path: script(project, `${project.src}sessions`), text }]

const week = '7 * 24 * 60 * 60 * 1000'

/** A middleware of Express that a file of ours exports. */
const middleware = (project: Project, file: string) => {
  const place = find(project, /=\s*(express|connect)\(\)/)
  const [, line = ''] = importing(project, place?.file, file, '')
  return [{ say: 'before the routes', ...at(place), add: [line, 'app.use(sessions)'] }]
}

export const dropIns: readonly Framework[] = [
  {
    name: 'express-session',
    title: 'Express with express-session',
    types: '@types/express-session',
    packages: ['express-session'],
    over: ['express'],
    variable: 'SESSION_SECRET',
    page: 'frameworks/express-session.md',
    originals: [{ from: 'express-session', to: 'coatcheck/express-session' }],
    files: (project) =>
      sessionsAt(
        project,
        `import session from 'coatcheck/express-session'
%imports%«import type {} from 'express-session'
»%setup%«
declare module 'express-session' {
  interface SessionData { user: string; message: string }
}
»
export const sessions = session({
  secret: process.env.SESSION_SECRET,
  %store%
  resave: false,
  saveUninitialized: false,
  cookie: { maxAge: 14 * 24 * 60 * 60 * 1000, secure: 'auto', sameSite: 'lax' },
})
`,
      ),
    steps: middleware,
  },
  {
    name: 'cookie-session',
    title: 'Express with cookie-session',
    packages: ['cookie-session'],
    over: ['express'],
    variable: 'SESSION_SECRET',
    page: 'frameworks/cookie-session.md',
    originals: [{ from: 'cookie-session', to: 'coatcheck/cookie-session' }],
    files: (project) =>
      sessionsAt(
        project,
        `import cookieSession from 'coatcheck/cookie-session'

export const sessions = cookieSession({ keys: [process.env.SESSION_SECRET« ?? ''»], maxAge: ${week} })
`,
      ),
    steps: middleware,
  },
  {
    name: 'iron-session',
    title: 'iron-session',
    packages: ['iron-session'],
    over: ['next', 'express', 'fastify', 'koa', 'hono'],
    variable: 'SESSION_SECRET',
    page: 'frameworks/iron-session.md',
    originals: [{ from: 'iron-session', to: 'coatcheck/iron-session' }],
    files: (project) =>
      sessionsAt(
        project,
        `«import type { SessionOptions } from 'coatcheck/iron-session'
»%imports%
%setup%«
export interface Data {
  user: string
  visits: number
}
»
export const options«: SessionOptions» = {
  cookieName: 'session',
  password: process.env.SESSION_SECRET ?? '', // 32 random characters or more: openssl rand -base64 33
  %store%
  cookieOptions: { secure: process.env.NODE_ENV === 'production' },
}
`,
      ),
    steps(project, file) {
      const place = find(project, /\bcreateServer\(/)
      const line = "import { getIronSession } from 'coatcheck/iron-session'"
      const data = project.isTypeScript ? '<Data>' : ''
      return [
        {
          say: 'in a handler',
          ...at(place),
          add: [
            ...importing(project, place?.file, file, line, 'options'),
            `const session = await getIronSession${data}(req, res, options)`,
            'session.visits = (session.visits ?? 0) + 1',
            'await session.save()',
          ],
        },
      ]
    },
  },
  {
    name: 'koa',
    title: 'Koa',
    types: '@types/koa',
    packages: ['koa', 'koa-session'],
    variable: 'SESSION_SECRET',
    page: 'frameworks/koa.md',
    originals: [{ from: 'koa-session', to: 'coatcheck/koa' }],
    files: (project) =>
      sessionsAt(
        project,
        `import session from 'coatcheck/koa'
%imports%«import type Koa from 'koa'
»%setup%
/** Gives the requests of an application their \`ctx.session\`. */
export function useSessions(app«: Koa»)«: void» {
  app.keys = [process.env.SESSION_SECRET« ?? ''»]
  app.use(session({ %option%, maxAge: ${week} }, app))
}
`,
      ),
    steps(project, file) {
      const place = find(project, /new Koa\b/)
      const [, line = ''] = importing(project, place?.file, file, '', 'useSessions')
      return [{ say: 'before the routes', ...at(place), add: [line, 'useSessions(app)'] }]
    },
  },
  {
    name: 'fastify',
    title: 'Fastify',
    packages: ['fastify', '@fastify/session', '@fastify/secure-session'],
    least: ['fastify', 5],
    variable: 'SESSION_SECRET',
    page: 'frameworks/fastify.md',
    originals: [
      { from: '@fastify/session', to: 'coatcheck/fastify' },
      { from: '@fastify/secure-session', to: 'coatcheck/fastify', as: 'fastifySecureSession' },
    ],
    files: (project) =>
      sessionsAt(
        project,
        `import coatcheck«, { type Session }» from 'coatcheck/fastify'
%imports%«import type { FastifyInstance } from 'fastify'
»%setup%«
declare module 'fastify' {
  interface FastifyRequest { session: Session<{ user: string; message: string }> }
}
»
/** Gives the requests of an application their \`request.session\`. */
export function useSessions(app«: FastifyInstance»)«: void» {
  app.register(coatcheck, {
    secret: process.env.SESSION_SECRET,
    %store%
    saveUninitialized: false,
    rolling: false,
    cookie: { maxAge: 14 * 24 * 60 * 60 * 1000, secure: 'auto', sameSite: 'lax' },
  })
}
`,
      ),
    steps(project, file) {
      const made = find(project, /=\s*([Ff]astify|require\(['"]fastify['"]\))\(/)
      // Where a command starts the server, the application is a plugin, and its routes come from folders.
      const place = made ?? find(project, /\bfastify\.register\(/)
      const [, line = ''] = importing(project, place?.file, file, '', 'useSessions')
      return [{ say: 'before the routes', ...at(place), add: [line, `useSessions(${place && !made ? 'fastify' : 'app'})`] }]
    },
  },
]
