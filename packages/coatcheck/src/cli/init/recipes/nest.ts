import { at, type Framework, find, importing } from '../framework.ts'

const NEST = `import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import { createSessions, type Session } from 'coatcheck'
%imports%
%setup%
interface Values {
  visits: number
}
interface Flash {
  message: string
}

export const sessions = createSessions<Values, Flash>({
  secrets: process.env.SESSION_SECRET ?? '',
  %store%
})

export type OurSession = Session<Values, Flash>

/** A handler's parameter that is the session of its request. */
export const CurrentSession = createParamDecorator((_: unknown, context: ExecutionContext) =>
  sessions.open(context.switchToHttp().getRequest()),
)
`

export const nest: Framework = {
  name: 'nest',
  title: 'Nest',
  packages: ['@nestjs/core'],
  configs: ['nest-cli.json'],
  over: ['express', 'fastify', 'express-session'],
  least: ['@nestjs/core', 11],
  variable: 'SESSION_SECRET',
  page: 'frameworks/nest.md',
  originals: [{ from: 'express-session', to: 'coatcheck/express-session' }],
  files: (project) => [{ path: `${project.src}sessions.ts`, text: NEST }],
  steps(project, file) {
    const place = find(project, /@Module\(/, /app\.module\.ts$/) ?? find(project, /@Module\(/)
    const shown = find(project, /@Controller\(/, /app\.controller\.ts$/) ?? find(project, /@Controller\(/)
    const line = "import { SessionModule } from 'coatcheck/nest'"
    // Of a module, Node wants the whole name; what is none may be tested by Jest, which finds no `.js` beside the `.ts`.
    const nameless = !project.isModule
    const names = 'CurrentSession, type OurSession'
    return [
      {
        say: 'give the module of the application this import',
        ...at(place),
        add: [...importing(project, place?.file, file, line, 'sessions', nameless), 'imports: [SessionModule.forRoot(sessions)]'],
      },
      {
        say: 'in a controller',
        ...at(shown),
        add: [importing(project, shown?.file, file, '', names, nameless)[1] ?? '', 'show(@CurrentSession() session: OurSession)'],
      },
    ]
  },
}
