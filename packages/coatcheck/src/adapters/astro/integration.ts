import type { WebURL } from '../../web.ts'
import type { DriverConfig, InjectedRoute, Plugin, Route } from './plugin.ts'
import type { AstroCookie } from './settings.ts'

/** The part of Astro's configuration that is used here. */
export interface Config {
  readonly root: WebURL
  readonly base?: string
  readonly security?: object | undefined
  readonly session?:
    | false
    | {
        readonly driver?: string | DriverConfig | undefined
        readonly options?: Record<string, unknown> | undefined
        readonly cookie?: string | AstroCookie | undefined
        readonly ttl?: number | undefined
      }
    | undefined
}

/** The changes that the integration makes to it. */
export interface ConfigChanges {
  readonly vite: { readonly plugins: readonly Plugin[] }
  readonly session?: { readonly driver: string | DriverConfig }
}

/** An integration, as Astro 5.7 to 7 takes it. */
export interface Integration {
  name: string
  hooks: {
    'astro:config:setup'(setup: {
      config: Config
      command: string
      /** Takes a part of the configuration, which every version of Astro describes differently. */
      updateConfig(config: never): unknown
      addMiddleware(middleware: { order: 'pre'; entrypoint: string }): void
      injectRoute(route: InjectedRoute): void
    }): void
    'astro:config:done'(done: { config: Config }): void
    'astro:routes:resolved'(resolved: { routes: Route[] }): void
  }
}
