import { at, bundled, type Framework, find } from '../framework.ts'
import type { Project } from '../project.ts'

const isHydrogen1 = (project: Project): boolean => (project.versionOf('@shopify/hydrogen')?.[0] ?? 2026) < 2000

export const hydrogens: readonly Framework[] = [
  {
    name: 'hydrogen',
    title: 'Hydrogen',
    isBundled: true,
    packages: ['@shopify/hydrogen'],
    over: ['react-router', 'remix', 'remix-3', 'express'],
    isIt: (project) => !isHydrogen1(project),
    variable: 'SESSION_SECRET',
    readsEnv: 'in development',
    page: 'frameworks/hydrogen.md',
    originals: ['~/lib/session', './session', './app/lib/session', '~/lib/session.server'].map((from) => ({
      from,
      to: 'coatcheck/hydrogen',
      names: ['AppSession'],
    })),
    files: (project) => [
      {
        path: bundled(project, 'app/lib/session'),
        text: `import { AppSession as CoatcheckSession } from 'coatcheck/hydrogen'

export class AppSession extends CoatcheckSession {
  get isSignedIn()«: boolean» {
    return this.get('user') !== undefined
  }
}
`,
      },
    ],
    steps: (project) => [
      {
        say: 'where the context is made',
        ...at(find(project, /createHydrogenContext\(/)),
        add: [
          "import { AppSession } from './session'",
          'const session = await AppSession.init(request, [env.SESSION_SECRET], { secure: true })',
        ],
      },
    ],
  },
  {
    name: 'hydrogen-1',
    title: 'Hydrogen 1',
    isBundled: true,
    packages: ['@shopify/hydrogen'],
    configs: ['hydrogen.config.js', 'hydrogen.config.ts'],
    over: ['hydrogen', 'express'],
    isIt: isHydrogen1,
    variable: 'SESSION_SECRET',
    page: 'frameworks/hydrogen-1.md',
    originals: [
      { from: '@shopify/hydrogen/config', to: 'coatcheck/hydrogen', names: ['CookieSessionStorage', 'MemorySessionStorage'] },
      { from: '@shopify/hydrogen/config', to: 'coatcheck/hydrogen/file', names: ['FileSessionStorage'] },
      { from: '@shopify/hydrogen', to: 'coatcheck/hydrogen', names: ['CookieSessionStorage', 'MemorySessionStorage'] },
    ],
    files: (project) => [
      {
        path: bundled(project, 'session-storage'),
        text: `import { SessionStorage } from 'coatcheck/hydrogen'
%imports%%setup%
const options = { secrets: process.env.SESSION_SECRET, secure: true, maxAge: 60 * 60 * 24 * 30 }

export const session = SessionStorage('__session', { %option%, ...options })
`,
      },
    ],
    steps: (project) => [
      {
        say: 'name it in the configuration',
        ...at(find(project, /defineConfig\(/, /^hydrogen\.config\./)),
        add: ["import { session } from './session-storage'", 'session,'],
      },
    ],
  },
]
