import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { root } from '../../test/tree/files.ts'

const { bin } = JSON.parse(readFileSync(join(root, 'packages/coatcheck/package.json'), 'utf8'))
const program = join(root, 'packages/coatcheck', bin.coatcheck)
if (!existsSync(program)) throw new Error('This is the built command: run `npm run build` first.')

/** An application in a folder that has the packages of this repository. */
function project(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'coatcheck-init-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text)
  return folder
}
const manifest = (...dependencies: string[]): string =>
  JSON.stringify({ type: 'module', dependencies: Object.fromEntries(dependencies.map((name) => [name, '*'])) })

function init(folder: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'init', ...args], { cwd: folder, encoding: 'utf8' })
  return { status, stdout, stderr }
}

/** Starts `server.js` with the variables of .env, and gives its origin. */
async function serve(folder: string, ...flags: string[]): Promise<string> {
  const child: ChildProcess = spawn(process.execPath, ['--env-file=.env', ...flags, 'server.js'], {
    ...{ cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] },
    env: { ...process.env, SESSION_SECRET: undefined, PORT: '0' },
  })
  onTestFinished(async () => {
    if (child.exitCode === null && child.kill()) await once(child, 'exit')
  })
  let said = ''
  for await (const chunk of child.stdout ?? []) {
    said += chunk
    const port = /port (\d+)\n/.exec(said)?.[1]
    if (port) return `http://127.0.0.1:${port}`
  }
  throw new Error(`The server ended: ${said}`)
}

/** A visitor who keeps the cookies that the site sets. */
function visitor(origin: string): () => Promise<string> {
  const jar = new Map<string, string>()
  return async () => {
    const response = await fetch(origin, { headers: { cookie: [...jar].map((pair) => pair.join('=')).join('; ') } })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      jar.set(name, value)
    }
    return response.text()
  }
}

const tell = "const tell = (server) => console.log('port ' + server.address().port)"
const onNode = `
import { createServer } from 'node:http'
${tell}
const listen = (listener) => { const server = createServer(listener).listen(0, '127.0.0.1', () => tell(server)) }`

/** What somebody writes who does by hand what init says; \`server.js\`. */
const SERVERS: Readonly<Record<string, { packages: readonly string[]; code: string }>> = {
  express: {
    packages: ['express'],
    code: `
import express from 'express'
import { withSession } from 'coatcheck/node'
import { sessions } from './sessions.js'
const app = express()
app.use(withSession(sessions))
app.get('/', async (req, res) => {
  const session = await sessions.open(req)
  res.send(String(session.update('visits', (n = 0) => n + 1)))
})
${onNode}
listen(app)`,
  },
  'express-session': {
    packages: ['express', 'express-session'],
    code: `
import express from 'express'
import { sessions } from './sessions.js'
const app = express()
app.use(sessions)
app.get('/', (req, res) => res.send(String((req.session.visits = (req.session.visits ?? 0) + 1))))
${onNode}
listen(app)`,
  },
  'cookie-session': {
    packages: ['express', 'cookie-session'],
    code: `
import express from 'express'
import { sessions } from './sessions.js'
const app = express()
app.use(sessions)
app.get('/', (req, res) => res.send(String((req.session.visits = (req.session.visits ?? 0) + 1))))
${onNode}
listen(app)`,
  },
  'iron-session': {
    packages: ['iron-session'],
    code: `
import { getIronSession } from 'coatcheck/iron-session'
import { options } from './sessions.js'
${onNode}
listen(async (req, res) => {
  const session = await getIronSession(req, res, options)
  session.visits = (session.visits ?? 0) + 1
  await session.save()
  res.end(String(session.visits))
})`,
  },
  hono: {
    packages: ['hono'],
    code: `
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { withSession } from 'coatcheck/hono'
import { sessions } from './sessions.js'
const app = new Hono()
app.use(withSession(sessions))
app.get('/', async (c) => {
  const session = await sessions.open(c)
  return c.text(String(session.update('visits', (n = 0) => n + 1)))
})
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => console.log(\`port \${port}\`))`,
  },
  fastify: {
    packages: ['fastify'],
    code: `
import Fastify from 'fastify'
import { useSessions } from './sessions.js'
const app = Fastify()
useSessions(app)
app.get('/', async ({ session }) => String((session.visits = (session.visits ?? 0) + 1)))
${tell}
await app.listen({ port: 0, host: '127.0.0.1' })
tell(app.server)`,
  },
  koa: {
    packages: ['koa'],
    code: `
import Koa from 'koa'
import { useSessions } from './sessions.js'
const app = new Koa()
useSessions(app)
app.use(async (ctx) => { ctx.body = String((ctx.session.visits = (ctx.session.visits ?? 0) + 1)) })
${onNode}
listen(app.callback())`,
  },
  h3: {
    packages: ['h3'],
    code: `
import { H3, serve } from 'h3'
import { useSession } from 'coatcheck/h3'
import { config } from './session.js'
const app = new H3()
app.get('/', async (event) => {
  const session = await useSession(event, config)
  await session.update(({ visits = 0 }) => ({ visits: visits + 1 }))
  return String(session.data.visits)
})
const server = serve(app, { port: 0, hostname: '127.0.0.1', silent: true })
await server.ready()
console.log(\`port \${new URL(server.url).port}\`)`,
  },
  elysia: {
    packages: ['elysia'],
    code: `
import { Elysia } from 'elysia'
import { serve } from '@hono/node-server'
import { session } from 'coatcheck/elysia'
import { sessions } from './sessions.js'
const app = new Elysia().use(session(sessions)).get('/', async ({ session }) => {
  const mine = await session()
  return String(mine.update('visits', (n = 0) => n + 1))
})
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => console.log(\`port \${port}\`))`,
  },
  node: {
    packages: [],
    code: `
import { withSession } from 'coatcheck/node'
import { sessions } from './sessions.js'
${onNode}
listen(withSession(sessions, async (req, res) => {
  const session = await sessions.open(req)
  res.end(String(session.update('visits', (n = 0) => n + 1)))
}))`,
  },
}

