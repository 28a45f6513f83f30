import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { builtin } from './builtin.ts'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.resetModules()
})

const SECRET = 'edge: 8sKq2vX0n1tWq8m2Zp5sYc7uJb4rEd6fGh'

test("gives Node's own module", () => {
  expect(builtin((node) => node.getBuiltinModule('node:crypto'))?.randomBytes).toBeTypeOf('function')
})

/** As the edge runtime of Next.js has it: whoever so much as asks whether the method is there gets an error. */
const edge = () => ({
  env: { NODE_ENV: 'production' },
  get getBuiltinModule(): never {
    throw new Error('A Node.js API is used (process.getBuiltinModule) which is not supported in the Edge Runtime.')
  },
})

test.each<[string, () => unknown]>([
  ['throws as soon as it is touched', edge],
  ['is missing', () => ({ env: {} })],
  ['gives nothing', () => ({ env: {}, getBuiltinModule: () => undefined })],
  ['has no process around it', () => undefined],
])('F34: sessions work where getBuiltinModule %s', async (_, process) => {
  vi.stubGlobal('process', process())
  vi.resetModules()
  // Each is evaluated anew: most of them ask when they are loaded, or with the first request.
  const { createSessions } = await import('./index.ts')
  const { withSession } = await import('./adapters/fetch.ts')
  const { memoryStore } = await import('./stores/memory.ts')
  const { adapterOf, delayHeaders, requestContext, watchRequests, within } = await import('./adapter.ts')
  for (const options of [{ secrets: SECRET }, { secrets: SECRET, store: memoryStore(), encryptRecords: true }]) {
    const sessions = createSessions<{ n: number }>(options)
    const serve = withSession(sessions, async (request) => {
      const session = await sessions.open(request)
      return new Response(String(session.update('n', (n = 0) => n + 1)))
    })
    let cookie = ''
    const seen: string[] = []
    for (let n = 0; n < 3; n++) {
      const response = await serve(new Request('https://app.test/', { headers: { cookie } }))
      seen.push(await response.text())
      cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie
    }
    expect(seen).toEqual(['1', '2', '3'])
    expect(await adapterOf(sessions).detached(new Headers({ cookie })).open()).toMatchObject({ data: { n: 3 } })
  }
  watchRequests()
  expect(within({ headers: new Headers() }, () => requestContext())).toBeUndefined()
  expect(delayHeaders({ headersSent: false } as never, { before() {}, failed() {}, sent() {} })).toBe(false)
  await import('./adapters/middleware/express-session.ts')
  await import('./migrate/iron-session.ts')
})

test('F34: nothing that a server runs touches getBuiltinModule but through this file', () => {
  // What Nitro runs while it builds a site runs on Node.
  const building = ['adapters/nitro/bundling.ts', 'adapters/nitro/development.ts']
  const touching = globSync('**/*.ts', { cwd: import.meta.dirname })
    .filter((path) => !path.endsWith('.test.ts') && !building.includes(path) && path !== 'builtin.ts')
    .filter((path) =>
      /getBuiltinModule/.test(
        readFileSync(join(import.meta.dirname, path), 'utf8').replace(
          /builtin\(\(node\) => node\.getBuiltinModule\('[\w:/]+'\)\)|typeof process\.getBuiltinModule/g,
          '',
        ),
      ),
    )
  expect(touching).toEqual(['adapters/node.ts']) // in a type
})
