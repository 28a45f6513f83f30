import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { folderOf, install } from '../../../examples/harness.ts'
import { entries } from '../tsdown.config.ts'
import { root } from './tree/files.ts'

// Below the repository, so that `coatcheck` is found as an application names it.
const workshop = join(root, '.cache/declarations')

if (!existsSync(join(root, 'packages/coatcheck/dist/index.d.ts')))
  throw new Error('The declarations are those of the built package: run `npm run build` first.')

const specifiers = Object.keys(entries).map((name) => (name === 'index' ? 'coatcheck' : `coatcheck/${name}`))
const everything = specifiers.map((name, at) => `export * as all${at} from '${name}'`).join('\n')

const compiler = join(root, 'node_modules/typescript/bin/tsc')
/** TypeScript 5.9, which an example brings. */
const compiler59 = join(folderOf('hydrogen-2026'), 'node_modules/typescript/bin/tsc')
/** TypeScript 5.6, which arethetypeswrong brings. */
const compiler56 = createRequire(createRequire(import.meta.url).resolve('@arethetypeswrong/core')).resolve('typescript/bin/tsc')

/** An application in a project of its own, whose settings check every declaration it reaches. */
function compile(settings: object, code: string, tsc = compiler): string {
  rmSync(workshop, { recursive: true, force: true })
  mkdirSync(workshop, { recursive: true })
  writeFileSync(join(workshop, 'app.ts'), code)
  writeFileSync(join(workshop, 'package.json'), '{ "type": "module" }')
  const compilerOptions = {
    ...{ target: 'es2024', module: 'nodenext', strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
    ...{ noEmit: true, skipLibCheck: false, typeRoots: [join(root, 'node_modules/@types')] },
    ...settings,
  }
  writeFileSync(join(workshop, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['app.ts'] }))
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', workshop], {
    encoding: 'utf8',
  })
  return stdout
}
afterAll(() => rmSync(workshop, { recursive: true, force: true }))

const bare = { lib: ['es2024'], types: [] }
/** How a project says where modules are found. */
const resolutions: Record<string, object> = {
  nodenext: bare,
  node16: { ...bare, module: 'node16', moduleResolution: 'node16' },
  bundler: { ...bare, module: 'esnext', moduleResolution: 'bundler' },
}
const projects: Record<string, object> = {
  'the types of the DOM': { lib: ['es2024', 'dom'], types: [] },
  'the types of Node': { lib: ['es2024'], types: ['node'] },
  'looser rules': { ...bare, strict: false, exactOptionalPropertyTypes: false },
}

const app = `
import { createSessions } from 'coatcheck'
import { withSession } from 'coatcheck/fetch'
import { withSession as onNode } from 'coatcheck/node'
import { withSession as onHono } from 'coatcheck/hono'
export const sessions = createSessions<{ visits: number }>({ secrets: '…' })
declare const answer: Parameters<typeof withSession>[1] extends (...args: never[]) => infer R ? Awaited<R> : never
export const handler = withSession(sessions, async (request) => {
  const session = await sessions.open(request)
  session.update('visits', (n = 0) => n + 1).toFixed()
  request.url.startsWith('https:')
  request.headers.get('accept')
  return answer
})
export const listener = onNode(sessions, async (req) => {
  await sessions.open(req)
  req.headers.accept
})
export const middleware = onHono(sessions)
`

