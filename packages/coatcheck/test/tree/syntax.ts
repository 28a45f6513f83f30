import { dirname, join } from 'node:path/posix'
import { parseSync } from 'rolldown/utils'
import type { File } from './files.ts'

/** A node of the syntax tree, of whatever type. */
export type Node = { readonly type: string } & Readonly<Record<string, unknown>>

const parsed = new Map<string, Node[]>()

/** Every node of a file, outermost first. A file that cannot be parsed throws, naming it. */
export function nodesOf(file: File): Node[] {
  const nodes = parsed.get(file.text) ?? parse(file)
  parsed.set(file.text, nodes)
  return nodes
}

function parse({ path, text }: File): Node[] {
  const { program, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path} cannot be parsed: ${errors[0]?.message}`)
  const nodes: Node[] = []
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit)
    else if (isNode(value)) {
      nodes.push(value)
      Object.values(value).forEach(visit)
    }
  }
  visit(program)
  return nodes
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value

/** What follows `from`, or stands in `import(…)`, of values and of types alike. */
export interface Import {
  readonly specifier: string
  /** Where a relative one leads, by its path in the tree. */
  readonly target?: string
  /** Loaded when it is needed, by `import(…)`. */
  readonly isLazy: boolean
}

const importing = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
  'TSExternalModuleReference',
])

export function importsOf(file: File): Import[] {
  return nodesOf(file)
    .filter(({ type }) => importing.has(type))
    .map((node) => ({ node: node.source ?? node.argument ?? node.expression, isLazy: node.type === 'ImportExpression' }))
    .flatMap(({ node, isLazy }) => (isNode(node) ? [{ value: node.value, isLazy }] : []))
    .map(({ value, isLazy }) => {
      // A computed import() could lead anywhere.
      const specifier = typeof value === 'string' ? value : '(computed)'
      return specifier.startsWith('.')
        ? { specifier, target: join(dirname(file.path), specifier), isLazy }
        : { specifier, isLazy }
    })
}
