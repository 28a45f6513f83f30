import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { root } from '../../../../test/tree/files.ts'

// Below the repository, so that the packages are found as an application names them.
const workshop = join(root, '.cache/fastify-types')
afterAll(() => rmSync(workshop, { recursive: true, force: true }))

/** What the compiler says of an application of these lines, against the built package. */
function compiled(...lines: readonly string[]): string {
  mkdirSync(workshop, { recursive: true })
  writeFileSync(join(workshop, 'package.json'), '{ "type": "module" }')
  const start = [
    "import coatcheck, { type Session as Ours } from 'coatcheck/fastify'",
    "import Fastify from 'fastify'",
    'export const app = Fastify()',
  ]
  writeFileSync(join(workshop, 'app.ts'), [...start, ...lines, "app.register(coatcheck, { secret: '' })"].join('\n'))
  const compilerOptions = {
    ...{ target: 'es2024', module: 'nodenext', strict: true, noEmit: true, skipLibCheck: true },
    ...{ types: ['node'], typeRoots: [join(root, 'node_modules/@types')] },
  }
  writeFileSync(join(workshop, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['app.ts'] }))
  return spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', workshop], { encoding: 'utf8' }).stdout
}

const OWN = "declare module 'fastify' { interface FastifyRequest { session: Ours<{ user: string }> } }"
const THEIRS = "import '@fastify/session'"
const SECURE = "import '@fastify/flash'"

test('F42: ours adds no type of that name: one line of the application does, and beside types of others `getDecorator`', () => {
  const page = (session: string): string => `app.get('/', (request) => ${session}.get('user') satisfies string | undefined)`
  const decorated = page("request.getDecorator<Ours<{ user: string }>>('session')")
  expect(compiled(OWN, page('request.session'))).toBe('')
  expect(compiled(OWN, "app.get('/', (request) => request.session.get('nobody'))")).toContain('TS2345')
  for (const others of [THEIRS, SECURE]) {
    expect(compiled(others, decorated), others).toBe('')
    expect(compiled(others, OWN, decorated), others).toContain('TS2717')
  }
})
