import type { DeviceBound } from '../../core/adapter.ts'
import type { WebURL } from '../../web.ts'
import type { Settings } from './settings.ts'

/** The module that Astro loads as middleware. It is written here because a package's file cannot import a virtual one (Astro 7). */
export const MIDDLEWARE = 'virtual:coatcheck/astro'
/** A driver for adapters without one: Astro asks for it before it makes the object that ours speaks through, and never uses it. */
export const NO_DRIVER = 'virtual:coatcheck/astro-driver'
const NOTHING = 'const nothing = () => null\nexport default () => ({ getItem: nothing, setItem: nothing, removeItem: nothing })'
const PLACE = /(["'`])@@coatcheck\/pages@@\1/g

export interface DriverConfig {
  readonly entrypoint: string | WebURL
  readonly config?: Record<string, unknown> | undefined
}

/** A route, as Astro tells it. */
export interface Route {
  readonly type: string
  readonly pattern: string
  readonly entrypoint: string
}

export interface InjectedRoute {
  pattern: string
  entrypoint: string
  prerender: boolean
}

/** Where browsers register and refresh, for Astro to know of paths that are nobody's pages. It puts `base` before the pattern. */
export function answeringRoute({ settings: { path } }: DeviceBound, base = '/'): InjectedRoute {
  const before = base.replace(/\/$/, '')
  const pattern = `${path.startsWith(`${before}/`) ? path.slice(before.length) : path}/[step]`
  return { pattern, entrypoint: 'coatcheck/astro/middleware', prerender: false }
}

/** Facts known once Astro has read its configuration. */
export interface Site {
  root: string
  settings: Settings
  /** Null: sealed in the cookie. Undefined: behind `theirs`. */
  store: string | URL | DriverConfig | null | undefined
  /** The driver of Astro's own sessions, by the names to look for, in order. */
  theirs: { readonly names: readonly string[]; readonly config: Record<string, unknown> | undefined } | undefined
  /** The module of what cannot be part of a build. */
  module: string | URL | undefined
  routes: readonly Route[]
  deviceBound: DeviceBound['settings'] | undefined
}

/** The part of Vite's and Rollup's plugin context that is used here. */
interface Context {
  resolve(source: string, importer?: string): Promise<{ readonly id: string } | null>
  getModuleInfo(
    id: string,
  ): { code: string | null; importedIds: readonly string[]; dynamicallyImportedIds: readonly string[] } | null
}

export interface Plugin {
  name: string
  resolveId(source: string): string | undefined
  load(this: Context, id: string): Promise<string | undefined>
  renderChunk(this: Context, code: string): { code: string; map: null } | null
}

export function sessionsPlugin(site: Site): Plugin {
  return {
    name: 'coatcheck',
    // Without the customary \0: Astro 7 imports drivers by what is given back here, and a module runner cannot.
    resolveId: (source) => (source === MIDDLEWARE || source === NO_DRIVER ? source : undefined),
    async load(id) {
      if (id === NO_DRIVER) return NOTHING
      return id === MIDDLEWARE ? middlewareOf(site, this) : undefined
    },
    renderChunk(code) {
      if (!code.includes('@@coatcheck/pages@@')) return null
      const pages = site.routes.filter(({ type }) => type === 'page')
      const mentions = pages.map(({ pattern, entrypoint }) => [pattern, mentionsIn(`${site.root}${entrypoint}`, this)] as const)
      return { code: code.replace(PLACE, () => JSON.stringify(Object.fromEntries(mentions))), map: null }
    },
  }
}

async function middlewareOf(site: Site, context: Context): Promise<string> {
  const { root, settings, store, theirs, module, deviceBound } = site
  const parts: string[] = ['getSecret']
  const modules: string[] = []
  const imports = [
    `import { sessionMiddleware } from 'coatcheck/astro/middleware'`,
    `import { getSecret } from 'astro:env/server'`,
  ]
  const add = async (name: string, specifiers: readonly (string | URL)[], importer: string, make = name) => {
    const id = await find(context, name, specifiers, importer)
    imports.push(`import ${name} from ${JSON.stringify(id)}`)
    modules.push(id)
    parts.push(`${name}: ${make}`)
  }
  const call = (name: string, config: unknown) => `() => ${name}(${JSON.stringify(config) ?? ''})`
  const site_ = `${root}astro.config.mjs`
  if (store === null) parts.push('store: null')
  else if (typeof store === 'string' || store instanceof URL) await add('store', [store], site_)
  else if (store) await add('driver', [store.entrypoint], site_, call('driver', store.config))
  // Drivers of unstorage are Astro's dependency, not the site's.
  if (theirs)
    await add('theirs', theirs.names, (await context.resolve('astro/config', site_))?.id ?? site_, call('theirs', theirs.config))
  // Not in what is built: they are paths of the machine that builds.
  if (!settings.isProduction) parts.push(`modules: ${JSON.stringify(modules)}`)
  if (module) await add('settings', [module], site_)
  if (deviceBound) {
    imports.push(`import { deviceBound } from 'coatcheck/device-bound'`)
    parts.push(`deviceBound: deviceBound(${JSON.stringify(deviceBound)})`)
  }
  return `${imports.join('\n')}
export const onRequest = sessionMiddleware(${JSON.stringify(settings)}, { ${parts.join(', ')}, mentions: '@@coatcheck/pages@@' })
`
}

async function find(context: Context, what: string, names: readonly (string | URL)[], importer: string): Promise<string> {
  for (const name of names) {
    const path = name instanceof URL ? decodeURIComponent(name.pathname).replace(/^\/(?=[A-Za-z]:)/, '') : name
    const found = await context.resolve(path, importer)
    if (found) return found.id
  }
  throw new Error(`coatcheck: there is no module ${names.join(' or ')} for ${what} of the sessions.`)
}

/** 2: a page of this module, or what it loads, may ask for a new id; 1: it mentions a session; 0: it does not. Unknown counts as 1. */
function mentionsIn(entry: string, context: Context): 0 | 1 | 2 {
  if (!context.getModuleInfo(entry)) return 1
  const seen = new Set<string>()
  let found: 0 | 1 | 2 = 0
  const waiting = [entry]
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    const info = seen.has(id) || isAstros(id) ? undefined : context.getModuleInfo(id)
    seen.add(id)
    if (!info) continue
    waiting.push(...info.importedIds, ...info.dynamicallyImportedIds)
    const code = info.code ?? ''
    if (!/\bsession\b/i.test(code)) continue
    found = found === 2 || /\bregenerate\b|\.load\b/.test(code) ? 2 : 1
  }
  return found
}

const isAstros = (id: string): boolean => /[\\/]node_modules[\\/](?:astro|@astrojs)[\\/]|^\0?(?:virtual:)?@?astro/.test(id)
