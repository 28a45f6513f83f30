// `npm run docs` serves the site and follows changes; `npm run docs:build` builds it into site/dist. Both install what it needs.
import { createHash } from 'node:crypto'
import { cpSync, existsSync, globSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { installPackages } from '../examples/harness.ts'
import { alone } from '../examples/locks.ts'
import { complete, launch } from '../examples/processes.ts'
import { root } from '../scripts/steps.ts'
import { assemble, folder as made } from './assemble.ts'

const home = import.meta.dirname
export const output: string = join(home, 'dist')

/** Everything that the site is made of. */
const INPUTS = [
  '*.md',
  'bench/{results,http}.md',
  'docs/**/*.{md,svg,png}',
  'packages/coatcheck/{package.json,tsdown.config.ts}',
  'packages/coatcheck/src/**/*.ts',
  'site/*.{ts,md,json}',
  'site/.vitepress/{,theme/}*.{ts,css}',
]

function digest(): string {
  const hash = createHash('sha256')
  for (const path of globSync(INPUTS, { cwd: root, exclude: (name) => /\.test\.ts$|^node_modules$/.test(name) }).sort())
    hash.update(`\n${path}\n`).update(readFileSync(join(root, path)))
  return hash.digest('hex')
}

/** Installs what site/package-lock.json names. Seconds; 0 when it was there. */
export const installSite = (): Promise<number> => alone('site', () => installPackages(home))

/** Builds the site, unless it was built of the same files before. Seconds; 0 when it was there. */
export const buildSite = (): Promise<number> =>
  alone('site', async () => {
    await installPackages(home)
    const mark = join(made, 'built')
    const wanted = digest()
    if (existsSync(join(output, 'index.html')) && existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return 0
    const started = performance.now()
    rmSync(made, { recursive: true, force: true })
    rmSync(output, { recursive: true, force: true })
    await complete('npm run --silent api', home)
    assemble()
    await complete('npm run --silent build', home)
    // Beside the pages, not among them: VitePress would make pages of these.
    cpSync(join(made, 'texts'), output, { recursive: true })
    writeFileSync(mark, wanted)
    return (performance.now() - started) / 1000
  })

/** Serves the pages as they are written, until somebody ends it. */
async function serve(): Promise<void> {
  await alone('site', async () => {
    await installPackages(home)
    console.log('coatcheck: reading the sources …')
    await complete('npm run --silent api', home)
    assemble()
  })
  const running = launch(`npm run --silent dev -- --port ${process.env.PORT ?? 5173}`, home, {})
  running.child.stdout?.pipe(process.stdout)
  running.child.stderr?.pipe(process.stderr)
  let isDue = false
  const follow = (): void => {
    if (isDue) return
    isDue = true
    setTimeout(() => {
      isDue = false
      try {
        assemble()
      } catch (error) {
        console.error(`coatcheck: ${error instanceof Error ? error.message : error}`)
      }
    }, 200)
  }
  for (const path of ['docs', 'site/start.md', 'README.md', 'bench/results.md', 'bench/http.md'])
    watch(join(root, path), { recursive: path === 'docs' }, follow)
  // What is watched would keep this process.
  process.exit((await running.ended) ?? 0)
}

if (import.meta.main) {
  const [command] = process.argv.slice(2)
  if (command === 'build') console.log(`coatcheck: site/dist was built in ${(await buildSite()).toFixed(1)} s.`)
  else await serve()
}
