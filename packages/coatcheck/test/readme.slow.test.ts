import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { engineIn, haveEngines, installEngines } from '../../../scripts/runtime-engines.ts'
import { environment } from '../../../scripts/steps.ts'
import { root } from './tree/files.ts'

interface Block {
  readonly language: string
  readonly text: string
  /** What a comment before it names, for readers of the source and for the test of the pages. */
  readonly file: string | undefined
}

/** The blocks of the section “Start”, in order. */
function blocksOf(readme: string): Block[] {
  const section = /^## Start\n([\s\S]*?)^## /m.exec(readme)?.[1] ?? ''
  let file: string | undefined
  return [...section.matchAll(/^<!-- file: (\S+) -->$|^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, named, language, text]) => {
    if (named) file = named
    if (!language || text === undefined) return []
    const block = { language, text, file: language === 'sh' ? undefined : file }
    return [block]
  })
}

const linesOf = (block: Block | undefined): string[] => (block?.text ?? '').split('\n').filter(Boolean)
const [prepare, server, starts, ...rest] = blocksOf(readFileSync(join(root, 'README.md'), 'utf8'))

const place = mkdtempSync(join(tmpdir(), 'coatcheck-readme-'))
const [app, bin] = [join(place, 'app'), join(place, 'bin')]
/** Of a machine that has Node, npm, Bun and Deno, and nothing of ours. How npm reaches its registry is the machine's own. */
const env: NodeJS.ProcessEnv = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(?:npm_(?!config_)|NODE_(?!EXTRA_CA_CERTS$)|VITEST|SESSION_SECRET)/i.test(name),
    ),
  ),
  PATH: `${bin}${delimiter}${process.env.PATH}`,
  DENO_NO_UPDATE_CHECK: '1',
}
let tarball = ''

const shell = (command: string): string =>
  execFileSync('sh', ['-c', command], { cwd: app, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

beforeAll(async () => {
  for (const folder of [app, bin]) mkdirSync(folder, { recursive: true })
  symlinkSync(process.execPath, join(bin, 'node'))
  if (haveEngines) {
    const engines = installEngines()
    for (const name of ['bun', 'deno'] as const) symlinkSync(engineIn(engines, name), join(bin, name))
  }
  execFileSync('npm', ['pack', '--workspace', 'coatcheck', '--pack-destination', place, '--loglevel=error'], {
    cwd: root,
    env: environment,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  tarball = join(place, readdirSync(place).find((name) => name.endsWith('.tgz')) ?? '')
  const began = performance.now()
  // The only word that is not the README's: the package comes from this tree.
  for (const line of linesOf(prepare)) shell(line.replace(/^npm install coatcheck$/, () => `npm install ${tarball}`))
  writeFileSync(join(app, server?.file ?? ''), server?.text ?? '')
  await visits(linesOf(starts)[0] ?? '')
  console.log(`From npm init to a counter that runs: ${((performance.now() - began) / 1000).toFixed(1)} s`)
})
afterAll(() => rmSync(place, { recursive: true, force: true }))

/** Starts this command line in the application's folder, on a port that is free. */
async function started(command: string): Promise<{ origin: string; stop(): Promise<unknown> }> {
  const child: ChildProcess = spawn('sh', ['-c', `exec ${command}`], {
    cwd: app,
    env: { ...env, PORT: String(await freePort()) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'exit')
  let said = ''
  child.stderr?.on('data', (chunk) => {
    said += chunk
  })
  const origin = await new Promise<string>((resolve, reject) => {
    if (child.stdout) createInterface({ input: child.stdout }).on('line', resolve)
    child.on('error', reject)
    child.on('close', (code) => reject(new Error(`“${command}” ended with ${code}:\n${said}`)))
  })
  return {
    origin,
    stop() {
      child.kill('SIGKILL')
      return ended
    },
  }
}

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net')
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

/** What a visitor is told who comes, reloads, and whose browser asks for an icon between the two. */
async function visits(command: string): Promise<string[]> {
  const { origin, stop } = await started(command)
  try {
    const first = await fetch(`${origin}/`)
    const cookie = first.headers
      .getSetCookie()
      .map((line) => line.split(';', 1)[0])
      .join('; ')
    await fetch(`${origin}/favicon.ico`, { headers: { cookie } })
    const second = await fetch(`${origin}/`, { headers: { cookie } })
    return [await first.text(), await second.text()]
  } finally {
    await stop()
  }
}

describe('the README on a machine that knows nothing of us', () => {
  it('shows commands, one file, and ways to run it, and nothing else before that', () => {
    expect([prepare?.language, server?.file, starts?.language, rest]).toEqual(['sh', 'server.mjs', 'sh', []])
    expect(linesOf(prepare).slice(0, 2)).toEqual(['npm init -y', 'npm install coatcheck'])
    expect(linesOf(starts).map((line) => line.split(' ', 1)[0])).toEqual(['node', 'bun', 'deno'])
  })

  it.each(linesOf(starts).filter((line) => haveEngines || line.startsWith('node ')))(
    'counts the visits of one visitor: %s',
    async (line) => {
      expect(await visits(line)).toEqual(['Visit 1', 'Visit 2'])
    },
  )

  it('gave every visitor of these the same secret, so that a ticket outlives the process', async () => {
    const [node = '', bun = node] = linesOf(starts)
    const one = await started(node)
    const ticket = (await fetch(`${one.origin}/`)).headers.getSetCookie()[0]?.split(';', 1)[0] ?? ''
    await one.stop()
    const other = await started(haveEngines ? bun : node)
    const text = await (await fetch(`${other.origin}/`, { headers: { cookie: ticket } })).text()
    await other.stop()
    expect(text).toBe('Visit 2')
  })

  it('says what to do to somebody who starts without the secret', () => {
    const failure = (() => {
      try {
        return shell('node server.mjs')
      } catch (error) {
        return String((error as { stderr: unknown }).stderr)
      }
    })()
    expect(failure).toContain('node --env-file=.env')
    const command = linesOf(prepare).find((line) => line.includes('.env')) ?? 'there is none'
    expect(failure).toContain(command)
  })

  it('installs the package with a README whose links are whole, and a licence', () => {
    const home = join(app, 'node_modules/coatcheck')
    const readme = readFileSync(join(home, 'README.md'), 'utf8')
    expect(readme).toMatch(/\]\(https:\/\/github\.com\/coatcheck\/coatcheck\/blob\/v[\d.]+\/docs\/guide\.md\)/)
    expect(readme.match(/\]\((?!https:|#)[^)]*\)/g)).toBe(null)
    expect(readdirSync(home)).toContain('LICENSE')
  })
})
