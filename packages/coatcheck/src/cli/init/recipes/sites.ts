import { at, bundled, type Framework, find, importing } from '../framework.ts'
import { STORE } from '../stores.ts'

const NUXT_STORE = `%imports%%setup%
export default () => %expression%
`
/** The store of Nuxt and Nitro is a file that the module is told of. */
const runtimeConfig = (variable: string, file: string): string[] => [
  'runtimeConfig: {',
  `  session: { password: '', store: './${file}' }, // ${variable} gives the password`,
  '},',
]

export const sites: readonly Framework[] = [
  {
    name: 'next',
    title: 'Next.js',
    isBundled: true,
    packages: ['next'],
    configs: ['next.config.js', 'next.config.mjs', 'next.config.ts'],
    over: ['express', 'fastify', 'hono'],
    least: ['next', 15],
    variable: 'SESSION_SECRET',
    readsEnv: 'always',
    page: 'frameworks/next.md',
    files: (project) => [
      {
        path: bundled(project, `${project.src}lib/session`),
        text: `import { nextSessions } from 'coatcheck/next'
import { store } from './store'
«
type Values = { visits: number; cart: string[]; language: string }
type Flashes = { message: string }
»
export const { getSession, withSession, proxy, sessions } = nextSessions«<Values, Flashes>»({
  secrets: process.env.SESSION_SECRET,
  cookie: { name: 'session' },
  store,
})
`,
      },
      { path: bundled(project, `${project.src}lib/store`), text: STORE },
    ],
    steps(project, file) {
      const from = `${project.src}app/page.tsx`
      const imported = importing(project, from, file, '', 'getSession', true)[1] ?? ''
      const ahead = find(project, /\bcacheComponents\s*:\s*true\b/, /^next\.config\./)
      return [
        { say: 'in a page, an action or a route handler', add: [imported, 'const session = await getSession()'] },
        ...(ahead
          ? [
              {
                say: 'this makes pages ahead: in a page, only a component below <Suspense> may ask for the session',
                place: ahead,
                add: ['<Suspense fallback={null}>', '  <Shown />', '</Suspense>'],
              },
            ]
          : []),
        {
          say: 'actions and route handlers store what they changed',
          add: ['export const POST = withSession(async (request) => { … })'],
        },
      ]
    },
  },
  {
    name: 'nuxt',
    title: 'Nuxt',
    isBundled: true,
    packages: ['nuxt'],
    configs: ['nuxt.config.ts', 'nuxt.config.js', 'nuxt.config.mjs'],
    over: ['nitro', 'h3'],
    least: ['nuxt', 4],
    variable: 'NUXT_SESSION_PASSWORD',
    readsEnv: 'in development',
    page: 'frameworks/nuxt.md',
    files: (project) => [{ path: bundled(project, 'server/session-store'), text: NUXT_STORE }],
    steps: (project, file) => [
      {
        say: 'add to the configuration',
        ...at(find(project, /defineNuxtConfig\(/, /^nuxt\.config\./)),
        add: ["modules: ['coatcheck/nuxt'],", ...runtimeConfig('NUXT_SESSION_PASSWORD', file)],
      },
      { say: 'in a server route', add: ['const session = await useSession(event)'] },
    ],
  },
  {
    name: 'nitro',
    title: 'Nitro',
    isBundled: true,
    packages: ['nitro', 'nitropack'],
    configs: ['nitro.config.ts', 'nitro.config.js', 'nitro.config.mjs'],
    over: ['h3'],
    variable: 'NITRO_SESSION_PASSWORD',
    readsEnv: 'in development',
    page: 'frameworks/nitro.md',
    files: (project) => [{ path: bundled(project, 'server/session-store'), text: NUXT_STORE }],
    steps: (project, file) => [
      {
        say: 'add to the configuration',
        ...at(find(project, /define(Nitro)?Config\(/, /^(nitro|vite)\.config\./)),
        add: ["modules: ['coatcheck/nitro'],", ...runtimeConfig('NITRO_SESSION_PASSWORD', file)],
      },
      {
        say: 'in a route',
        add: ["import { useSession } from 'coatcheck/nitro/runtime'", 'const session = await useSession(event)'],
      },
    ],
  },
  {
    name: 'astro',
    title: 'Astro',
    isBundled: true,
    packages: ['astro'],
    configs: ['astro.config.mjs', 'astro.config.js', 'astro.config.ts'],
    over: ['express', 'fastify', 'hono'],
    least: ['astro', 5, 7],
    variable: 'COATCHECK_SECRET',
    page: 'frameworks/astro.md',
    files: (project) => [{ path: bundled(project, 'src/session-settings'), text: ASTRO }],
    steps: (project, file) => [
      {
        say: 'add to the configuration',
        ...at(find(project, /\bintegrations\s*:/, /^astro\.config\./) ?? find(project, /defineConfig\(/, /^astro\.config\./)),
        add: ["import coatcheck from 'coatcheck/astro'", `integrations: [coatcheck({ settings: './${file}' })],`],
      },
      { say: 'in a page or an endpoint', add: ["Astro.session?.set('user', 'ada')"] },
    ],
  },
]

const ASTRO = `«import type { RuntimeSettings } from 'coatcheck/astro'
»%imports%%setup%
export default { %option% }« satisfies RuntimeSettings»
`
