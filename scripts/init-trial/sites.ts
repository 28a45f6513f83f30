import { asJson, put, type Scaffold } from './scaffold.ts'

const react = { react: '19.3.1', 'react-dom': '19.3.1' }
const reactTypes = { '@types/node': '24.19.2', '@types/react': '19.3.0', '@types/react-dom': '19.3.0', typescript: '5.9.3' }
const typed = {
  ...{
    lib: ['DOM', 'DOM.Iterable', 'ES2022'],
    target: 'ES2022',
    module: 'ES2022',
    moduleResolution: 'bundler',
    jsx: 'react-jsx',
  },
  ...{ strict: true, noEmit: true, skipLibCheck: true, verbatimModuleSyntax: true, esModuleInterop: true },
}
/** A page around all others, by the components that the framework gives. */
const rootOf = (from: string): string => `import { Links, Meta, Outlet, Scripts } from '${from}'

export default function App() {
  return (
    <html lang="en">
      <head>
        <Meta />
        <Links />
      </head>
      <body>
        <Outlet />
        <Scripts />
      </body>
    </html>
  )
}
`
const hello = 'export default function Home() {\n  return <p>Hello</p>\n}\n'

/** Frameworks that render pages. */
export const sites: readonly Scaffold[] = [
  {
    ...{ name: 'next', framework: 'next', shows: 'next' },
    create: 'create-next-app@16.4.3 app --yes --empty --use-npm --skip-install --disable-git',
    edits: (said) => {
      const [imported = '', opened = ''] = said(/^in a page/)
      return {
        'app/page.tsx': `import { Suspense } from 'react'
${imported}

async function Shown() {
  ${opened}
  return <p>{session.get('visits') ?? 0}</p>
}

export default function Home() {
  return (
${said(/^this makes pages ahead/)
  .map((line) => `    ${line}`)
  .join('\n')}
  )
}
`,
        'app/visits/route.ts': `${imported.replace('getSession', 'getSession, withSession').replace("'../", "'../../")}

export const GET = withSession(async () => {
  ${opened}
  return new Response(String(session.update('visits', (visits = 0) => visits + 1)))
})
`,
      }
    },
    ...{ build: 'npm run build', types: 'tsc --noEmit', dev: 'npm run dev -- --port $PORT', start: 'npm start -- --port $PORT' },
  },
  {
    ...{ name: 'nuxt', framework: 'nuxt', shows: 'nuxt' },
    create: 'nuxi@3.37.0 init app --template minimal --packageManager npm --no-install --no-gitInit --no-modules',
    byHand: {
      'package.json': asJson({
        ...{ name: 'app', private: true, type: 'module' },
        scripts: { build: 'nuxt build', dev: 'nuxt dev', preview: 'nuxt preview', postinstall: 'nuxt prepare' },
        dependencies: { nuxt: '4.5.2', vue: '^3.5.0', 'vue-router': '^4.5.0' },
      }),
      'nuxt.config.ts': "export default defineNuxtConfig({\n  compatibilityDate: '2026-11-01',\n})\n",
      'tsconfig.json': asJson({
        files: [],
        references: ['app', 'server', 'shared', 'node'].map((part) => ({ path: `./.nuxt/tsconfig.${part}.json` })),
      }),
      'app/app.vue': '<template>\n  <p>Hello</p>\n</template>\n',
    },
    more: ['vue-tsc@3.3.14', 'typescript@5.9.3'],
    edits: (said, read) => ({
      'nuxt.config.ts': put(read('nuxt.config.ts'), 'after', /defineNuxtConfig\(/, said(/add to the configuration/)),
      'server/routes/visits.ts': `export default defineEventHandler(async (event) => {
  ${said(/server route/)[0]}
  await session.update(({ visits = 0 }) => ({ visits: visits + 1 }))
  return String(session.data.visits)
})
`,
    }),
    ...{ build: 'npm run build', types: 'nuxt typecheck' },
    ...{ dev: 'npm run dev -- --port $PORT', start: 'node --env-file=.env .output/server/index.mjs' },
  },
  {
    ...{ name: 'nitro', framework: 'nitro', shows: 'nitro' },
    byHand: {
      'package.json': asJson({
        ...{ name: 'app', private: true, type: 'module' },
        scripts: { build: 'nitro build', dev: 'nitro dev' },
        dependencies: { nitro: '3.0.260903-beta' },
      }),
      'nitro.config.ts': "import { defineConfig } from 'nitro'\n\nexport default defineConfig({\n  serverDir: './server',\n})\n",
      'tsconfig.json': asJson({ extends: ['nitro/tsconfig'] }),
      'server/routes/index.ts': "import { defineHandler } from 'nitro/h3'\n\nexport default defineHandler(() => 'Hello')\n",
    },
    more: ['typescript@5.9.3'],
    edits: (said, read) => {
      const [imported = '', opened = ''] = said(/in a route/)
      return {
        'nitro.config.ts': put(read('nitro.config.ts'), 'after', /defineConfig\(/, said(/add to the configuration/)),
        'server/routes/visits.ts': `import { defineHandler } from 'nitro/h3'
${imported}

export default defineHandler(async (event) => {
  ${opened}
  await session.update(({ visits = 0 }) => ({ visits: visits + 1 }))
  return String(session.data.visits)
})
`,
      }
    },
    ...{ build: 'npm run build', types: 'tsc --noEmit' },
    ...{ dev: 'npm run dev -- --port $PORT', start: 'node --env-file=.env .output/server/index.mjs' },
  },
  {
    ...{ name: 'astro', framework: 'astro', shows: 'astro' },
    create: 'create-astro@5.2.4 app --template minimal --no-install --no-git --yes --skip-houston',
    byHand: {
      'package.json': asJson({
        ...{ name: 'app', private: true, type: 'module' },
        scripts: { dev: 'astro dev', build: 'astro build', preview: 'astro preview' },
        dependencies: { astro: '7.3.5' },
      }),
      'astro.config.mjs': "import { defineConfig } from 'astro/config'\n\nexport default defineConfig({})\n",
      'tsconfig.json': asJson({ extends: 'astro/tsconfigs/strict', include: ['.astro/types.d.ts', '**/*'], exclude: ['dist'] }),
      'src/pages/index.astro': '<html lang="en"><body>Hello</body></html>\n',
    },
    more: ['@astrojs/node@11.1.6', 'typescript@5.9.3'],
    edits: (said, read) => {
      const [imported = '', integrations = ''] = said(/add to the configuration/)
      const adapter = "output: 'server', adapter: node({ mode: 'standalone' }),"
      return {
        'astro.config.mjs': [
          "import node from '@astrojs/node'",
          imported,
          read('astro.config.mjs').replace('defineConfig({', `defineConfig({\n  ${adapter}\n  ${integrations}\n`),
        ].join('\n'),
        'src/pages/visits.ts': `import type { APIRoute } from 'astro'

export const GET: APIRoute = async ({ session }) => {
  const visits = ((await session?.get('visits')) ?? 0) + 1
  session?.set('visits', visits)
  return new Response(String(visits))
}
`,
        'src/env.d.ts': 'declare namespace App {\n  interface SessionData {\n    visits: number\n  }\n}\n',
      }
    },
    ...{ build: 'npm run build', types: 'astro sync && tsc --noEmit' },
    ...{ dev: 'npm run dev -- --port $PORT --host 127.0.0.1', start: 'node --env-file=.env dist/server/entry.mjs' },
  },
  {
    ...{ name: 'sveltekit', framework: 'sveltekit', shows: '@sveltejs/kit' },
    create: 'sv@0.17.1 create app --template minimal --types ts --no-add-ons --no-install --no-dir-check',
    edits: (said, read) => ({
      'src/app.d.ts': read('src/app.d.ts').replace(/\/\/ interface Locals \{\}/, said(/^type/).join('\n')),
      'vite.config.ts': [...said(/^Vite keeps/), read('vite.config.ts')].join('\n'),
      'src/routes/visits/+server.ts': `import type { RequestHandler } from './$types'

export const GET: RequestHandler = async ({ locals }) => {
  ${said(/in a load/)[0]}
  const cart = session.update('cart', (cart = []) => [...cart, 'hat'])
  return new Response(String(cart.length))
}
`,
    }),
    ...{ build: 'npm run build', types: 'npm run check' },
    dev: 'npm run dev -- --port $PORT --host 127.0.0.1',
    start: 'node --env-file=.env node_modules/vite/bin/vite.js preview --port $PORT --host 127.0.0.1',
  },
  {
    ...{ name: 'tanstack-start', framework: 'tanstack-start', shows: '@tanstack/react-start', program: 'tanstack' },
    create:
      '@tanstack/cli@0.71.0 create app --framework react --blank --yes --no-install --no-git --package-manager npm --no-intent',
    edits: (said) => {
      const [imported = '', opened = ''] = said(/in a server function/)
      return {
        'src/routes/visits.ts': `import { createFileRoute } from '@tanstack/react-router'
${imported.replace("'./", "'../")}

export const Route = createFileRoute('/visits')({
  server: {
    handlers: {
      GET: async () => {
        ${opened}
        return new Response(String(session.update('visits', (visits = 0) => visits + 1)))
      },
    },
  },
})
`,
      }
    },
    ...{ build: 'npm run build', types: 'tsc --noEmit' },
    dev: 'npm run dev -- --port $PORT --host 127.0.0.1',
    start: 'node --env-file=.env node_modules/vite/bin/vite.js preview --port $PORT --host 127.0.0.1',
  },
  {
    ...{ name: 'react-router', framework: 'react-router', shows: 'react-router' },
    create: 'create-react-router@8.4.0 app --yes --no-install --no-git-init --no-agent-skills',
    byHand: {
      'package.json': asJson({
        ...{ name: 'app', private: true, type: 'module' },
        scripts: {
          ...{ build: 'react-router build', dev: 'react-router dev', start: 'react-router-serve ./build/server/index.js' },
          typecheck: 'react-router typegen && tsc',
        },
        dependencies: {
          ...{ '@react-router/node': '8.4.0', '@react-router/serve': '8.4.0', isbot: '^5.1.0', 'react-router': '8.4.0' },
          ...react,
        },
        devDependencies: { '@react-router/dev': '8.4.0', vite: '8.3.8', ...reactTypes },
      }),
      'react-router.config.ts':
        "import type { Config } from '@react-router/dev/config'\n\nexport default {\n  ssr: true,\n} satisfies Config\n",
      'vite.config.ts':
        "import { reactRouter } from '@react-router/dev/vite'\nimport { defineConfig } from 'vite'\n\nexport default defineConfig({ plugins: [reactRouter()] })\n",
      'tsconfig.json': asJson({
        include: ['**/*', '.react-router/types/**/*'],
        compilerOptions: { ...typed, types: ['node', 'vite/client'], rootDirs: ['.', './.react-router/types'] },
      }),
      'app/root.tsx': rootOf('react-router'),
      'app/routes.ts':
        "import { index, type RouteConfig } from '@react-router/dev/routes'\n\nexport default [index('routes/home.tsx')] satisfies RouteConfig\n",
      'app/routes/home.tsx': hello,
    },
    edits: (said, read) => ({
      'app/root.tsx': [...said(/export the middleware/), read('app/root.tsx')].join('\n'),
      'app/routes.ts': read('app/routes.ts')
        .replace(/import \{ index/, 'import { index, route')
        .replace(/index\(["']routes\/home.tsx["']\)/, "$&, route('visits', 'routes/visits.ts')"),
      'app/routes/visits.ts': `import { getSession } from '../sessions.server'
import type { Route } from './+types/visits'

export async function loader({ context }: Route.LoaderArgs) {
  ${said(/in a loader/)[0]}
  return new Response(String(session.update('visits', (visits = 0) => visits + 1)))
}
`,
    }),
    ...{ build: 'npm run build', types: 'npm run typecheck', dev: 'npm run dev -- --port $PORT --host 127.0.0.1' },
    start: 'node --env-file=.env node_modules/@react-router/serve/bin.cjs ./build/server/index.js',
  },
  {
    ...{ name: 'remix', framework: 'remix', shows: '@remix-run/react' },
    create: 'create-remix@2.17.5 app --yes --no-install --no-git-init',
    byHand: {
      'package.json': asJson({
        ...{ name: 'app', private: true, type: 'module' },
        scripts: {
          ...{ build: 'remix vite:build', dev: 'remix vite:dev', start: 'remix-serve ./build/server/index.js' },
          typecheck: 'tsc',
        },
        dependencies: {
          ...{ '@remix-run/node': '2.17.5', '@remix-run/react': '2.17.5', '@remix-run/serve': '2.17.5', isbot: '^4.1.0' },
          ...{ react: '18.3.1', 'react-dom': '18.3.1' },
        },
        devDependencies: {
          ...{ '@remix-run/dev': '2.17.5', '@types/react': '^18.2.0', '@types/react-dom': '^18.2.0' },
          ...{ typescript: '5.9.3', vite: '5.4.21' },
        },
      }),
      'vite.config.ts':
        "import { vitePlugin as remix } from '@remix-run/dev'\nimport { defineConfig } from 'vite'\n\nexport default defineConfig({ plugins: [remix()] })\n",
      'tsconfig.json': asJson({
        include: ['**/*.ts', '**/*.tsx'],
        compilerOptions: { ...typed, types: ['@remix-run/node', 'vite/client'] },
      }),
      'app/root.tsx': rootOf('@remix-run/react'),
      'app/routes/_index.tsx': hello,
    },
    edits: (said) => ({
      'app/routes/visits.ts': `import type { LoaderFunctionArgs } from '@remix-run/node'
import { commitSession, getSession } from '../sessions.server'

export async function loader({ request }: LoaderFunctionArgs) {
  ${said(/in a loader/)[0]}
  const visits = Number(session.get('userId') ?? 0) + 1
  session.set('userId', String(visits))
  return new Response(String(visits), { ${said(/in a loader/)[1]} })
}
`,
    }),
    ...{ build: 'npm run build', types: 'npm run typecheck', dev: 'npm run dev -- --port $PORT --host 127.0.0.1' },
    start: 'node --env-file=.env node_modules/@remix-run/serve/dist/cli.js ./build/server/index.js',
  },
  {
    ...{ name: 'hydrogen', framework: 'hydrogen', shows: '@shopify/hydrogen', program: 'create-hydrogen' },
    create:
      '@shopify/create-hydrogen@5.0.39 --path app --mock-shop --language ts --styling none --markets none --no-install-deps --no-shortcut --no-git',
    edits: (said, read) => ({
      'app/lib/context.ts': put(
        read('app/lib/context.ts').replace(/^import \{AppSession\}.*\n/m, ''),
        'before',
        /^import /,
        said(/change the import/),
      ),
      // A shop in production has to be somebody's.
      '.env': `${read('.env')}PUBLIC_STORE_DOMAIN=mock.shop\nPUBLIC_STOREFRONT_API_TOKEN=none\n`,
      // What is wrong is said by nobody else: the preview keeps it to itself.
      'server.ts': read('server.ts').replace("'An unexpected error occurred'", 'String(error)'),
      'app/routes/visits.ts': `import type { LoaderFunctionArgs } from 'react-router'

export async function loader({ context }: LoaderFunctionArgs) {
  const visits = Number(context.session.get('visits') ?? 0) + 1
  context.session.set('visits', visits)
  return new Response(String(visits))
}
`,
    }),
    ...{ build: 'npm exec shopify hydrogen build', types: 'npm run typecheck' },
    start: 'npm exec -- shopify hydrogen preview --port $PORT',
  },
]
