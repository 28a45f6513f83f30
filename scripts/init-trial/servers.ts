import { asJson, type Files, joined, put, type Said, type Scaffold } from './scaffold.ts'

const handler = (open: string, count: string): string => `app.get('/visits', async (req, res) => {
  ${open}
  res.send(String(${count}))
})`

/** What the generators of Express and Koa make: `app.js`, and a program that listens. */
const express = (said: Said, read: (path: string) => string): Files => {
  const [opened = '', count = ''] = said(/in a handler/)
  return {
    'app.js': put(joined(read('app.js'), /= express\(\)/, said(/wrap the server/)), 'before', /^module\.exports/, [
      handler(opened, count),
    ]),
  }
}
/** Of the libraries that Coatcheck takes the place of. */
const middleware = (said: Said, read: (path: string) => string): Files => ({
  'app.js': put(joined(read('app.js'), /= express\(\)/, said(/before the routes/)), 'before', /^module\.exports/, [
    handler('const { session } = req', '(session.visits = (session.visits ?? 0) + 1)'),
  ]),
})
const generated = {
  create: 'express-generator@4.16.1 --no-view --git app',
  program: 'express',
  ...{ start: 'node --env-file=.env bin/www' },
}

const typescript = (...include: string[]): string =>
  asJson({
    compilerOptions: {
      ...{ target: 'es2024', module: 'nodenext', strict: true, verbatimModuleSyntax: true, skipLibCheck: true, types: ['node'] },
      ...{ outDir: 'dist', rootDir: 'src' },
    },
    include,
  })
/** A server of Node in TypeScript: `src/index.ts`, compiled to `dist/index.js`. */
const compiled = (dependencies: Files, index: string): Files => ({
  'package.json': asJson({
    ...{ name: 'app', private: true, type: 'module' },
    scripts: { build: 'tsc', start: 'node dist/index.js' },
    dependencies,
    devDependencies: { '@types/node': '24.19.2', typescript: '5.9.3' },
  }),
  'tsconfig.json': typescript('src'),
  'src/index.ts': index,
})
const run = { build: 'npm run build', types: 'tsc --noEmit', start: 'node --env-file=.env dist/index.js' }
const port = 'Number(process.env.PORT ?? 3000)'

