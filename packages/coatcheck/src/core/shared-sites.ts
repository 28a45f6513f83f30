import type { AdapterOptions } from './options/table.ts'
import { ofProcess } from './process-singleton.ts'
import { textOf } from './sessions-cache.ts'

/** What `memoryStore` marks its stores with: this room does not know stores. */
const IN_MEMORY = Symbol.for('coatcheck.memory')

/**
 * The options of a site that says with `sharedAs` that a bundler or a development server may load its module several times. The name is
 * completed with every plain value of the options, so that two configurations share nothing; functions and stores are others in each
 * copy of the module, and tell nothing. Records in memory are kept by the first copy for all.
 */
export function asShared(options: AdapterOptions): AdapterOptions {
  // What are no options is refused when they are checked.
  if (options?.sharedAs === undefined) return options
  const { sharedAs: name, store, revocations } = options
  const sharedAs = JSON.stringify([name, textOf(options)])
  const kept = <Given extends object>(kind: string, given: Given): Given =>
    has(given, IN_MEMORY) ? ofProcess(`${kind} ${sharedAs}`, () => given) : given
  const list = has(revocations, 'store') ? { ...revocations, store: kept('revocations', revocations.store) } : revocations
  return {
    ...options,
    sharedAs,
    ...(store && { store: kept('records', store) }),
    ...(list && { revocations: kept('revocations', list) }),
  }
}

const has = <Given, Name extends PropertyKey>(
  given: Given,
  name: Name,
): given is Extract<Given, { readonly [N in Name]?: unknown }> & object =>
  typeof given === 'object' && given !== null && name in given
