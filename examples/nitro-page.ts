import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../scripts/steps.ts'
import { Guest } from './guest.ts'
import { type AppName, install, temporaryFolder } from './harness.ts'
import { take } from './locks.ts'
import { complete, freePort, launch, type Running } from './processes.ts'

export interface Pasted {
  /** The app whose packages the project has. */
  readonly name: AppName
  readonly page: string
  readonly build: string
  /** The variable that the password is told in. */
  readonly variable: string
  /** Where somebody sees who they are. */
  readonly account: string
  /** The generated configuration of TypeScript, once it was built. */
  readonly types?: string
  /** Code beside them, in which the compiler has to object to each `nonsense`. */
  readonly probe: string
  /** What the page says to write otherwise. */
  readonly rewritten?: (text: string) => string
}

/** The blocks of a page, pasted in their order into an empty project, which is then built and used. */
export function tellOfPage({ name, page, build, variable, account, types, probe, rewritten = (text) => text }: Pasted): void {
  const folder = temporaryFolder()
  const text = readFileSync(join(root, 'docs/frameworks', page), 'utf8')
  const blocks = [...text.matchAll(/\*\*([\w./-]+)\*\*.*\n\n```\w+\n([\s\S]*?\n)```/g)]
  let running: Running | undefined
  let release: (() => void) | undefined
  let origin = ''

  const lay = (path: string, content: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }

  beforeAll(async () => {
    await install(name)
    release = await take(name)
    lay('package.json', '{ "type": "module" }')
    for (const [, path = '', code = ''] of blocks) lay(path, rewritten(code))
    symlinkSync(join(root, 'examples', name, 'node_modules'), join(folder, 'node_modules'))
    await complete(build, folder)
    const port = String(await freePort())
    const env = { HOST: '127.0.0.1', PORT: port, NODE_ENV: 'production', [variable]: 'for-tests-only-4hQ7vXz2Lk9sWp3Tn8Bc' }
    running = launch('node .output/server/index.mjs', folder, env)
    origin = `http://127.0.0.1:${port}`
    while ((await fetch(origin).catch(() => undefined)) === undefined)
      if (running.child.exitCode !== null) throw new Error(running.output())
  }, 600_000)
  afterAll(async () => {
    running?.kill()
    await running?.ended
    release?.()
    rmSync(folder, { recursive: true, force: true })
  })

  test(`D22: the blocks of ${page} are a site on ${name}, which signs in and out`, async () => {
    const ada = new Guest((path) => `${origin}${path}`)
    const user = async (who: Guest): Promise<string | undefined> => /\bada\b/.exec(await (await who.ask(account)).text())?.[0]
    await ada.ask('/login', { username: 'ada', password: 'wrong' })
    expect(await user(ada)).toBeUndefined()
    await ada.ask('/login', { username: 'ada', password: 'lovelace' })
    expect(await user(ada)).toBe('ada')
    const thief = ada.copy()
    await ada.ask('/logout', {})
    expect([await user(ada), await user(thief)]).toEqual([undefined, undefined])
  })

  test(`D13, D22: the blocks of ${page} compile on ${name}, and what is imported by itself has its types`, async () => {
    const own = { strict: true, noEmit: true, skipLibCheck: false }
    const compilerOptions = types ? own : { ...own, module: 'esnext', moduleResolution: 'bundler', target: 'esnext' }
    const include = [...(types ? [join(dirname(types), '**/*.d.ts')] : []), '*.ts', 'server/**/*.ts']
    lay('tsconfig.json', JSON.stringify({ ...(types && { extends: types }), compilerOptions, include, exclude: [] }))
    lay('server/probe.ts', probe)
    const said = await complete('tsc -p .', folder).then(String, ({ message }: Error) => message)
    // The frameworks' own declarations have errors of their own.
    const ours = said
      .split('\n')
      .filter((line) => /: error TS/.test(line) && /^(?:server\/|\w+\.config\.ts)|coatcheck|Session/.test(line))
    const wrong = probe.split('\n').flatMap((line, at) => (line.includes('nonsense') ? at + 1 : []))
    expect(ours).toEqual(wrong.map((line) => expect.stringMatching(`^server/probe\\.ts\\(${line},.*'nonsense' does not exist`)))
  })
}
