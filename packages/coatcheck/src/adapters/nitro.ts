import { SessionError } from '../errors.ts'
import { sessionsInH3, takesFromH3 } from './nitro/bundling.ts'
import { passwordIn } from './nitro/development.ts'
import { MODULES, toldOf } from './nitro/settings.ts'

/** The part of Nitro 2 or 3 that is used during a build. */
export interface Nitro {
  readonly meta?: { readonly majorVersion?: number }
  /** Of Nitro 3, whose release 3.0.0 has no `meta`. */
  readonly routing?: object
  readonly options: {
    readonly rootDir: string
    readonly node?: boolean
    /** Whether `nitro dev`, or Nuxt's, builds it. */
    readonly dev?: boolean
    runtimeConfig: Record<string, unknown>
    plugins: string[]
    virtual: Record<string, string | (() => string | Promise<string>)>
    imports?: false | { presets?: unknown[] }
    handlers: object[]
    /** Of Nitro 2. */
    externals?: { inline?: unknown[] }
  }
  readonly hooks: { hook(name: 'rollup:before', change: (nitro: unknown, config: { plugins?: unknown }) => void): unknown }
}

/** A module, as Nitro 2 and 3 take it. */
export interface NitroModule {
  readonly name: string
  setup(nitro: Nitro): void
}

/** The version that the tests run on; `npm install nitro` gave 3.0.0 then. */
const TRIED = '3.0.260903-beta'
const PLUGIN = '#coatcheck/plugin'
const MIDDLEWARE = '#coatcheck/middleware'
const ANSWERS = '#coatcheck/answers'
const FUNCTIONS = ['useSession', 'getSession', 'updateSession', 'clearSession', 'rotateSession', 'sealSession', 'unsealSession']

/** By its path: a virtual module is resolved from elsewhere than the site, and there might be another copy of this library there. */
const ownPath = (path = 'nitro/runtime.js'): string =>
  decodeURIComponent(new URL(`./${path}`, import.meta.url).pathname).replace(/^\/(?=[A-Za-z]:)/, '')

/** Where a module is: a path from the site's folder, or a name that the bundler knows. */
const pathOf = (path: string, root: string): string => (/^\.\.?\//.test(path) ? `${root.replace(/[\\/]$/, '')}/${path}` : path)

const tooOld = (): SessionError =>
  new SessionError('BAD_OPTIONS', 'This is Nitro 3.0.0, or an early version after it, on which coatcheck/nitro does not work.', {
    fix: `Install a later one: \`npm install nitro@${TRIED}\`.`,
  })

/**
 * A module of Nitro 2 and 3: `modules: ['coatcheck/nitro']`. The session functions, imported by themselves or from h3 in Nitro 2 and Nuxt,
 * are then those of `coatcheck/nitro/runtime`, with `runtimeConfig.session` for their configuration. A server without a password does not start;
 * in development the module makes one.
 */
const coatcheck: NitroModule = {
  name: 'coatcheck',
  setup({ options, meta, routing, hooks }) {
    if (routing && !meta) throw tooOld()
    const isSecond = (meta?.majorVersion ?? 2) < 3
    const session = (options.runtimeConfig.session ?? {}) as Record<string, unknown>
    // Environment variables reach those keys only that are there.
    options.runtimeConfig = { ...options.runtimeConfig, session: { name: '', password: '', ...session } }
    const { isTold, variable } = toldOf(options.runtimeConfig)
    if (options.dev && !session.password && !isTold) {
      options.runtimeConfig.session = { name: '', ...session, password: passwordIn(options.rootDir, variable) }
    }
    if (options.imports) {
      options.imports.presets = [...(options.imports.presets ?? []), { from: ownPath(), imports: FUNCTIONS, priority: 2 }]
    }
    const config = isSecond ? 'nitropack/runtime' : 'nitro/runtime-config'
    const named = MODULES.map((name) => [name, session[name]] as const)
    const modules = named.filter(
      (each): each is [(typeof MODULES)[number], string] => typeof each[1] === 'string' && each[1] !== '',
    )
    const imports = modules.map(([name, path]) => `import ${name} from ${JSON.stringify(pathOf(path, options.rootDir))}`)
    // Who prerenders is no browser, and has no password.
    const given = (name: string) => (name === 'deviceBound' ? `${name}: import.meta.prerender ? undefined : ${name}` : name)
    const exported = modules.map(([name]) => `, ${given(name)}`).join('')
    options.virtual[PLUGIN] = () => `import { useRuntimeConfig } from '${config}'
import { startSessions } from ${JSON.stringify(ownPath())}
${imports.join('\n')}
const check = ${options.node !== false} && !import.meta.prerender
export default (app) => startSessions(app, { config: (event) => useRuntimeConfig(event), check${exported} })
`
    options.plugins.unshift(PLUGIN)
    if (isSecond) {
      // Else Nitro 2 may bundle the plugin's import and leave the handlers' out, and there would be two.
      const { externals = {} } = options
      options.externals = {
        ...externals,
        inline: [...(externals.inline ?? []), 'coatcheck', ownPath(''), takesFromH3(FUNCTIONS)],
      }
      hooks.hook('rollup:before', (_, bundle) => {
        bundle.plugins = [sessionsInH3(ownPath(), FUNCTIONS), bundle.plugins]
      })
      if (!session.deviceBound) return
      options.virtual[ANSWERS] = () => `export { answerBrowsers as default } from ${JSON.stringify(ownPath())}\n`
      options.handlers.unshift({ middleware: true, handler: ANSWERS })
      return
    }
    options.virtual[MIDDLEWARE] = () => `import { commitSessions } from ${JSON.stringify(ownPath())}
export default commitSessions()
`
    options.handlers.unshift({ route: '/**', middleware: true, handler: MIDDLEWARE })
  },
}
export default coatcheck
