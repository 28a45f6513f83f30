import { execFileSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { blocksOf } from '../../../../examples/pasted.ts'
import { SCAFFOLDS, WITHOUT } from '../../../../scripts/init-trial.ts'
import { root } from '../../test/tree/files.ts'
import { FRAMEWORKS } from './init/frameworks.ts'
import { main } from './main.ts'

type Files = Readonly<Record<string, string>>

/** A folder of its own with these files. */
function folderWith(files: Files): string {
  const folder = mkdtempSync(join(tmpdir(), 'coatcheck-init-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [path, text] of Object.entries(files)) put(folder, path, text)
  return folder
}
function put(folder: string, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}
const manifest = (dependencies: Files = {}, more: object = {}): Files => ({
  'package.json': JSON.stringify({ type: 'module', dependencies, ...more }),
})
const read = (folder: string, path: string): string => readFileSync(join(folder, path), 'utf8')
const inFolder = (folder: string): Files =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((path) => path.replaceAll('\\', '/'))
      .filter((path) => !path.startsWith('.git/'))
      .filter((path) => statSync(join(folder, path)).isFile())
      .map((path) => [path, read(folder, path)]),
  )

/** What somebody meets who calls `coatcheck init`. `answer`: on a terminal, what is typed there. */
async function call(folder: string, args: readonly string[], answer?: () => string) {
  const said: string[] = []
  const complaints: string[] = []
  const code = await main(['init', ...args], {
    folder,
    isAnswered: answer !== undefined,
    say: (text) => void said.push(text),
    complain: (text) => void complaints.push(text),
    ask: async (question) => {
      said.push(question)
      return answer?.() ?? ''
    },
  })
  return { code, said: said.join('\n'), complaint: complaints.join('\n') }
}

const secretOf = (folder: string): string => /=(.+)\n/.exec(read(folder, '.env'))?.[1] ?? ''

/** What somebody depends on who has this framework. */
const FOUND: Readonly<Record<string, Files>> = {
  next: { next: '16.4.6', react: '19.3.1' },
  nuxt: { nuxt: '^4.5.2', h3: '1.15.11' },
  nitro: { nitro: '3.0.260903-beta', h3: '2.0.8' },
  astro: { astro: '^7.3.5' },
  sveltekit: { '@sveltejs/kit': '^2.70.4', vite: '7.3.8' },
  'tanstack-start': { '@tanstack/react-start': '1.169.5' },
  'react-router': { 'react-router': '8.4.0', '@react-router/dev': '8.4.0', express: '5.3.0' },
  remix: { '@remix-run/node': '2.17.5', '@remix-run/react': '2.17.5' },
  'remix-3': { remix: '3.0.0-beta.1' },
  hydrogen: { '@shopify/hydrogen': '2026.4.6', 'react-router': '7.16.0' },
  'hydrogen-1': { '@shopify/hydrogen': '1.7.4' },
  'express-session': { express: '5.3.0', 'express-session': '1.19.0' },
  'cookie-session': { express: '4.22.3', 'cookie-session': '2.1.1' },
  'iron-session': { next: '16.4.6', 'iron-session': '9.0.1' },
  koa: { koa: '3.3.0' },
  fastify: { fastify: '^5.12.8', '@fastify/session': '11.1.3' },
  express: { express: '^5.3.0' },
  hono: { hono: '4.13.19' },
  elysia: { elysia: '1.4.30' },
  node: {},
  h3: { h3: '2.0.8' },
  nest: { '@nestjs/core': '12.5.1', express: '5.3.0' },
}

it('knows each framework that is tried here', () => {
  expect(Object.keys(FOUND).sort()).toEqual(FRAMEWORKS.map(({ name }) => name).sort())
})

describe.each(FRAMEWORKS.map(({ name, title }) => [name, title]))('an application on %s', (name, title) => {
  const files = { ...manifest(FOUND[name]), 'tsconfig.json': '{}' }

  it('is found by what it depends on', async () => {
    const { code, said } = await call(folderWith(files), ['--dry-run'])
    expect(said).toContain(`${title} is here.`)
    expect(code).toBe(0)
  })

  it('is shown what is written, then has it; a second call changes nothing', async () => {
    const folder = folderWith(files)
    const before = inFolder(folder)
    const dry = await call(folder, ['--dry-run'])
    expect(inFolder(folder)).toEqual(before)

    const { code, said } = await call(folder, ['--yes'])
    expect(code).toBe(0)
    expect(said).toContain(dry.said)
    const after = inFolder(folder)
    const written = Object.keys(after).filter((path) => !(path in before))
    expect(Object.fromEntries(Object.entries(after).filter(([path]) => path in before))).toEqual(before)
    expect(written).toContain('.env')
    expect(written.length).toBeGreaterThan(1)
    for (const path of written) {
      expect(said).toContain(`+++ b/${path}`)
      for (const line of path === '.env' ? [] : read(folder, path).trimEnd().split('\n')) expect(said).toContain(`+${line}\n`)
    }
    // Nothing of a template is left, and nothing stands twice.
    for (const path of written) expect(read(folder, path)).not.toMatch(/[«»]|%\w+%|\n\n\n|,,|\n\n$|^\n/)

    const second = await call(folder, ['--yes'])
    expect([second.code, inFolder(folder)]).toEqual([0, after])
    expect(second.said).toContain('There is nothing to write.')
  })

  it('never sees its secret, which is another in each folder', async () => {
    const [one, two] = [folderWith(files), folderWith(files)]
    const { said } = await call(one, ['--yes'])
    await call(two, ['--yes', '--json'])
    expect(secretOf(one)).toMatch(/^[\w-]{44}$/)
    expect(secretOf(two)).not.toBe(secretOf(one))
    expect(said).not.toContain(secretOf(one))
    expect((await call(one, ['--dry-run', '--json'])).said).not.toContain(secretOf(one))
  })

  it('has plain JavaScript where it is written in that', async () => {
    const folder = folderWith(manifest(FOUND[name]))
    await call(folder, ['--yes', '--store', 'postgres'])
    const scripts = Object.keys(inFolder(folder)).filter((path) => /\.[cm]?js$/.test(path))
    for (const path of scripts) expect(read(folder, path)).not.toMatch(/\binterface\b|import type|satisfies|: \w+ =|>\(/)
    expect(scripts.length).toBeGreaterThan(name === 'nest' ? -1 : 0)
  })
})

describe('what is written stands on the pages', () => {
  const docs = (path: string): string => readFileSync(join(root, 'docs', path), 'utf8')

  it.each([
    ['sveltekit', 'sqlite', 'sveltekit.md', ['src/sessions.ts', 'src/hooks.server.ts', 'src/app.d.ts']],
    ['next', 'sqlite', 'next.md', ['lib/session.ts']],
    ['nuxt', 'sqlite', 'nuxt.md', ['server/session-store.ts']],
    ['nitro', 'sqlite', 'nitro.md', ['server/session-store.ts']],
    ['astro', 'sqlite', 'astro.md', ['src/session-settings.ts']],
    ['nest', 'memory', 'nest.md', ['src/sessions.ts']],
    ['tanstack-start', 'memory', 'tanstack-start.md', ['src/sessions.server.ts', 'src/start.ts']],
  ])('as the blocks of these names: %s', async (name, store, page, paths) => {
    const folder = folderWith({ ...manifest(FOUND[name]), 'tsconfig.json': '{}', 'src/index.ts': '' })
    if (name === 'next') rmSync(join(folder, 'src'), { recursive: true })
    await call(folder, ['--yes', '--store', store])
    for (const path of paths) expect(read(folder, path)).toBe(blocksOf(page)[path])
  })

  /** Lines that join what stands on the page into one file. */
  const OWN: Readonly<Record<string, readonly string[]>> = {
    koa: [
      'export function useSessions(app: Koa): void {',
      '/** Gives the requests of an application their `ctx.session`. */',
      'app.use(session(',
      'app.keys =',
    ],
    fastify: [
      'export function useSessions(app: FastifyInstance): void {',
      '/** Gives the requests of an application their `request.session`. */',
    ],
    h3: ['export const config: SessionConfig = {'],
    'cookie-session': ['export const sessions = cookieSession('],
    'express-session': ['export const sessions = session({'],
    'iron-session': ['export const options: SessionOptions = {', 'export interface Data {'],
    hydrogen: [],
    'hydrogen-1': ['import { SessionStorage } from', 'export const session = SessionStorage(', 'const options ='],
    remix: ['export const { getSession, commitSession, destroySession } = createSessionStorage<', 'import { sqliteStore'],
    'react-router': ['const sessions = createSessions<{ visits: number }>({'],
  }
  const pages = [
    ...globSync('frameworks/*.md', { cwd: join(root, 'docs') }),
    ...['guide.md', 'stores/sqlite.md', 'stores/redis.md', 'stores/postgres.md', 'stores/memory.md'],
  ].map(docs)
  const lines = new Set(
    [...pages, readFileSync(join(root, 'README.md'), 'utf8')]
      .join('\n')
      .split('\n')
      .map((line) => line.trim()),
  )

  it.each(FRAMEWORKS.map(({ name }) => name))('line by line: %s', async (name) => {
    for (const store of ['sqlite', 'redis', 'postgres']) {
      const folder = folderWith({ ...manifest(FOUND[name]), 'tsconfig.json': '{}' })
      await call(folder, ['--yes', '--store', store])
      const written = Object.entries(inFolder(folder)).filter(([path]) => path.endsWith('.ts'))
      expect(written.length).toBeGreaterThan(0)
      const unknown = written
        .flatMap(([, text]) => text.split('\n').map((line) => line.trim()))
        .filter((line) => line !== '' && !lines.has(line) && !OWN[name]?.some((own) => line.startsWith(own)))
        .filter(
          (line) =>
            !/^(import type \w+|import type \{( \w+ )?\}|export const store = .*|export \{|.*(redis|postgres)Store\(|store: |.*\bstore\b.*)/.test(
              line,
            ),
        )
      expect([name, store, unknown]).toEqual([name, store, []])
    }
  })
})

it('says on its page what is written for whom', async () => {
  const page = readFileSync(join(root, 'docs/init.md'), 'utf8')
  const rows = FRAMEWORKS.map(async ({ name, title, page: more }) => {
    const before = { ...manifest(FOUND[name]), 'tsconfig.json': '{}' }
    const folder = folderWith(before)
    await call(folder, ['--yes'])
    const written = Object.keys(inFolder(folder)).filter((path) => !(path in before) && path !== '.env')
    return `| \`${name}\` | [${title}](${more}) | ${written
      .sort()
      .map((path) => `\`${path}\``)
      .join(', ')} |`
  })
  const table = ['| name | framework | files, in TypeScript |', '|---|---|---|', ...(await Promise.all(rows))].join('\n')
  expect(page).toContain(`\n${table}\n`)
})

it('is tried on a new project of each framework, or its page says why there is none', () => {
  const tried = SCAFFOLDS.map(({ framework }) => framework)
  expect([...tried, ...Object.keys(WITHOUT)].sort()).toEqual(FRAMEWORKS.map(({ name }) => name).sort())
  const page = readFileSync(join(root, 'docs/init.md'), 'utf8')
  for (const [name, why] of Object.entries(WITHOUT)) expect(page).toContain(`\`${name}\`: ${why}`)
  for (const { name, shows } of SCAFFOLDS) expect(page).toContain(`\n| ${name} | ${shows} `)
})

it('says on its page what it says of a new application on Koa', async () => {
  const folder = folderWith({ ...manifest({ koa: '3.3.0' }), 'server.js': "import Koa from 'koa'\n\nconst app = new Koa()\n" })
  const { said } = await call(folder, [], () => 'n')
  expect(readFileSync(join(root, 'docs/init.md'), 'utf8')).toContain(said)
})

describe('an application that has sessions of another library', () => {
  it.each<[string, string, readonly string[]]>([
    ['express-session', "import session from 'express-session'", ["import session from 'coatcheck/express-session'"]],
    [
      'express-session',
      'import session, { Store } from "express-session";',
      ['import session, { Store } from "coatcheck/express-session";'],
    ],
    [
      'express-session',
      "const session = require('express-session')",
      ["const session = require('coatcheck/express-session').default"],
    ],
    [
      'express-session',
      "const { Store } = require('express-session')",
      ["const { Store } = require('coatcheck/express-session')"],
    ],
    ['cookie-session', "import cookieSession from 'cookie-session'", ["import cookieSession from 'coatcheck/cookie-session'"]],
    [
      'iron-session',
      "import { getIronSession } from 'iron-session'",
      ["import { getIronSession } from 'coatcheck/iron-session'"],
    ],
    ['koa', "import session from 'koa-session'", ["import session from 'coatcheck/koa'"]],
    ['fastify', "import fastifySession from '@fastify/session'", ["import fastifySession from 'coatcheck/fastify'"]],
    [
      'fastify',
      "import fastifySecureSession from '@fastify/secure-session'",
      ["import { fastifySecureSession } from 'coatcheck/fastify'"],
    ],
    [
      'fastify',
      "const secure = require('@fastify/secure-session')",
      ["const { fastifySecureSession: secure } = require('coatcheck/fastify')"],
    ],
    ['h3', "import { H3, useSession } from 'h3'", ["import { H3 } from 'h3'", "import { useSession } from 'coatcheck/h3'"]],
    [
      'h3',
      "import {\n  H3,\n  useSession,\n  type SessionConfig,\n} from 'h3'",
      ["import { H3 } from 'h3'", "import { useSession, type SessionConfig } from 'coatcheck/h3'"],
    ],
    [
      'remix',
      "import { createCookieSessionStorage } from '@remix-run/node'",
      ["import { createCookieSessionStorage } from 'coatcheck/remix'"],
    ],
    [
      'react-router',
      "import { createCookieSessionStorage, redirect } from 'react-router'",
      ["import { redirect } from 'react-router'", "import { createCookieSessionStorage } from 'coatcheck/react-router'"],
    ],
    ['remix-3', "import { createCookie } from '@remix-run/cookie'", ["import { createCookie } from 'coatcheck/remix3'"]],
    ['hydrogen', "import { AppSession } from '~/lib/session'", ["import { AppSession } from 'coatcheck/hydrogen'"]],
    [
      'hydrogen-1',
      "import { CookieSessionStorage, defineConfig } from '@shopify/hydrogen/config'",
      ["import { defineConfig } from '@shopify/hydrogen/config'", "import { CookieSessionStorage } from 'coatcheck/hydrogen'"],
    ],
    ['nest', "import session from 'express-session'", ["import session from 'coatcheck/express-session'"]],
  ])('on %s is told which line changes, and is left alone: %s', async (name, line, add) => {
    const folder = folderWith({ ...manifest(FOUND[name]), 'lib/app.ts': `// ours\n\n${line}\nstart()\n`, 'dist/app.js': line })
    const before = inFolder(folder)
    const { code, said } = await call(folder, ['--json'])
    const { steps, changes } = JSON.parse(said)
    expect(steps).toContainEqual({
      say: 'change the import',
      place: { file: 'lib/app.ts', line: 3 },
      remove: line.split('\n'),
      add,
    })
    expect(steps.filter((step: { remove?: unknown }) => step.remove)).toHaveLength(1)
    expect([code, changes, inFolder(folder)]).toEqual([0, [], before])
  })

  it.each([
    ["import type { SessionData } from 'express-session'"],
    ["import { expressSession } from './express-session.js'"],
    ["import { redirect } from 'react-router'"],
  ])('keeps what is no part of that: %s', async (line) => {
    const { said } = await call(folderWith({ ...manifest(FOUND['express-session']), 'app.ts': line }), ['--dry-run'])
    expect(said).not.toContain('change the import')
  })

  it('is shown each of two lines that are the same', async () => {
    const line = "  const session = require('koa-session')\n"
    const { said } = await call(folderWith({ ...manifest(FOUND.koa), 'app.js': `{\n${line}}\n{\n${line}}\n` }), ['--json'])
    const places = JSON.parse(said).steps.flatMap(({ place }: { place?: { line: number } }) => place?.line ?? [])
    expect(places).toEqual([2, 5])
  })

  it('shows the lines with their places', async () => {
    const folder = folderWith({ ...manifest(FOUND.koa), 'app.js': "import Koa from 'koa'\nimport session from 'koa-session'\n" })
    const { said } = await call(folder, [])
    expect(said).toContain('app.js:2: change the import')
    expect(said).toContain("- import session from 'koa-session'\n       + import session from 'coatcheck/koa'")
  })

  it('gets the secret that its code asks for, and a store when it wants one', async () => {
    const folder = folderWith({
      ...manifest(FOUND.koa),
      'app.js': "import session from 'koa-session'\napp.keys = [process.env.SESSION_SECRET]\n",
    })
    expect((await call(folder, ['--yes', '--store', 'redis'])).said).toContain('npm install coatcheck redis')
    expect(Object.keys(inFolder(folder)).sort()).toEqual(['.env', 'app.js', 'package.json', 'session-store.js'])
    expect(read(folder, 'session-store.js')).toContain('export const store = redisStore(client)')
  })
})

describe('the secret', () => {
  const env = async (before: string | undefined, file = '.env') => {
    const folder = folderWith({ ...manifest(FOUND.hono), ...(before === undefined ? {} : { [file]: before }) })
    const { said, code } = await call(folder, ['--yes'])
    expect(code).toBe(0)
    return { said, folder, after: existsSync(join(folder, '.env')) ? read(folder, '.env') : undefined }
  }
  const long = 'C7pXz0cJq4vT9wLm2Ks8RbYn5HdGfUe1'

  it('is in a file that only this user reads', async () => {
    const { folder } = await env(undefined)
    expect(statSync(join(folder, '.env')).mode & 0o077).toBe(0)
  })
  it('comes after what is in .env, on a line of its own', async () => {
    expect((await env('PORT=1\n')).after).toMatch(/^PORT=1\nSESSION_SECRET=[\w-]{44}\n$/)
    expect((await env('PORT=1')).after).toMatch(/^PORT=1\nSESSION_SECRET=[\w-]{44}\n$/)
    expect((await env('# SESSION_SECRET=\nMY_SESSION_SECRET=1\n')).after).toMatch(/\n.*\nSESSION_SECRET=[\w-]{44}\n$/)
  })
  it.each([[`SESSION_SECRET=${long}`], [`export SESSION_SECRET = "${long}"\r\n`], [`SESSION_SECRET='${long}'\nPORT=1`]])(
    'is left alone where there is one: %j',
    async (before) => {
      const { after, said } = await env(before)
      expect(after).toBe(before)
      expect(said).not.toContain(long)
    },
  )
  it('is left alone where another file of variables has it', async () => {
    expect((await env(`SESSION_SECRET=${long}`, '.env.local')).after).toBeUndefined()
  })
  it.each([
    ['SESSION_SECRET=\n', 'SESSION_SECRET is empty'],
    ['SESSION_SECRET="foobar"\n', 'SESSION_SECRET has fewer than 32 characters'],
  ])('that is none is said, and not replaced: %j', async (before, words) => {
    const { after, said } = await env(before)
    expect(after).toBe(before)
    expect(said).toContain(`.env: ${words}: set it to the output of openssl rand -base64 33`)
    expect(said).not.toContain('foobar')
  })
})

describe('git', () => {
  const repository = (files: Files): string => {
    const folder = folderWith({ ...manifest(FOUND.hono), ...files })
    execFileSync('git', ['init', '-q'], { cwd: folder })
    return folder
  }
  const ignores = (folder: string, path: string): boolean => {
    try {
      execFileSync('git', ['check-ignore', '-q', path], { cwd: folder })
      return true
    } catch {
      return false
    }
  }

  it('ignores the secret and the sessions from then on', async () => {
    const folder = repository({ '.gitignore': 'node_modules' })
    await call(folder, ['--yes'])
    expect(read(folder, '.gitignore')).toBe('node_modules\n.env\nsessions.sqlite*\n')
    expect(['.env', 'sessions.sqlite', 'sessions.sqlite-wal'].map((path) => ignores(folder, path))).toEqual([true, true, true])
  })
  it('is told nothing that it knows', async () => {
    const folder = repository({ '.gitignore': '.env*\n*.sqlite*\n' })
    await call(folder, ['--yes'])
    expect(read(folder, '.gitignore')).toBe('.env*\n*.sqlite*\n')
    expect(existsSync(join(folder, '.env'))).toBe(true)
  })
  it('is told by the repository around the folder as well', async () => {
    const outer = repository({ '.gitignore': '.env\n', 'apps/shop/package.json': '{}' })
    await call(outer, ['apps/shop', '--yes', '--store', 'memory'])
    expect(Object.keys(inFolder(join(outer, 'apps/shop'))).sort()).toEqual(['.env', 'package.json', 'sessions.mjs'])
  })
  it('that keeps .env gets no secret', async () => {
    const folder = repository({ '.env': 'PORT=1\n' })
    execFileSync('git', ['add', '.env'], { cwd: folder })
    const before = inFolder(folder)
    const { code, complaint } = await call(folder, ['--yes'])
    expect([code, inFolder(folder)]).toEqual([1, before])
    expect(complaint).toContain('git rm --cached .env')
  })
  it('is not there: nothing is made for it', async () => {
    const folder = folderWith(manifest(FOUND.hono))
    await call(folder, ['--yes'])
    expect(existsSync(join(folder, '.gitignore'))).toBe(false)
  })
})

describe('whoever is asked', () => {
  const answering = async (answer: string) => {
    const folder = folderWith(manifest(FOUND.hono))
    const { code, said, complaint } = await call(folder, [], () => answer)
    expect(said).toMatch(/\+\+\+ b\/sessions\.js[\s\S]*Write these files\? \[y\/N\]/)
    return { code, complaint, written: existsSync(join(folder, 'sessions.js')) }
  }
  it.each(['y', 'Y', 'yes'])('and says %s gets the files', async (answer) => {
    expect(await answering(answer)).toEqual({ code: 0, complaint: '', written: true })
  })
  it.each(['', 'n', 'no', 'yonder'])('and says %j gets none', async (answer) => {
    expect(await answering(answer)).toMatchObject({
      code: 1,
      complaint: expect.stringMatching(/^Nothing was written/),
      written: false,
    })
  })
  it('is nobody without a terminal: everything is shown, nothing written', async () => {
    const folder = folderWith(manifest(FOUND.hono))
    const before = inFolder(folder)
    const { code, said, complaint } = await call(folder, [])
    expect([code, inFolder(folder)]).toEqual([1, before])
    expect(said).toContain('+++ b/sessions.js')
    expect(said).not.toContain('[y/N]')
    expect(complaint).toContain('--yes')
  })
  it('keeps a file that somebody makes while the question stands', async () => {
    const folder = folderWith(manifest(FOUND.hono))
    const { code, complaint } = await call(folder, [], () => {
      put(folder, 'sessions.js', '// mine')
      return 'y'
    })
    expect([code, read(folder, 'sessions.js')]).toEqual([1, '// mine'])
    expect(complaint).toContain('sessions.js could not be written')
    expect(complaint).toContain('Written before that: .env')
  })
})

describe('files that are there', () => {
  it.each(['sessions.js', 'sessions.mjs', 'sessions.ts'])('stay as they are: %s', async (path) => {
    const folder = folderWith({ ...manifest(FOUND.hono), [path]: '// mine' })
    const { said } = await call(folder, ['--yes'])
    expect(read(folder, path)).toBe('// mine')
    expect(Object.keys(inFolder(folder)).filter((each) => each.startsWith('sessions'))).toEqual([path])
    expect(said).toContain(`There already, and left as it is: ${path}.`)
    expect(said).toContain(`import { sessions } from './${path}'`)
  })
  it('are named with the line: the types and the handles of SvelteKit', async () => {
    const types = 'declare global {\n  namespace App {\n    // interface Locals {}\n  }\n}\nexport {}\n'
    const folder = folderWith({
      ...manifest(FOUND.sveltekit),
      'src/app.d.ts': types,
      'tsconfig.json': '{}',
      'src/hooks.server.ts': '\nexport const handle = mine\n',
    })
    const { said } = await call(folder, ['--yes'])
    expect(said).toContain('src/app.d.ts:3: type `event.locals.session`, in one line')
    expect(said).toContain('src/hooks.server.ts:2: put it before the other handles')
    expect(read(folder, 'src/app.d.ts')).toBe(types)
  })
  it.each<[string, Files, string]>([
    ['express', { 'server.js': "import express from 'express'\n\nconst app = express()\n" }, 'server.js:3: wrap the server'],
    ['express', { 'src/app/main.ts': 'const app = express()' }, "import { sessions } from '../sessions.ts'"],
    ['express', { 'src/main.ts': 'const app = express()', 'tsconfig.json': '{}' }, "import { sessions } from './sessions.js'"],
    ['nuxt', { 'nuxt.config.ts': '\nexport default defineNuxtConfig({})' }, 'nuxt.config.ts:2: add to the configuration'],
    ['astro', { 'astro.config.mjs': 'export default defineConfig({\n  integrations: [],\n})' }, 'astro.config.mjs:2: add'],
    ['nest', { 'src/app.module.ts': '\n@Module({})\nclass AppModule {}' }, 'src/app.module.ts:2: give the module'],
    ['react-router', { 'app/root.tsx': 'export default function App() {}' }, 'app/root.tsx:1: export the middleware'],
  ])('are named with the line that needs a change: %s', async (name, files, words) => {
    expect((await call(folderWith({ ...manifest(FOUND[name]), ...files }), ['--dry-run'])).said).toContain(words)
  })
  it.each<[string, Files, readonly string[]]>([
    [
      'express',
      { 'app.js': "var express = require('express');\n\nvar app = express();\n" },
      ["const { withSession } = require('coatcheck/node')", "const { sessions } = require('./sessions.mjs')"],
    ],
    [
      'koa',
      { 'app.js': "const Koa = require('koa')\nconst app = new Koa()\n" },
      ["const { useSessions } = require('./sessions.mjs')"],
    ],
    ['koa', {}, ["const { useSessions } = require('./sessions.mjs')"]],
    ['koa', { 'app.mjs': 'const app = new Koa()' }, ["import { useSessions } from './sessions.mjs'"]],
    ['koa', { 'app.js': "import Koa from 'koa'\nconst app = new Koa()" }, ["import { useSessions } from './sessions.mjs'"]],
  ])('are told lines of their own kind, where package.json does not make modules of them: %s %j', async (name, files, lines) => {
    const folder = folderWith({ ...manifest(FOUND[name], { type: undefined }), ...files })
    const { said } = await call(folder, ['--dry-run'])
    for (const line of lines) expect(said).toContain(`       ${line}\n`)
    expect(said.split('By hand:')[1]?.match(/\b(import |require\()/g)).toHaveLength(lines.length)
  })
  it.each<[string, string, string]>([
    [
      '"types": ["jest"]',
      '@types/node',
      'tsconfig.json:2: add the types of Node, which `process` is one of\n       "types": ["jest", "node"]\n',
    ],
    ['"types": []', '@types/node', '       "types": ["node"]\n'],
    ['"types": ["node"]', '@types/node', ''],
    ['"types": ["vite/client"]', '@types/node', ''],
    ['"strict": true', '@types/node', ''],
    ['"types": ["bun"]', '', ''],
  ])(
    'of a compiler that is told which types there are (%s) get those of Node, which the files use',
    async (types, missing, words) => {
      const more = missing ? {} : { '@types/bun': '1.0.0' }
      const files = { ...manifest({ ...FOUND.hono, ...more }), 'tsconfig.json': `{ "compilerOptions": {\n  ${types}\n} }` }
      const { said } = await call(folderWith(files), ['--dry-run'])
      expect(said.includes('npm install -D @types/node')).toBe(missing !== '')
      expect(said).toContain(words)
      expect(said.includes('add the types of Node')).toBe(words !== '')
    },
  )
  it.each([
    ['next', ''],
    ['nuxt', 'in production the server finds NUXT_SESSION_PASSWORD in its environment'],
    ['react-router', 'in production the server finds SESSION_SECRET in its environment'],
    ['sveltekit', '. the server finds SESSION_SECRET in its environment'],
  ])('that need the secret are told who puts it there: %s', async (name, words) => {
    const { said } = await call(folderWith({ ...manifest(FOUND[name]), 'vite.config.ts': '' }), ['--dry-run'])
    expect(said).toContain(words)
    expect(said.includes('in its environment')).toBe(words !== '')
    expect(said.includes('vite.config.ts:1: Vite keeps .env to itself')).toBe(name === 'sveltekit')
  })
  it.each([
    ['a module, whose files say the whole name', 'module', './sessions.js'],
    ['no module', undefined, './sessions'],
  ])('of Nest are told what a controller imports too: %s', async (_, type, path) => {
    const files = {
      'tsconfig.json': '{ "compilerOptions": { "module": "nodenext" } }',
      'src/app.module.ts': '@Module({})\nclass AppModule {}',
      'src/app.controller.ts': '@Controller()\nclass AppController {}',
    }
    const { said } = await call(folderWith({ ...manifest(FOUND.nest, { type }), ...files }), ['--dry-run'])
    expect(said).toContain(`       import { sessions } from '${path}'\n`)
    expect(said).toContain(
      `src/app.controller.ts:1: in a controller\n       import { CurrentSession, type OurSession } from '${path}'\n`,
    )
  })
  it.each([
    ['makes pages ahead', 'cacheComponents: true,', true],
    ['does not', 'cacheComponents: false,', false],
  ])('of Next are told where a page asks for the session, when its configuration %s', async (_, option, isTold) => {
    const config = `const config = {\n  ${option}\n}\nexport default config\n`
    const { said } = await call(folderWith({ ...manifest(FOUND.next), 'next.config.ts': config }), ['--dry-run'])
    expect(said.includes('next.config.ts:2: this makes pages ahead: in a page, only a component below <Suspense>')).toBe(isTold)
  })
  it('of Elysia are told to go on with the chain, along which the types go', async () => {
    const { said } = await call(folderWith({ ...manifest(FOUND.elysia), 'app.ts': 'new Elysia()' }), ['--dry-run'])
    expect(said).toContain('       const app = new Elysia().use(session(sessions))\n')
  })
  it('of an application that is a plugin of Fastify are told the name that the server has there', async () => {
    const plugin = 'const app = async (fastify, opts) => {\n  fastify.register(AutoLoad, opts)\n}\n'
    const test = "import Fastify from 'fastify'\nconst fastify = Fastify()\n"
    const files = { ...manifest(FOUND.fastify), 'app.js': plugin, 'test/app.js': test, 'app.test.js': test }
    const { said } = await call(folderWith(files), ['--dry-run'])
    expect(said).toContain(
      "app.js:2: before the routes\n       import { useSessions } from './sessions.js'\n       useSessions(fastify)\n",
    )
  })
  it('need types in TypeScript', async () => {
    const folder = folderWith({ ...manifest(FOUND.koa), 'tsconfig.json': '{}', 'pnpm-lock.yaml': '' })
    expect((await call(folder, ['--dry-run'])).said).toContain('pnpm add -D @types/koa @types/node\n')
    expect((await call(folderWith(manifest(FOUND.koa)), ['--dry-run'])).said).not.toContain('@types')
  })
  it('bring a flag along for React Router 7, and no middleware before 7.9', async () => {
    const on = async (version: string) =>
      (await call(folderWith(manifest({ 'react-router': version, '@react-router/dev': version })), ['--dry-run'])).said
    expect(await on('7.18.5')).toContain('v8_middleware: true')
    expect(await on('8.4.0')).not.toContain('v8_middleware')
    expect(await on('7.8.0')).toContain('createSessionStorage')
  })
})

describe('what is wrong is said with what to do', () => {
  it.each<[string, Files, readonly string[], RegExp, RegExp]>([
    ['no application', {}, [], /There is no package\.json/, /npm init -y/],
    ['a manifest that is none', { 'package.json': '{' }, [], /package\.json is no JSON/, /Repair/],
    ['two frameworks', manifest({ hono: '4.0.0', koa: '3.3.0' }), [], /Koa and Hono/, /--framework koa, or --framework hono/],
    ['a version that is too old', manifest({ fastify: '^4.28.0' }), [], /fastify 4\.28\.0 is here/, /npm install fastify@latest/],
    ['an old minor version', manifest({ astro: '5.6.9' }), [], /astro 5\.6\.9.*5\.7 and later/, /npm install/],
    ['a framework that nobody knows', manifest(), ['--framework', 'rails'], /"rails"/, /one of these.*sveltekit/],
    ['a store that nobody knows', manifest(), ['--store', 'floppy'], /"floppy"/, /memory, sqlite, redis, postgres/],
    ['an option that nobody knows', manifest(), ['--force'], /--force/, /--help/],
    ['an option without its value', manifest(), ['--store'], /--store/, /--help/],
    ['two folders', manifest(), ['a', 'b'], /one folder, not 2/, /once for each/],
    ['a folder that is not there', manifest(), ['nowhere'], /nowhere is no folder/, /folder of your application/],
  ])('%s', async (_, files, args, message, fix) => {
    const folder = folderWith(files)
    const before = inFolder(folder)
    const { code, complaint } = await call(folder, ['--yes', ...args])
    const [first = '', second = ''] = complaint.split('\n')
    expect(first).toMatch(message)
    expect(second).toMatch(fix)
    expect([code, inFolder(folder)]).toEqual([1, before])
  })

  it('takes the installed version, and a framework that is named', async () => {
    const folder = folderWith({
      ...manifest({ fastify: '>=4', hono: '4.0.0' }),
      'node_modules/fastify/package.json': '{ "version": "5.12.8" }',
    })
    expect((await call(folder, ['--framework', 'fastify', '--dry-run'])).code).toBe(0)
  })
  it('finds a framework by its files alone', async () => {
    expect((await call(folderWith({ 'next.config.ts': '' }), ['--dry-run'])).said).toContain('Next.js is here.')
  })
})

it('says the same to programs', async () => {
  const folder = folderWith(manifest(FOUND.hono))
  const shown = await call(folder, ['--json'], () => 'y')
  expect(JSON.parse(shown.said)).toMatchObject({
    framework: 'hono',
    written: false,
    changes: [
      { path: '.env', kind: 'create', diff: expect.stringContaining('+SESSION_SECRET=(44 random characters)') },
      { path: 'sessions.js', kind: 'create', diff: expect.stringContaining('+export const sessions = createSessions({') },
    ],
    kept: [],
  })
  expect([shown.code, shown.complaint.includes('--yes'), existsSync(join(folder, '.env'))]).toEqual([1, true, false])
  const done = await call(folder, ['--json', '--yes'])
  expect([done.code, JSON.parse(done.said).written, existsSync(join(folder, '.env'))]).toEqual([0, true, true])
})

it('is explained, with every framework, store and option', async () => {
  const { code, said } = await call(folderWith({}), ['--help'])
  expect(code).toBe(0)
  for (const word of [
    ...Object.keys(FOUND),
    'memory',
    'sqlite',
    'redis',
    'postgres',
    '--yes',
    '--dry-run',
    '--json',
    'npx coatcheck init',
  ])
    expect(said).toContain(word)
})
