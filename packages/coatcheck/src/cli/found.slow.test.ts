import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { root } from '../../test/tree/files.ts'

const { bin } = JSON.parse(readFileSync(join(root, 'packages/coatcheck/package.json'), 'utf8'))
const program = join(root, 'packages/coatcheck', bin.coatcheck)
if (!existsSync(program)) throw new Error('This is the built command: run `npm run build` first.')

function project(): string {
  const folder = mkdtempSync(join(tmpdir(), 'coatcheck-found-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "dependencies": { "typescript": "*" } }')
  return folder
}

const run = (folder: string, ...args: string[]) => {
  const { NODE_ENV: _, ...env } = process.env
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { cwd: folder, encoding: 'utf8', env })
  return { status, stdout, stderr }
}

/** What init writes for a framework, where the sessions are then, and what doctor says of them. */
it.each([
  ['next', 'lib/session.ts: sessions', ['cookie-no-prefix']],
  ['nuxt', 'server/session-store.ts: __Host-Http-session', []],
  ['astro', 'src/session-settings.ts: __Host-Http-session', []],
  ['remix', 'app/sessions.server.ts: __session', []],
  ['express-session', 'sessions.ts: connect.sid', []],
  ['iron-session', 'sessions.ts: session', []],
  ['koa', 'sessions.ts: koa.sess', []],
  ['fastify', 'sessions.ts: sessionId', []],
  ['h3', 'session.ts: h3', []],
])('the command finds what init wrote for %s', (framework, looked, codes) => {
  const folder = project()
  expect(run(folder, 'init', '--framework', framework, '--yes').status).toBe(0)
  const { status, stdout } = run(folder, 'doctor', '--json')
  const said = JSON.parse(stdout)
  expect([status, said.looked, said.findings.map(({ code }: { code: string }) => code)]).toEqual([0, [looked], codes])
})

it('the built command loads TypeScript as Node does, and says what Node does not load', () => {
  const folder = project()
  writeFileSync(join(folder, 'sessions.ts'), 'enum A { B }\nexport const sessions = A')
  const { status, stderr } = run(folder, 'list')
  expect([status, stderr]).toEqual([
    1,
    expect.stringMatching(/^Node [\d.]+ cannot load this TypeScript: [\s\S]*\nUse Node 22\.18 or later/),
  ])
})

it('ends when its work is done, whatever the module left open, and prints all of it', () => {
  const folder = project()
  const module = `
    import { createServer } from 'node:net'
    import { createSessions } from 'coatcheck'
    import { memoryStore } from 'coatcheck/stores/memory'
    createServer().listen(0)
    console.log('hello')
    export const sessions = createSessions({ secrets: 'Jx9mQ4vR2tY7wB5nC8kD1fG6hL3pZ0sA', store: memoryStore() })`
  writeFileSync(join(folder, 'sessions.js'), module)
  expect(run(folder, 'list', '--json')).toEqual({
    status: 0,
    stdout: '{\n  "sessions": [],\n  "next": null\n}\n',
    stderr: 'hello\n',
  })
})
