import nitroModule, { type NitroModule } from './nitro.ts'

/** The part of Nuxt that is used during a build. */
export interface Nuxt {
  readonly options: { readonly runtimeConfig: Record<string, unknown> }
  hook(name: 'nitro:config', change: (config: { modules?: unknown[] }) => void): unknown
  hook(name: 'modules:done', act: () => void): unknown
}

/**
 * A module of Nuxt 4: `modules: ['coatcheck/nuxt']`. In server routes, and in libraries of the server that import them from h3, the session
 * functions are those of `coatcheck/nitro/runtime`, with `runtimeConfig.session` for their configuration. A server without a password does
 * not start.
 */
export default function coatcheck(_: unknown, nuxt: Nuxt): void {
  const { runtimeConfig } = nuxt.options
  // Once the others are done: what a module gives a name and a cookie of its own keeps them, whichever comes first.
  nuxt.hook('modules:done', () => {
    runtimeConfig.session = { name: '', password: '', ...(runtimeConfig.session as object | undefined) }
  })
  nuxt.hook('nitro:config', (config) => {
    config.modules = [...(config.modules ?? []), nitroModule satisfies NitroModule]
  })
}