describe.each(Object.entries(SERVERS))('what init wrote for %s', (name, { packages, code }) => {
  it('is served, and counts what each visitor does, also after a restart', async () => {
    const folder = project({ 'package.json': manifest(...packages) })
    const { status, stdout } = init(folder, '--yes')
    expect([status, stdout]).toEqual([0, expect.stringContaining('Written: .env, session')])
    writeFileSync(join(folder, 'server.js'), code)
    const origin = await serve(folder)
    const [ada, grace] = [visitor(origin), visitor(origin)]
    expect([await ada(), await ada(), await grace(), await ada()]).toEqual(['1', '2', '1', '3'])
    // Sessions live in a file, but for those that are sealed in the cookie.
    expect(existsSync(join(folder, 'sessions.sqlite'))).toBe(name !== 'cookie-session')
  })
})

it('what init wrote is what the compiler takes', () => {
  const folder = project({})
  for (const [name, { packages }] of Object.entries(SERVERS)) {
    const app = join(folder, name)
    spawnSync('mkdir', [app])
    writeFileSync(join(app, 'package.json'), manifest(...packages, 'typescript'))
    expect(init(app, '--yes').status).toBe(0)
  }
  const compilerOptions = {
    ...{ target: 'es2024', module: 'nodenext', strict: true, noEmit: true, skipLibCheck: true, types: ['node'] },
    ...{ noUncheckedIndexedAccess: true, verbatimModuleSyntax: true },
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*/*.ts'] }))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  // The types of Koa are not installed in this repository: what our file says of `app` is not compared with them.
  writeFileSync(
    join(folder, 'koa/koa.d.ts'),
    "declare module 'koa' {\n  export default class Koa {\n    keys: string[]\n    use(middleware: unknown): this\n  }\n}\n",
  )
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const { stdout, status } = spawnSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' })
  expect([stdout, status]).toEqual(['', 0])
})

describe('the built command', () => {
  it.each([
    ['astro', 'astro'],
    ['express', 'express-session'],
    ['fastify', 'fastify'],
    ['h3', 'h3'],
    ['h3-v1', 'h3'],
    ['hydrogen', 'hydrogen-1'],
    ['hydrogen-2026', 'hydrogen'],
    ['iron-session', 'iron-session'],
    ['koa', 'koa'],
    ['nest', 'nest'],
    ['nest-11', 'nest'],
    ['next', 'next'],
    ['nitro', 'nitro'],
    ['nitro-2', 'nitro'],
    ['nuxt', 'nuxt'],
    ['react-router', 'react-router'],
    ['remix', 'remix'],
    ['sveltekit', 'sveltekit'],
    ['sveltekit-2', 'sveltekit'],
    ['tanstack-start', 'tanstack-start'],
  ])('knows the example %s by its package.json', (example, framework) => {
    const folder = mkdtempSync(join(tmpdir(), 'coatcheck-init-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    copyFileSync(join(root, 'examples', example, 'package.json'), join(folder, 'package.json'))
    const { status, stdout } = init(folder, '--dry-run', '--json')
    expect([status, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ framework, written: false })])
    expect(existsSync(join(folder, '.env'))).toBe(false)
  })

  it('writes nothing when nobody can answer, and says what to do, without a stack', () => {
    const folder = project({ 'package.json': manifest('hono') })
    const { status, stderr } = init(folder)
    expect([status, stderr]).toEqual([
      1,
      'Nothing was written.\nCall init with --yes to write these files, or with --dry-run to only see them.\n',
    ])
    expect(existsSync(join(folder, '.env'))).toBe(false)
  })

  it('says its version, and what is wrong', () => {
    const run = (...args: string[]) => spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' })
    expect(run('--version').stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
    expect(run('inti')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^There is no command "inti".\nWrite one of: init, .*\.\n$/),
    })
  })
})
