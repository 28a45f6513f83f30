import type { Original, Step } from './framework.ts'
import type { Project, Source } from './project.ts'

/** Each import that changes, as a step with its place. Imports of types alone stay: Coatcheck's types are declared where they were. */
export function importSteps(project: Project, originals: readonly Original[]): Step[] {
  return project.sources().flatMap((source) => stepsIn(source, originals))
}

/** A line of import as a file has it that is no module: Node loads modules by `require` too. */
export function required(line: string): string {
  const [, clause, from] = /^import (\S.*) from ('.*')$/.exec(line) ?? []
  if (clause === undefined) return line
  return clause.startsWith('{')
    ? `const ${clause.replaceAll(' as ', ': ')} = require(${from})`
    : `const ${clause} = require(${from}).default`
}

interface Found {
  /** `import … from 'x'` or `const … = require('x')`, to the end of its line. */
  readonly text: string
  readonly line: number
  readonly clause: string
  readonly from: string
  readonly quote: string
  readonly keyword: string
}

const IMPORT = /^[ \t]*import\s+(?!type\b)([^;'"()]*?)\s*\bfrom\s*(['"])([^'"\n]+)\2;?/gm
const REQUIRE = /^[ \t]*(const|let|var)\s+([^;='"]*?)\s*=\s*require\((['"])([^'"\n]+)\3\);?/gm

function stepsIn({ path, text }: Source, originals: readonly Original[]): Step[] {
  const placed = (whole: string, index: number): Pick<Found, 'text' | 'line'> => ({
    text: whole.trim(),
    line: text.slice(0, index + whole.length - whole.trimStart().length).split('\n').length,
  })
  const found: Found[] = [
    ...Array.from(text.matchAll(IMPORT), (match) => {
      const [whole, clause = '', quote = "'", from = ''] = match
      return { ...placed(whole, match.index), clause, from, quote, keyword: 'import' }
    }),
    ...Array.from(text.matchAll(REQUIRE), (match) => {
      const [whole, keyword = 'const', clause = '', quote = "'", from = ''] = match
      return { ...placed(whole, match.index), clause, from, quote, keyword }
    }),
  ]
  return found
    .sort((a, b) => a.line - b.line)
    .flatMap((each) => {
      const add = changed(
        each,
        originals.filter(({ from }) => from === each.from),
      )
      return add ? [{ say: 'change the import', place: { file: path, line: each.line }, remove: each.text.split('\n'), add }] : []
    })
}

/** The lines in the place of an import; `undefined` when nothing of it moves. */
function changed(found: Found, originals: readonly Original[]): string[] | undefined {
  const whole = originals.find(({ names }) => !names)
  if (whole) return [written(found, whole.to, withName(found, whole))]
  const braces = /\{([\s\S]*)\}/.exec(found.clause)?.[1]
  if (braces === undefined) return undefined
  let rest = braces
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)
  const lines = originals.flatMap(({ names, to }) => {
    const moved = rest.filter((each) => names?.includes(nameOf(each)))
    rest = rest.filter((each) => !moved.includes(each))
    return moved.length > 0 ? [written(found, to, `{ ${moved.join(', ')} }`)] : []
  })
  if (lines.length === 0) return undefined
  const before = found.clause.slice(0, found.clause.indexOf('{')).replace(/,\s*$/, '').trim()
  const left = [...(before ? [before] : []), ...(rest.length > 0 ? [`{ ${rest.join(', ')} }`] : [])].join(', ')
  return [...(left ? [written(found, found.from, left)] : []), ...lines]
}

/** `type Session as Mine`, `session: mine` → the name as the other package has it. */
const nameOf = (text: string): string => /^(?:type\s+)?([\w$]+)/.exec(text)?.[1] ?? ''

/** A default import of a package whose part in ours has a name. */
function withName({ clause, keyword }: Found, { as }: Original): string {
  if (!as || !/^[\w$]+$/.test(clause)) return clause
  return clause === as ? `{ ${as} }` : keyword === 'import' ? `{ ${as} as ${clause} }` : `{ ${as}: ${clause} }`
}

function written({ keyword, quote, text }: Found, from: string, clause: string): string {
  const end = text.endsWith(';') ? ';' : ''
  if (keyword === 'import') return `import ${clause} from ${quote}${from}${quote}${end}`
  // `require` of a module gives all of its names; what was the whole is one of them now.
  const part = clause.startsWith('{') || !from.startsWith('coatcheck/') ? '' : '.default'
  return `${keyword} ${clause} = require(${quote}${from}${quote})${part}${end}`
}