/** Frameworks that serve what others render. */
export const servers: readonly Scaffold[] = [
  {
    ...{ name: 'nest', framework: 'nest', shows: '@nestjs/core', program: 'nest' },
    create: '@nestjs/cli@12.0.8 new app --skip-git --skip-install --package-manager npm --strict',
    edits: (said, read) => {
      const module = said(/give the module/)
      const controller = said(/in a controller/)
      return {
        'src/app.module.ts': [
          ...module.filter((line) => line.startsWith('import ')),
          read('src/app.module.ts').replace(/imports: \[\]/, module.find((line) => line.startsWith('imports:')) ?? '$&'),
        ].join('\n'),
        'src/app.controller.ts': [
          ...controller.filter((line) => line.startsWith('import ')),
          put(read('src/app.controller.ts'), 'before', /^ {2}@Get\(\)/, [
            "  @Get('visits')",
            `  ${controller.find((line) => line.startsWith('show'))}: string {`,
            "    return String(session.update('visits', (visits = 0) => visits + 1));",
            '  }',
            '',
          ]),
        ].join('\n'),
      }
    },
    ...{ build: 'npm run build', types: 'tsc --noEmit', start: 'node --env-file=.env dist/main' },
  },
  { ...generated, ...{ name: 'express', framework: 'express', shows: 'express' }, edits: express },
  {
    ...generated,
    ...{ name: 'express-session', framework: 'express-session', shows: 'express-session' },
    more: ['express-session@1.19.0'],
    edits: middleware,
  },
  {
    ...generated,
    ...{ name: 'cookie-session', framework: 'cookie-session', shows: 'cookie-session' },
    more: ['cookie-session@2.1.1'],
    edits: middleware,
  },
  {
    ...{ name: 'koa', framework: 'koa', shows: 'koa', program: 'koa2' },
    create: 'koa-generator@1.1.17 app',
    edits: (said, read) => ({
      'app.js': put(
        joined(read('app.js'), /new Koa\(\)/, said(/before the routes/)),
        'before',
        /^module\.exports/,
        "app.use(async (ctx) => {\n  if (ctx.path === '/visits') ctx.body = String((ctx.session.visits = (ctx.session.visits ?? 0) + 1))\n})".split(
          '\n',
        ),
      ),
    }),
    start: 'node --env-file=.env bin/www',
  },
  {
    ...{ name: 'fastify', framework: 'fastify', shows: 'fastify', program: 'fastify' },
    create: 'fastify-cli@8.0.2 generate app --lang=ts --esm',
    edits: (said, read) => {
      const lines = said(/before the routes/)
      return {
        // Of TypeScript 6 every project has to name it, and the command does not.
        'tsconfig.json': put(read('tsconfig.json'), 'after', /"outDir"/, ['    "rootDir": "src",']),
        'src/app.ts': joined(read('src/app.ts'), /\/\/ Place here your custom code/, lines),
        'src/routes/visits/index.ts': `import { type FastifyPluginAsync } from 'fastify'

const visits: FastifyPluginAsync = async (fastify) => {
  fastify.get('/', async ({ session }) => {
    const visits = Number(session.get('user') ?? 0) + 1
    session.set('user', String(visits))
    return String(visits)
  })
}

export default visits
`,
      }
    },
    ...{ build: 'npm run build:ts', types: 'tsc --noEmit' },
    start: 'node --env-file=.env node_modules/fastify-cli/cli.js start --port $PORT dist/app.js',
  },
  {
    ...{ name: 'hono', framework: 'hono', shows: 'hono' },
    create: 'create-hono@0.19.5 app --template nodejs --pm npm',
    byHand: compiled(
      { hono: '4.13.19', '@hono/node-server': '2.1.8' },
      `import { serve } from '@hono/node-server'
import { Hono } from 'hono'

const app = new Hono()

app.get('/', (c) => c.text('Hello'))

serve({ fetch: app.fetch, port: ${port} })
`,
    ),
    edits: (said, read) => {
      const [opened = '', count = ''] = said(/in a handler/)
      return {
        'src/index.ts': put(joined(read('src/index.ts'), /new Hono\(\)/, said(/wrap the server/)), 'before', /^serve\(/, [
          `app.get('/visits', async (c) => {\n  ${opened}\n  return c.text(String(${count}))\n})`,
        ]).replace(/port: 3000/, `port: ${port}`),
      }
    },
    ...run,
  },
  {
    ...{ name: 'elysia', framework: 'elysia', shows: 'elysia' },
    byHand: compiled(
      { elysia: '1.4.30', '@elysiajs/node': '1.4.5' },
      `import { node } from '@elysiajs/node'
import { Elysia } from 'elysia'

const app = new Elysia({ adapter: node() })

app.get('/', () => 'Hello')
app.listen(${port})
`,
    ),
    edits: (said, read) => {
      const [wrapping, used] = [said(/wrap the server/), said(/in a handler/)]
      const chained = wrapping.find((line) => line.startsWith('const app'))?.replace('const app = new Elysia()', '')
      return {
        'src/index.ts': [
          ...wrapping.filter((line) => line.startsWith('import ') && !line.includes("from 'elysia'")),
          put(read('src/index.ts'), 'before', /^app\.listen/, used)
            .replace('adapter: node() })', `$&${chained}`)
            .replace("app.get('/', async", "app.get('/visits', async"),
        ].join('\n'),
      }
    },
    ...run,
  },
  {
    ...{ name: 'h3', framework: 'h3', shows: 'h3' },
    byHand: compiled(
      { h3: '2.0.8' },
      `import { H3, serve } from 'h3'

const app = new H3()

app.get('/', () => 'Hello')
serve(app, { port: ${port} })
`,
    ),
    edits: (said, read) => {
      const lines = said(/in a handler/)
      return {
        'src/index.ts': [
          ...lines.filter((line) => line.startsWith('import ')),
          put(read('src/index.ts'), 'before', /^serve\(/, [
            "app.get('/visits', async (event) => {",
            ...lines.filter((line) => !line.startsWith('import ')).map((line) => `  ${line}`),
            '  return String(session.data.visits)',
            '})',
          ]),
        ].join('\n'),
      }
    },
    ...run,
  },
  {
    ...{ name: 'node', framework: 'node', shows: 'typescript' },
    byHand: compiled(
      {},
      `import { createServer } from 'node:http'

createServer((req, res) => {
  res.end(req.url)
}).listen(${port})
`,
    ),
    edits: (said, read) => {
      const [opened = '', count = ''] = said(/in a handler/)
      return {
        'src/index.ts': [
          ...said(/wrap the server/).filter((line) => line.startsWith('import ')),
          read('src/index.ts')
            .replace('createServer((req, res) => {', 'createServer(withSession(sessions, async (req, res) => {')
            .replace('  res.end(req.url)\n})', `  ${opened}\n  res.end(String(${count}))\n}))`),
        ].join('\n'),
      }
    },
    ...run,
  },
]
