import { describe, expect, test } from 'vitest'
import { deviceBound } from '../device-bound.ts'
import type { Found } from './astro/middleware.ts'
import type { Plugin } from './astro/plugin.ts'
import { type CoatcheckOptions, type ConfigChanges, coatcheck } from './astro.ts'

type Setup = Parameters<ReturnType<typeof coatcheck>['hooks']['astro:config:setup']>[0]
type Session = Setup['config']['session']

interface SiteOptions extends CoatcheckOptions {
  /** Astro's own `session`. */
  readonly session?: Session
  readonly command?: string
  readonly isLater?: boolean
  readonly base?: string
}

const file = (path: string): { id: string; code: string; imports: string[] } => {
  const [id = '', code = '', ...imports] = path.split('|')
  return { id: `/site/src/${id}`, code, imports: imports.map((name) => `/site/src/${name}`) }
}

/** Goes through Astro's hooks as Astro does, with the modules of a site. */
async function build(
  { session, command = 'build', isLater = true, base = '/', ...options }: SiteOptions = {},
  modules: string[] = [],
) {
  const { hooks } = coatcheck(options)
  const root = new URL('file:///site/')
  let updated: ConfigChanges = { vite: { plugins: [] } }
  const added: unknown[] = []
  const security = isLater ? { csp: false } : {}
  hooks['astro:config:setup']({
    config: { root, base, security, session },
    command,
    updateConfig: (config: ConfigChanges) => {
      updated = config
    },
    addMiddleware: (middleware) => void added.push(middleware),
    injectRoute: (route) => void added.push(route),
  })
  hooks['astro:config:done']({ config: { root, session: session || updated.session } })
  const files = new Map(modules.map(file).map((one) => [one.id, one]))
  hooks['astro:routes:resolved']({
    routes: [...files.keys()]
      .filter((id) => /pages/.test(id))
      .map((id) => ({ type: 'page', pattern: id.replace(/^.*pages|\.astro$/g, ''), entrypoint: id.slice(6) })),
  })
  const [plugin] = updated.vite.plugins
  if (!plugin) throw new Error('no plugin was added')
  const context = contextOf(files)
  const code = String(await plugin.load.call(context, 'virtual:coatcheck/astro'))
  const found = mentionsOf(plugin, context, code)
  return { updated, added, plugin, code, found }
}

function contextOf(files: ReadonlyMap<string, ReturnType<typeof file>>): ThisParameterType<Plugin['load']> {
  return {
    resolve: async (source) =>
      /missing|drivers\/my-driver/.test(source) ? null : { id: `/resolved/${source.replace(/^[./]+/, '')}` },
    getModuleInfo(id) {
      const one = files.get(id)
      return one ? { code: one.code, importedIds: one.imports, dynamicallyImportedIds: [] } : null
    },
  }
}

function mentionsOf(plugin: Plugin, context: ThisParameterType<Plugin['load']>, code: string): unknown {
  const chunk = plugin.renderChunk.call(context, code)?.code ?? ''
  return JSON.parse(/mentions: (\{.*?\})/.exec(chunk)?.[1] ?? 'null')
}

