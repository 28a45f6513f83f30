import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { Guest } from './guest.ts'
import { type AppName, SECRET, temporaryFolder } from './harness.ts'
import { blocksOf, lay, serveProject } from './pasted.ts'
import { complete } from './processes.ts'

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
  const files = Object.fromEntries(Object.entries(blocksOf(page)).map(([path, code]) => [path, rewritten(code)]))
  const origin = serveProject({
    name,
    folder,
    files,
    build,
    start: 'node .output/server/index.mjs',
    env: { NODE_ENV: 'production', [variable]: SECRET },
  })

  test(`D22: the blocks of ${page} are a site on ${name}, which signs in and out`, async () => {
    const ada = new Guest((path) => `${origin()}${path}`)
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
    const config = { ...(types && { extends: types }), compilerOptions, include, exclude: [] }
    lay(folder, { 'tsconfig.json': JSON.stringify(config), 'server/probe.ts': probe })
    const said = await complete('tsc -p .', folder).then(String, ({ message }: Error) => message)
    // The frameworks' own declarations have errors of their own.
    const ours = said
      .split('\n')
      .filter((line) => /: error TS/.test(line) && /^(?:server\/|\w+\.config\.ts)|coatcheck|Session/.test(line))
    const wrong = probe.split('\n').flatMap((line, at) => (line.includes('nonsense') ? at + 1 : []))
    expect(ours).toEqual(wrong.map((line) => expect.stringMatching(`^server/probe\\.ts\\(${line},.*'nonsense' does not exist`)))
  })
}