describe('the declarations compile, every entry of them, without skipLibCheck, and an application is typed,', () => {
  beforeAll(() => install('hydrogen-2026'))

  it.each(
    Object.keys(resolutions).flatMap(
      (name) =>
        [
          [name, '7', compiler],
          [name, '5.9', compiler59],
        ] as const,
    ),
  )('with moduleResolution %s, by TypeScript %s', (name, _, tsc) => {
    expect(compile(resolutions[name] ?? {}, `${everything}\n${app}`, tsc)).toBe('')
  })

  it('D3: with moduleResolution node, which TypeScript 7 does not have any more', () => {
    const older = { ...bare, module: 'esnext', moduleResolution: 'node10' }
    expect(compile(older, `${everything}\n${app}`, compiler59)).toBe('')
  })

  it.each(Object.entries(projects))('in a project with %s', (_, settings) => {
    expect(compile(settings, `${everything}\n${app}`)).toBe('')
  })

  it('by TypeScript 5.6 too', () => {
    const older = { target: 'es2023', lib: ['es2023'], types: [] }
    expect(compile(older, `${everything}\n${app}`, compiler56)).toBe('')
  })

  it('and a fault in them would be seen, by each', () => {
    const fault = `${everything}\n${app}\nexport type { Nothing } from 'coatcheck/fetch'\ncreateSessions({})`
    for (const [settings, tsc] of [
      [bare, compiler],
      [{ ...bare, module: 'esnext', moduleResolution: 'node10' }, compiler59],
    ] as const) {
      expect(compile(settings, fault, tsc)).toMatch(/TS2305.*Nothing[\s\S]*(?:TS2345|TS2769)/)
    }
  })
})

describe('an application', () => {
  it('is typed with the platform’s own Request where there is one', () => {
    const own = `${app}\nhandler satisfies (request: Request) => Promise<Response>\nhandler(new Request('https://a.test')).then((r) => r.blob())`
    expect(compile({ lib: ['es2024', 'dom'], types: [] }, own)).toBe('')
    expect(compile({ lib: ['es2024'], types: ['node'] }, own)).toBe('')
  })

  it('is typed with Node’s own request where its types are there', () => {
    const own = `${app}\nimport { createServer } from 'node:http'\ncreateServer(onNode(sessions, (req, res) => void res.end(req.url)))`
    expect(compile({ lib: ['es2024'], types: ['node'] }, own)).toBe('')
  })

  it('D16: has any for values without a type, also where JSON.parse is said to give unknown (ts-reset)', () => {
    const reset = `
import { useSession } from 'coatcheck/h3'
import { AppSession } from 'coatcheck/hydrogen'
import { createCookieSessionStorage } from 'coatcheck/remix'
declare global {
  interface JSON {
    parse(text: string, reviver?: (this: never, key: string, value: never) => unknown): unknown
  }
}
// @ts-expect-error the type is corrected
export const one = (value: ReturnType<typeof JSON.parse>) => value.one
export const two = async (request: Parameters<typeof AppSession.init>[0], event: Parameters<typeof useSession>[0]) => [
  (await createCookieSessionStorage().getSession()).get('a').one,
  (await AppSession.init(request, [''])).get('a').one,
  (await useSession(event, { password: '' })).data.a.one,
]`
    expect(compile(bare, reset)).toBe('')
  })

  it('F42: has the session of @types/express-session, as it fills in its `SessionData`, beside ours', () => {
    const types = { lib: ['es2024'], types: ['node', 'express', 'express-session'], skipLibCheck: true }
    const own = `
import session from 'coatcheck/express-session'
import express from 'express'
declare module 'express-session' {
  interface SessionData {
    user: { readonly id: number }
  }
}
const options: session.SessionOptions = { secret: '…', cookie: { maxAge: 60_000 } }
express().use(session(options)).get('/', (req, res) => {
  const id: number | undefined = req.session.user?.id
  req.session.regenerate((error) => res.json([error, id, req.sessionID]))
})`
    expect(compile(types, own)).toBe('')
    const fault = `${own}\nexport {}\ndeclare global { namespace Express { interface Request { session: { user: string } } } }`
    expect(compile(types, fault)).toMatch(/TS2339.*regenerate/)
  })

  it.each([
    ['an answer for open()', 'handler({} as never).then((r) => sessions.open(r))', /TS2345.*RequestOrContext/],
    ['nothing for createSessions()', 'createSessions({})', /TS2345|TS2769/],
    ['a function for Data', "createSessions<{ f(): void }>({ secrets: '' })", /A function cannot be stored in a session/],
    ['a Hono app', 'sessions.open({ fetch() {}, get() {} })', /TS2353|TS2345/],
  ])('is refused %s', (_, line, words) => {
    expect(compile(bare, `${app}\n${line}`)).toMatch(words)
  })
})
