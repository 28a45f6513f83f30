import { sessionsOf } from '../core/adapter.ts'
import { SessionError } from '../errors.ts'
import { memoryStore } from '../stores/memory.ts'
import type { WebURL } from '../web.ts'
import type { ConfigChanges, Integration } from './astro/integration.ts'
import { answeringRoute, type DriverConfig, MIDDLEWARE, NO_DRIVER, type Site, sessionsPlugin } from './astro/plugin.ts'
import { type AstroCookie, adapterOptionsOf, type PlainOptions, type Settings } from './astro/settings.ts'

export type { ConfigChanges, Integration } from './astro/integration.ts'
export type { RuntimeSettings } from './astro/settings.ts'

export interface CoatcheckOptions extends PlainOptions {
  /**
   * Where records live: a module whose default export is a store, or a function that makes one; or a driver of unstorage, as Astro's
   * `sessionDrivers` give it. False: the session is sealed in the cookie. Default: the driver of Astro's own sessions, and sealed
   * where neither the site nor its adapter names one.
   */
  readonly store?: string | WebURL | DriverConfig | false
  /** A module whose default export holds what cannot be part of a build: `onEvent`, `requestId`, `telemetry`, `migrateFrom`, `secrets`, `store`, `schema` and what belongs to it, `now`. */
  readonly settings?: string | WebURL
}

/**
 * An Astro integration: from here on `Astro.session` and `context.session` are sessions of this library, in pages, components,
 * endpoints, actions and middleware. Sessions that Astro kept before go on. Throws `BAD_OPTIONS` when the site is built or started.
 */
export function coatcheck(options: CoatcheckOptions = {}): Integration {
  const { store, settings: module, cookie, deviceBound, ...plain } = options
  const site: Pick<Site, 'routes'> & Partial<Site> = { routes: [] }
  let isProduction = true
  return {
    name: 'coatcheck',
    hooks: {
      'astro:config:setup'({ config, command, updateConfig, addMiddleware, injectRoute }) {
        isProduction = command !== 'dev'
        if (config.session === false) {
          const fix = 'Leave `session` out of the configuration of Astro.'
          throw new SessionError('BAD_OPTIONS', 'Astro was told `session: false`, and then has no sessions at all.', { fix })
        }
        const hasDriver = config.session?.driver !== undefined
        // Astro 5 knows drivers by a text only, Astro 8 by an object only.
        const isLater = config.security !== undefined && 'csp' in config.security
        const changes: ConfigChanges = {
          vite: { plugins: [sessionsPlugin(site as Site)] },
          ...(!hasDriver && { session: { driver: isLater ? { entrypoint: NO_DRIVER } : NO_DRIVER } }),
        }
        updateConfig(changes as never)
        addMiddleware({ order: 'pre', entrypoint: MIDDLEWARE })
        if (deviceBound) injectRoute(answeringRoute(deviceBound, config.base))
      },
      'astro:config:done'({ config }) {
        const { cookie: theirs, ttl, ...session } = config.session || {}
        const was = named(theirs)
        const settings: Settings = {
          ...(ttl !== undefined && { ttl }),
          ...plain,
          cookie: { name: 'astro-session', ...was, ...named(cookie) },
          formerCookie: was.name ?? 'astro-session',
          isProduction,
        }
        const driver = driverOf(session)
        const isSealed = store === false || (store === undefined && !driver)
        const where = { root: rootOf(config.root), theirs: driver, module, store: isSealed ? null : store }
        Object.assign(site, where, { settings, deviceBound: deviceBound?.settings })
        // Wrong options are reported now, and not to the first visitor. Secrets exist only when the server runs.
        const secretOf = (name: string) => `${name} abcdefghijklmnopqrstuvwxyz0123456789`
        sessionsOf(
          adapterOptionsOf(settings, {
            secretOf,
            store: isSealed ? undefined : memoryStore(),
            more: deviceBound && { deviceBound },
          }),
        )
      },
      'astro:routes:resolved'({ routes }) {
        site.routes = routes
      },
    },
  }
}
export default coatcheck

const named = (cookie: string | AstroCookie | undefined): AstroCookie =>
  typeof cookie === 'string' ? { name: cookie } : (cookie ?? {})

const rootOf = ({ pathname }: WebURL): string =>
  decodeURIComponent(pathname)
    .replace(/^\/(?=[A-Za-z]:)/, '')
    .replace(/\/?$/, '/')

/** Astro 5 names the drivers of unstorage as unstorage does, `fs` excepted. */
function driverOf({
  driver,
  options,
}: {
  driver?: string | DriverConfig | undefined
  options?: Record<string, unknown> | undefined
}): Site['theirs'] {
  if (driver === undefined) return undefined
  const { entrypoint, config } = typeof driver === 'string' ? { entrypoint: driver, config: options } : driver
  if (entrypoint === NO_DRIVER) return undefined
  if (typeof driver !== 'string') return { names: [entrypoint instanceof URL ? rootless(entrypoint) : entrypoint], config }
  if (/^fs(?:-?lite)?$/i.test(driver))
    return { names: ['unstorage/drivers/fs-lite'], config: { base: '.astro/session', ...options } }
  const dashed = driver
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1-$2')
    .toLowerCase()
  return { names: [`unstorage/drivers/${dashed}`, driver], config: options }
}

const rootless = (url: WebURL): string => rootOf(url).slice(0, -1)
