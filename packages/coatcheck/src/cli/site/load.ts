import { existsSync } from 'node:fs'
import nodeModule from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { lookingOn } from '../../core/process-singleton.ts'
import type { AnySessions } from '../../core/sessions.ts'
import { SessionError } from '../../errors.ts'
import { Problem } from '../problem.ts'
import type { Terminal } from '../terminal.ts'
import { sitesIn } from './exports.ts'
import type { Site } from './site.ts'

/** What `--config`, `--env` and `--site` say. */
export interface Where {
  readonly config?: string | undefined
  readonly env?: string | undefined
  readonly site?: string | undefined
}

/** Where `coatcheck init` writes, without endings. */
const PLACES = [
  ...['coatcheck.config', 'sessions', 'src/sessions', 'session', 'src/session', 'src/sessions.server', 'app/sessions.server'],
  ...['lib/session', 'src/lib/session', 'app/lib/session', 'server/session-store', 'src/session-settings', 'session-storage'],
]
const ENDINGS = ['.ts', '.mts', '.js', '.mjs']

/** The file that makes the sessions of an application; undefined: there is none. */
export const configIn = (folder: string): string | undefined =>
  PLACES.flatMap((place) => ENDINGS.map((ending) => place + ending)).find((path) => existsSync(resolve(folder, path)))

/** All sessions that the module makes, and its path as it was given or found. Throws a `Problem`, and what the module throws. */
export async function loadSites(
  { folder }: Pick<Terminal, 'folder'>,
  { config, env }: Where,
): Promise<{ readonly file: string; readonly sites: readonly Site[] }> {
  const file = config ?? configIn(folder)
  if (file === undefined)
    throw new Problem(
      `No file here makes sessions: neither coatcheck.config.ts nor one that init writes is in ${folder}.`,
      'Name yours: --config app/sessions.ts. It exports what createSessions() returned.',
    )
  const path = resolve(folder, file)
  if (!existsSync(path)) throw new Problem(`There is no file ${path}.`, 'Correct --config.')
  readVariables(folder, env)
  const made: AnySessions[] = []
  const stop = lookingOn((sessions) => void made.push(sessions as AnySessions))
  try {
    const sites = await sitesIn(await loaded(path), made)
    if (sites.length === 0) throw none(file)
    return { file, sites }
  } finally {
    stop()
  }
}

/** The one that `--site` names, or the only one. */
export async function loadSite(terminal: Pick<Terminal, 'folder'>, where: Where): Promise<Site> {
  const { file, sites } = await loadSites(terminal, where)
  const chosen =
    where.site === undefined ? sites : sites.filter(({ name, carrier }) => [name, carrier].includes(where.site ?? ''))
  const [site] = chosen
  if (site && chosen.length === 1) return site
  const names = sites.map(({ name }) => name).join(', ')
  throw new Problem(
    site ? `${file} makes several sessions.` : `${file} makes no sessions called "${where.site}".`,
    `Choose one of these by --site: ${names}.`,
  )
}

function readVariables(folder: string, env: string | undefined): void {
  const file = resolve(folder, env ?? '.env')
  if (existsSync(file)) process.loadEnvFile(file)
  else if (env !== undefined) throw new Problem(`There is no file ${file}.`, 'Correct --env.')
}

/** The exports of a module. What it prints goes where complaints go: the other channel is for the command's own answer. */
async function loaded(path: string): Promise<Readonly<Record<string, unknown>>> {
  findEndings()
  const { log, info } = console
  console.log = console.info = console.error
  try {
    return await import(pathToFileURL(path).href)
  } catch (error) {
    if (error instanceof SessionError) throw error
    throw unloadable(error, path)
  } finally {
    console.log = log
    console.info = info
  }
}

let isFinding = false
/** Modules of frameworks with a bundler name each other without an ending, which Node does not find by itself. */
function findEndings(): void {
  if (isFinding || typeof nodeModule.registerHooks !== 'function') return
  isFinding = true
  nodeModule.registerHooks({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context)
      } catch (error) {
        if (!/^\.{0,2}\//.test(specifier)) throw error
        for (const ending of [...ENDINGS, '.tsx', '/index.ts', '/index.js']) {
          try {
            return next(specifier + ending, context)
          } catch {} // the next one may be there
        }
        throw error
      }
    },
  })
}

const NOT_STRIPPED = [
  'ERR_UNKNOWN_FILE_EXTENSION',
  'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX',
  'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING',
]

function unloadable(error: unknown, path: string): Problem {
  const { code, message } = Object(error) as { readonly code?: unknown; readonly message?: unknown }
  if (NOT_STRIPPED.includes(String(code)))
    return new Problem(
      `Node ${process.versions.node} cannot load this TypeScript: ${String(message).split('\n')[0]}.`,
      'Use Node 22.18 or later and types that can be left out, or load it with tsx: node --import tsx node_modules/coatcheck/dist/cli.js …',
    )
  if (code === 'ERR_MODULE_NOT_FOUND')
    return new Problem(
      `${String(message).split('\n')[0]}.`,
      'Name a module that imports only what Node finds: make the sessions in a file of their own.',
    )
  // An address may have a password in it.
  const said = String(message ?? error)
    .split('\n', 1)[0]
    ?.replace(/\/\/[^@/\s]*@/g, '//…@')
  return new Problem(
    `${path} could not be loaded: ${said || String(code ?? 'it threw')}.`.replace('..', '.'),
    'Correct it, or set what it needs: see --env.',
  )
}

const none = (file: string): Problem =>
  new Problem(
    `${file} makes no sessions that this command can see.`,
    'Export what createSessions() returned, and call the command that is installed beside it: npx coatcheck, in the folder of the application.',
  )
