import nitroModule, { type NitroModule } from './nitro.ts'

/** What is used of Nuxt while it builds. */
export interface Nuxt {
  readonly options: { readonly runtimeConfig: Record<string, unknown> }
  hook(name: 'nitro:config', change: (config: { modules?: unknown[] }) => void): unknown
}

/**
 * A module of Nuxt 4: `modules: ['coatcheck/nuxt']`. In server routes the session functions are those of `coatcheck/nitro/runtime`, with
 * `runtimeConfig.session` for their configuration. A server without a password does not start.
 */
export default function coatcheck(_: unknown, nuxt: Nuxt): void {
  const { runtimeConfig } = nuxt.options
  runtimeConfig.session = { name: '', password: '', ...(runtimeConfig.session as object | undefined) }
  nuxt.hook('nitro:config', (config) => {
    config.modules = [...(config.modules ?? []), nitroModule satisfies NitroModule]
  })
}
