import { at, type Framework, find, importing, script, type Template } from '../framework.ts'
import type { Project } from '../project.ts'

/** `createSessions` in a file of its own, as the guide has it. */
const SESSIONS = `import { createSessions } from 'coatcheck'
%imports%
%setup%«
interface Data {
  visits: number
}
interface Flash {
  notice: string
}
»
export const sessions = createSessions«<Data, Flash>»({
  secrets: process.env.SESSION_SECRET,
  %store%
})
`

const sessionsFile = (project: Project): Template[] => [{ path: script(project, `${project.src}sessions`), text: SESSIONS }]

const count = "session.update('visits', (n = 0) => n + 1)"

interface Wrapped {
  readonly name: string
  readonly title: string
  readonly packages: readonly string[]
  readonly over?: readonly string[]
  readonly page: string
  /** The line that makes the server. */
  readonly made: RegExp
  readonly import: string
  readonly wrap: readonly string[]
  readonly use: readonly string[]
}

/** A server whose sessions come from `createSessions`, and which is wrapped in one line. */
const wrapped = ({ made, import: line, wrap, use, ...rest }: Wrapped): Framework => ({
  ...rest,
  variable: 'SESSION_SECRET',
  files: sessionsFile,
  steps(project, file) {
    const place = find(project, made)
    return [
      {
        say: 'wrap the server, before its routes',
        ...at(place),
        add: [...importing(project, place?.file, file, line), ...wrap],
      },
      { say: 'in a handler', add: use },
    ]
  },
})

export const servers: readonly Framework[] = [
  wrapped({
    name: 'express',
    title: 'Express',
    packages: ['express'],
    page: 'guide.md#opening',
    made: /=\s*express\(\)/,
    import: "import { withSession } from 'coatcheck/node'",
    wrap: ['app.use(withSession(sessions))'],
    use: ['const session = await sessions.open(req)', count],
  }),
  wrapped({
    name: 'hono',
    title: 'Hono',
    packages: ['hono'],
    page: 'guide.md#opening',
    made: /new (OpenAPI)?Hono\b/,
    import: "import { withSession } from 'coatcheck/hono'",
    wrap: ['app.use(withSession(sessions))'],
    use: ['const session = await sessions.open(c)', count],
  }),
  wrapped({
    name: 'elysia',
    title: 'Elysia',
    packages: ['elysia'],
    page: 'frameworks/elysia.md',
    made: /new Elysia\(/,
    import: "import { session } from 'coatcheck/elysia'",
    // The types of what is in a request go along the chain.
    wrap: ['const app = new Elysia().use(session(sessions))'],
    use: ["app.get('/', async ({ session }) => {", '  const mine = await session()', `  return mine.${count.slice(8)}`, '})'],
  }),
  wrapped({
    name: 'node',
    title: 'node:http',
    packages: [],
    page: 'guide.md#opening',
    made: /\bcreateServer\(/,
    import: "import { withSession } from 'coatcheck/node'",
    wrap: ['createServer(withSession(sessions, async (req, res) => { … }))'],
    use: ['const session = await sessions.open(req)', count],
  }),
  {
    name: 'h3',
    title: 'h3',
    packages: ['h3'],
    variable: 'SESSION_SECRET',
    page: 'frameworks/h3.md',
    originals: [
      {
        from: 'h3',
        to: 'coatcheck/h3',
        names: ['useSession', 'getSession', 'updateSession', 'sealSession', 'unsealSession', 'clearSession', 'SessionConfig'],
      },
    ],
    files: (project) => [
      {
        path: script(project, `${project.src}session`),
        text: `«import type { SessionConfig } from 'coatcheck/h3'
»%imports%
%setup%
export const config«: SessionConfig» = {
  password: process.env.SESSION_SECRET« ?? ''»,
  %store%
  issue: 'when-stored',
}
`,
      },
    ],
    steps(project, file) {
      const place = find(project, /\b(defineHandler|eventHandler|defineEventHandler)\(|new H3\(|createApp\(/)
      const line = "import { useSession } from 'coatcheck/h3'"
      return [
        {
          say: 'in a handler',
          ...at(place),
          add: [
            ...importing(project, place?.file, file, line, 'config'),
            'const session = await useSession(event, config)',
            'await session.update(({ visits = 0 }) => ({ visits: visits + 1 }))',
          ],
        },
      ]
    },
  },
]
