/**
 * What is loaded when it is first asked for, as one file: bundlers that meet two such files in what an application does not use keep both, and
 * all that they need.
 */
import type { Binding } from './bound/binding.ts'
import type { Core } from './request/load.ts'

export { once } from './once/once.ts'
export { watch } from './watch/watch.ts'

/** In a file of its own: few sites need it. */
export const bound = async (core: Core): Promise<Binding> => new (await import('./bound/binding.ts')).Binding(core)
