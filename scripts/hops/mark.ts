import { type Node, nodesOf } from '../../packages/coatcheck/test/tree/syntax.ts'

/** What a marked source calls each time its code goes on: `mark(file)`, or `mark(file, value)`, which gives the value back. */
export const MARK = '__coatcheckHop'

type Range = Node & { readonly start: number; readonly end: number }
interface Cut {
  readonly at: number
  readonly text: string
  /** How far the marked piece goes to the other side: inner pieces close first, outer ones open first. */
  readonly other: number
  readonly closes: boolean
}

/**
 * The source with a mark wherever a debugger that steps into every call would stop: at each statement, behind each call and each
 * `await`, where a function begins and where it returns, and for each field of a new object of a class. So the marks say whose code runs next, and a return to the caller counts.
 */
export function marked(path: string, text: string): string {
  const call = `${MARK}(${JSON.stringify(path)}`
  const cuts: Cut[] = []
  const insert = (at: number, what: string): void =>
    void cuts.push({ at, text: what, other: Number.POSITIVE_INFINITY, closes: false })
  const wrap = ({ start, end }: Range, open: string, close: string): void => {
    cuts.push({ at: start, text: open, other: end, closes: false }, { at: end, text: close, other: start, closes: true })
  }
  const nodes = nodesOf({ path, text })
  const inside = new Set(nodes.flatMap(linksBehindOptional))
  for (const node of nodes) {
    const { body } = node
    if (isFunction(node) && isRange(body)) {
      if (body.type === 'BlockStatement') insert(body.start + 1, ` ${call});`)
      else wrap(body, `(${call}), ${call}, `, '))')
    }
    for (const each of statementsOf(node)) insert(each.start, `${call}); `)
    const value = node.type === 'ReturnStatement' ? node.argument : node.type === 'PropertyDefinition' ? node.value : undefined
    if (isRange(value)) wrap(value, `${call}, `, ')')
    if (givesBack(node) && !inside.has(node)) wrap(node, `${call}, `, ')')
  }
  cuts.sort((a, b) => a.at - b.at || Number(b.closes) - Number(a.closes) || b.other - a.other)
  let [result, from] = ['', 0]
  for (const { at, text: what } of cuts) {
    result += text.slice(from, at) + what
    from = at
  }
  return result + text.slice(from)
}

const isRange = (value: unknown): value is Range =>
  typeof value === 'object' && value !== null && 'type' in value && 'start' in value && 'end' in value
const isFunction = ({ type }: Node): boolean =>
  type === 'FunctionDeclaration' || type === 'FunctionExpression' || type === 'ArrowFunctionExpression'

/** Behind which other code may have run. */
const givesBack = (node: Node): node is Range =>
  isRange(node) &&
  ['CallExpression', 'NewExpression', 'AwaitExpression', 'YieldExpression', 'ChainExpression'].includes(node.type) &&
  !(isRange(node.callee) && node.callee.type === 'Super')

/** The statements of a block that do something. Each can have another one before it. */
function statementsOf({ type, body, consequent }: Node): Range[] {
  const list = type === 'BlockStatement' ? body : type === 'SwitchCase' ? consequent : []
  return Array.isArray(list) ? list.filter(isRange).filter((each) => !/^(Function|Class|TS|Empty)/.test(each.type)) : []
}

/** What `a?.b().c` must leave out when there is no `a`: only the whole of it may be marked. */
function linksBehindOptional({ type, expression }: Node): Node[] {
  const links: Range[] = []
  for (let link: unknown = type === 'ChainExpression' ? expression : undefined; isRange(link); ) {
    links.push(link)
    link = /^(Member|TSNonNull)Expression$/.test(link.type) ? (link.object ?? link.expression) : link.callee
  }
  return links.slice(0, links.findLastIndex(({ optional }) => optional === true) + 1)
}
