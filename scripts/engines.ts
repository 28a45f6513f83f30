import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The servers that stores are tested on, and the caches that stand in front of a site. */
export type EngineName = 'redis' | 'postgres' | 'mariadb' | 'nats' | 'memcached' | 'nginx' | 'varnish'

interface Engine {
  /** As people call it. */
  readonly title: string
  readonly binary: string
  /** Folders that are looked into besides those of PATH. */
  readonly folders: () => readonly string[]
  /** The package of Debian. */
  readonly package: string
  /** Names one that runs already, which is then used and left running. A cache has none: each test configures its own. */
  readonly variable?: string
}

const usual = (): readonly string[] => ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/opt/homebrew/bin']
const newestFirst = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder).sort().reverse() : [])

export const ENGINES: Readonly<Record<EngineName, Engine>> = {
  redis: {
    title: 'Redis',
    binary: 'redis-server',
    folders: usual,
    package: 'redis-server',
    variable: 'COATCHECK_TEST_REDIS_URL',
  },
  postgres: {
    title: 'PostgreSQL',
    binary: 'postgres',
    // Debian keeps one folder a version and none of them in PATH.
    folders: () => [...newestFirst('/usr/lib/postgresql').map((version) => `/usr/lib/postgresql/${version}/bin`), ...usual()],
    package: 'postgresql',
    variable: 'COATCHECK_TEST_POSTGRES_URL',
  },
  mariadb: {
    title: 'MariaDB',
    binary: 'mariadbd',
    folders: usual,
    package: 'mariadb-server',
    variable: 'COATCHECK_TEST_MYSQL_URL',
  },
  nats: {
    title: 'NATS',
    binary: 'nats-server',
    folders: usual,
    package: 'nats-server',
    variable: 'COATCHECK_TEST_NATS_URL',
  },
  memcached: {
    title: 'memcached',
    binary: 'memcached',
    folders: usual,
    package: 'memcached',
    variable: 'COATCHECK_TEST_MEMCACHED_URL',
  },
  nginx: { title: 'nginx', binary: 'nginx', folders: usual, package: 'nginx' },
  varnish: { title: 'Varnish', binary: 'varnishd', folders: usual, package: 'varnish' },
}

/**
 * Where a program of this engine is, its server by default. As root on a machine with apt-get a missing engine is installed;
 * elsewhere this throws and says what to do, because a test on a real engine is never skipped in silence.
 */
export function engineBinary(name: EngineName, binary: string = ENGINES[name].binary): string {
  const found = find(name, binary)
  if (found) return found
  install([name])
  const installed = find(name, binary)
  if (installed) return installed
  throw missing(name, `${binary} was not found in PATH nor in the usual places`)
}

/** The address of the engine that runs already, where there is one. */
export function givenUrl(name: EngineName): string | undefined {
  const { variable } = ENGINES[name]
  return (variable && process.env[variable]) || undefined
}

function find(name: EngineName, binary: string): string | undefined {
  const path = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  return [...ENGINES[name].folders(), ...path].map((folder) => join(folder, binary)).find((place) => existsSync(place))
}

function install(names: readonly EngineName[]): void {
  const [name] = names
  if (name === undefined || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return
  const packages = names.map((each) => ENGINES[each].package)
  console.log(`Installing ${packages.join(', ')} with apt-get for the tests on real engines …`)
  const run = (...args: string[]): void => {
    execFileSync('/usr/bin/apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=120', ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  }
  try {
    run('update')
    run('install', '-y', '--no-install-recommends', ...packages)
  } catch (cause) {
    throw missing(name, 'apt-get could not install it; see its words above', cause)
  }
}

function missing(name: EngineName, why: string, cause?: unknown): Error {
  const { title, package: debian, variable } = ENGINES[name]
  const elsewhere = variable ? ` set ${variable} to the address of one that runs,` : ''
  return new Error(
    `The tests on ${title} need it, and ${why}. Install it (Debian: \`apt-get install ${debian}\`),${elsewhere} or leave it out: npm test -- --without ${name}.`,
    { cause },
  )
}

/** Finds or installs all of these at once, before tests that run at the same time would each try. Throws for the first that is missing. */
export function prepareEngines(names: readonly EngineName[] = Object.keys(ENGINES) as EngineName[]): void {
  const needed = names.filter((name) => givenUrl(name) === undefined)
  install(needed.filter((name) => find(name, ENGINES[name].binary) === undefined))
  for (const name of needed) engineBinary(name)
}

// As a command: one line for each engine, that says where it is.
if (import.meta.main) {
  try {
    prepareEngines()
    for (const name of Object.keys(ENGINES) as EngineName[])
      console.log(`${name.padEnd(10)} ${givenUrl(name) ?? engineBinary(name)}`)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
