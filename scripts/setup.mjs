// Runs before every npm script. Installs what package-lock.json names when node_modules lacks it, and makes sure that a `node` that
// runs TypeScript answers. Plain JavaScript without dependencies, because it must run on Node 20 before anything is installed.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const say = (text) => process.stderr.write(`coatcheck: ${text}\n`)
const stop = (text) => {
  say(text)
  process.exit(1)
}

const packagesIn = (lockfile) => JSON.parse(readFileSync(join(root, lockfile), 'utf8')).packages
// The lockfile has a string where the package has one, else a list.
const isFor = (system, { os = system.os, cpu = system.cpu }) =>
  [os].flat().includes(system.os) && [cpu].flat().includes(system.cpu)
const isNodeBinary = (path) => /^node_modules\/node-(bin-)?(darwin|linux|win)-/.test(path)

/** Why node_modules does not hold what the lockfile names, or undefined when it does. */
function staleness() {
  if (!existsSync(join(root, 'node_modules/.package-lock.json'))) return 'dependencies are not installed yet'
  const wanted = packagesIn('package-lock.json')
  const present = packagesIn('node_modules/.package-lock.json')
  const here = { os: process.platform, cpu: process.arch }
  for (const [path, want] of Object.entries(wanted)) {
    if (!path.includes('node_modules/') || want.link) continue
    const have = present[path]
    const mayBeAbsent = want.optional && !(isNodeBinary(path) && isFor(here, want))
    if (!have && mayBeAbsent) continue
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
    if (!have || !existsSync(join(root, path))) return `${name} is not installed`
    if (have.version !== want.version || have.integrity !== want.integrity)
      return `${name} is not the version of package-lock.json`
    if (!isFor(here, have)) return `${name} was installed for another platform`
  }
  const surplus = Object.keys(present).find((path) => !(path in wanted))
  return surplus && `${surplus} is no longer in package-lock.json`
}

// What npm's own error codes mean to somebody who only typed `npm start`.
const causes = [
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET|ENOTCACHED/,
    'npm cannot reach its registry. Connect to the network (or set a proxy) and run this again.',
  ],
  [
    /EACCES|EPERM|EROFS/,
    `npm may not write here. Give yourself write permission for ${root} and for npm's cache, or clone into a folder of your own.`,
  ],
  [/ENOSPC/, 'the disk is full. About 1 GB is needed.'],
  [/EUSAGE/, 'package.json and package-lock.json disagree. Run `npm install` and commit the lockfile.'],
  [/EINTEGRITY/, 'a downloaded package differs from the one that was locked. Run `npm cache clean --force` and try again.'],
]

function install(reason) {
  say(`${reason}; installing with npm ci, which takes about half a minute …`)
  // npm's own Node runs npm, because the one inside node_modules goes away during the installation. No package here needs its install
  // scripts, and the two --include survive NODE_ENV=production and `omit` in somebody's npm configuration.
  const args = [
    'ci',
    '--ignore-scripts',
    '--include=dev',
    '--include=optional',
    '--loglevel=error',
    '--fetch-retry-mintimeout=2000',
    '--fetch-retry-maxtimeout=10000',
  ]
  const { npm_node_execpath: node, npm_execpath: npm } = process.env
  const [command, first] = node && npm ? [node, [npm]] : ['npm', []]
  const shell = command === 'npm' && process.platform === 'win32'
  const result = spawnSync(command, [...first, ...args], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    shell,
  })
  if (result.status === 0) return
  const output = `${result.stderr ?? ''}${result.error ?? ''}`
  process.stderr.write(`${output.trim()}\n`)
  stop(`could not install: ${causes.find(([pattern]) => pattern.test(output))?.[1] ?? 'see what npm says above.'}`)
}

function checkNode() {
  const env = { ...process.env, PATH: `${join(root, 'node_modules/.bin')}${delimiter}${process.env.PATH}` }
  const version = spawnSync('node -p process.versions.node', { env, encoding: 'utf8', shell: true }).stdout?.trim() ?? ''
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 19)) return
  const name = `${process.platform}-${process.arch}`
  const here = { os: process.platform, cpu: process.arch }
  const offered = Object.entries(packagesIn('package-lock.json')).some(([path, want]) => isNodeBinary(path) && isFor(here, want))
  const why = offered
    ? `the Node 26 that npm installs for ${name} is missing or does not run here (an interrupted download, or a system without glibc)`
    : `npm has no Node 26 package for ${name}`
  stop(
    `${why}, and the system's Node is ${version || 'missing'}. Delete node_modules and try again, or install Node 22.19 or newer.`,
  )
}

if (Number(process.versions.node.split('.')[0]) < 20)
  stop(`this is Node ${process.versions.node}; Node 20 or newer is needed to set up.`)
if (!existsSync(join(root, 'package-lock.json')))
  stop('package-lock.json is missing; it is part of the repository, so restore it.')
const reason = staleness()
if (reason) install(reason)
checkNode()
