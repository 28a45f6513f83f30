/**
 * What `load` gives of Node's own modules, `(node) => node.getBuiltinModule('node:crypto')`; undefined where there are none. Some edge runtimes
 * throw as soon as the method is touched (Next.js), others have a `process` without it.
 */
export function builtin<Module>(load: (node: typeof process) => Module): Module | undefined {
  try {
    return globalThis.process && load(globalThis.process)
  } catch {
    return undefined
  }
}