describe('coatcheck() in the integrations of Astro', () => {
  test('adds its middleware before all others, by a module that is written for the site', async () => {
    const { added, code } = await build({ session: { driver: { entrypoint: 'my-store', config: { base: 'x' } } } })
    expect(added).toEqual([{ order: 'pre', entrypoint: 'virtual:coatcheck/astro' }])
    expect(code).toContain(`import { sessionMiddleware } from 'coatcheck/astro/middleware'`)
    expect(code).toContain(`import theirs from "/resolved/my-store"`)
    expect(code).toContain(`theirs: () => theirs({"base":"x"})`)
    expect(code).not.toContain('store: null')
  })

  test('seals sessions in the cookie where neither the site nor its adapter has a driver, with one that is never used', async () => {
    for (const isLater of [true, false]) {
      const { updated, code, plugin } = await build({ isLater })
      const entrypoint = 'virtual:coatcheck/astro-driver'
      expect(updated.session).toEqual({ driver: isLater ? { entrypoint } : entrypoint })
      expect(plugin.resolveId(entrypoint)).toBe(entrypoint)
      expect(code).toContain('store: null')
      expect(code).not.toContain('theirs')
    }
  })

  test('takes the names that Astro 5 has for drivers', async () => {
    const names = {
      fs: 'unstorage/drivers/fs-lite',
      fsLite: 'unstorage/drivers/fs-lite',
      redis: 'unstorage/drivers/redis',
      cloudflareKVBinding: 'unstorage/drivers/cloudflare-kv-binding',
      cloudflareR2Binding: 'unstorage/drivers/cloudflare-r2-binding',
      netlifyBlobs: 'unstorage/drivers/netlify-blobs',
      'my-driver': 'my-driver',
    }
    for (const [driver, path] of Object.entries(names)) {
      const { code } = await build({ session: { driver, options: { a: 1 } }, isLater: false })
      expect(code).toContain(`import theirs from "/resolved/${path}"`)
      expect(code).toContain('"a":1')
    }
  })

  test('takes a store by its module, or a driver of unstorage', async () => {
    expect((await build({ store: './src/store.ts' })).code).toContain(`import store from "/resolved/src/store.ts"`)
    expect((await build({ store: new URL('file:///site/src/a%20store.ts') })).code).toContain('a store.ts')
    const driver = { entrypoint: 'unstorage/drivers/redis', config: { url: 'redis://localhost' } }
    expect((await build({ store: driver })).code).toContain(`driver: () => driver({"url":"redis://localhost"})`)
    await expect(build({ store: './missing.ts' })).rejects.toThrow('there is no module ./missing.ts for store')
  })

  test('the names of secrets are part of the build, secrets are not', async () => {
    const { code } = await build({ secretNames: ['NEW', 'OLD'] })
    expect(code).toContain('"secretNames":["NEW","OLD"]')
  })

  test('cookie and ttl are those of Astro’s own configuration, unless it is told others', async () => {
    const session: Session = { driver: 'redis', cookie: { name: 'shop', sameSite: 'strict' }, ttl: 60 }
    expect((await build({ session })).code).toContain(
      '"ttl":60,"cookie":{"name":"shop","sameSite":"strict"},"formerCookie":"shop"',
    )
    expect((await build({ session, cookie: 'mine', ttl: 5 })).code).toContain(
      '"ttl":5,"cookie":{"name":"mine","sameSite":"strict"},"formerCookie":"shop"',
    )
    expect((await build({ session, command: 'dev' })).code).toContain('"isProduction":false')
    expect((await build({ session: { driver: 'redis', cookie: 'named' } })).code).toContain('"cookie":{"name":"named"}')
  })

  test('B8: a wrong cookie name stops the build, and not the process at the first visitor', async () => {
    for (const cookie of ['a name', 'a;b', '__Host-a']) {
      await expect(build({ cookie: { name: cookie, path: '/shop' } })).rejects.toMatchObject({ code: 'BAD_OPTIONS' })
    }
  })

  test('other wrong options stop the build as well', async () => {
    await expect(build({ idleTimeout: -1 })).rejects.toMatchObject({ code: 'BAD_OPTIONS' })
    await expect(build({ encryptRecords: true })).rejects.toMatchObject({ code: 'BAD_OPTIONS' })
    await expect(build({ cookies: 'x' } as SiteOptions)).rejects.toMatchObject({ code: 'BAD_OPTIONS' })
    await expect(build({ cookie: { sameSite: 'none', secure: false } })).rejects.toMatchObject({ code: 'BAD_OPTIONS' })
    await expect(build({ session: false })).rejects.toThrow(/`session: false`/)
  })
})

describe('which pages mention a session', () => {
  const pages = [
    'pages/home.astro|Astro.cookies|components/Cart.astro',
    'pages/quiet.astro|nothing|components/Text.astro',
    'pages/login.astro|await Astro.session.regenerate()',
    'pages/far.astro||layouts/Page.astro',
    'layouts/Page.astro||components/Text.astro|components/Cart.astro|layouts/Page.astro',
    'components/Cart.astro|Astro2.session?.get("cart")',
    'components/Text.astro|text',
  ]

  test('F6: is found in all that they load, and becomes part of the build', async () => {
    const { found } = await build({}, pages)
    expect(found).toEqual({ '/home': 1, '/quiet': 0, '/login': 2, '/far': 1 })
  })

  test('chunks without the middleware are left alone', async () => {
    const { plugin } = await build()
    expect(plugin.renderChunk.call(contextOf(new Map()), 'export const a = 1')).toBeNull()
  })
})

test.each([
  ['/', '/.coatcheck', '/.coatcheck/[step]'],
  ['/shop', '/shop/.coatcheck', '/.coatcheck/[step]'],
  ['/shop/', '/.well-known/device', '/.well-known/device/[step]'],
])(
  'below %s the path %s of device-bound sessions is a route of Astro’s, and what was said of them part of the build',
  async (base, path, pattern) => {
    const { added, code } = await build({ base, deviceBound: deviceBound({ path, maxAge: 200 }) })
    expect(added.at(-1)).toEqual({ pattern, entrypoint: 'coatcheck/astro/middleware', prerender: false })
    expect(code).toContain("import { deviceBound } from 'coatcheck/device-bound'")
    expect(code).toMatch(new RegExp(`deviceBound: deviceBound\\(\\{"path":"${path}","maxAge":200,`))
    expect((await build()).added).toHaveLength(1)
  },
)

test('what the middleware finds in its module is what it takes', async () => {
  const { code } = await build({ store: './src/store.ts', settings: './src/settings.ts', session: { driver: 'redis' } })
  const given: Record<keyof Omit<Found, 'deviceBound' | 'driver' | 'modules'>, true> = {
    getSecret: true,
    store: true,
    theirs: true,
    settings: true,
    mentions: true,
  }
  const names = /sessionMiddleware\(\{.*?\}, \{ (.*) \}\)/.exec(code)?.[1] ?? ''
  expect(names.split(', ').map((part) => part.split(':')[0])).toEqual(Object.keys(given))
})
