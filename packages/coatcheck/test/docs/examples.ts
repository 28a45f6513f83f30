/** An example of a page: a fenced block of TypeScript or JavaScript, and what the page says, in comments before it, about trying it. */
export interface Example {
  /** The line of the fence. */
  readonly line: number
  /** The file it is written to; other examples of the page can import it. */
  readonly file: string
  /** What is run: set-up that the page does not show, the example before it if this one continues it, and the block. */
  readonly code: string
  /** What is asked of it once it runs. */
  readonly steps: readonly Step[]
}

export type Step =
  | {
      readonly kind: 'request'
      readonly method: string
      readonly path: string
      readonly body?: string
      readonly status: number
      readonly shows?: string
    }
  | { readonly kind: 'new visitor' }
  | { readonly kind: 'prints' | 'fails'; readonly pattern: string }

const runs: Readonly<Record<string, string>> = {
  ts: '.ts',
  typescript: '.ts',
  mts: '.ts',
  js: '.js',
  javascript: '.js',
  mjs: '.js',
}
const cannotRun = new Set(['tsx', 'jsx', 'cts', 'cjs'])

/** Before a fence may stand a quote, a list or an indentation. */
const fence = /^((?:[\s>]|[-*+]\s|\d+[.)]\s)*)(`{3,}|~{3,})\s*([^\s`{]*)[^`]*$/

/** The examples of a page. Whatever could leave one untried throws, naming the line. */
export function examplesIn(page: string): Example[] {
  const lines = page.split('\n')
  const examples: Example[] = []
  let comments: string[] = []
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? ''
    const fail = (text: string): never => {
      throw new Error(`line ${at + 1}: ${text}`)
    }
    const open = fence.exec(line)
    if (open) {
      const [, indent = '', mark = '', language = ''] = open
      const end = lines.findIndex((text, index) => index > at && closes(text, mark))
      if (end < 0) fail('this block is never closed')
      const block = lines.slice(at + 1, end).map((text) => unindent(text, indent.length))
      const name = language.toLowerCase()
      if (name === '') fail('say which language this block is in')
      if (cannotRun.has(name)) fail(`${name} cannot be run; use ts or js`)
      const extension = runs[name]
      if (extension) examples.push(example(at + 1, extension, block.join('\n'), comments, examples.at(-1)))
      else if (comments.length > 0) fail('the comment before it is about trying an example, but this block is not run')
      comments = []
      at = end
    } else if (/<!--/.test(line)) {
      const end = lines.findIndex((text, index) => index >= at && text.includes('-->'))
      if (end < 0) fail('this comment is never closed')
      const text = lines
        .slice(at, end + 1)
        .join('\n')
        .replace(/^[\s\S]*?<!--|-->[\s\S]*$/g, '')
      if (/^\s*(test|setup|file|continues)\b/.test(text)) comments.push(text.trim())
      at = end
    } else if (line.trim() !== '' && comments.length > 0)
      fail('the comment before it is about trying an example, but no example follows')
  }
  if (comments.length > 0) throw new Error('a comment about trying an example stands at the end, and no example follows')
  return examples
}

const closes = (line: string, mark: string): boolean => {
  const text = line.replace(/^[\s>]*/, '').trimEnd()
  return text.length >= mark.length && text === (mark[0] ?? '').repeat(text.length)
}

const unindent = (line: string, indent: number): string => line.slice(0, indent).replace(/[\s>]*$/, '') + line.slice(indent)

function example(
  line: number,
  extension: string,
  block: string,
  comments: readonly string[],
  before: Example | undefined,
): Example {
  const said = (word: string): string[] =>
    comments
      .filter((text) => new RegExp(`^${word}\\b`).test(text))
      .map((text) => text.slice(word.length).replace(/^:/, '').trim())
  const continues = said('continues').length > 0
  if (continues && !before) throw new Error(`line ${line}: there is no example before it to continue`)
  const code = [...(continues && before ? [before.code] : []), ...said('setup'), block, '']
  return {
    line,
    file: said('file')[0] ?? `line-${line}${extension}`,
    code: withEndings(code.join('\n')),
    steps: said('test').flatMap((text) =>
      text
        .split('\n')
        .map((each) => each.trim())
        .filter(Boolean)
        .map((each) => stepOf(each, line)),
    ),
  }
}

/** Readers write imports of their own files as their bundler has them, without an ending. Node needs one. */
const withEndings = (code: string): string =>
  code.replace(/(\bfrom |\bimport\()'(\.\.?\/[^']*)'/g, (all, before: string, path: string) =>
    /\.(ts|mts|js|mjs|json)$/.test(path) ? all : `${before}'${path}.ts'`,
  )

const request = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (\/\S*)(?: (.+?))? -> (\d{3})(?: \/(.+)\/)?$/

function stepOf(text: string, line: number): Step {
  if (text === 'new visitor') return { kind: text }
  const [, kind, pattern] = /^(prints|fails) \/(.+)\/$/.exec(text) ?? []
  if ((kind === 'prints' || kind === 'fails') && pattern) return { kind, pattern }
  const [, method, path, body, status, shows] = request.exec(text) ?? []
  if (!method || !path) throw new Error(`line ${line}: “${text}” is no step that is known`)
  return { kind: 'request', method, path, status: Number(status), ...(body && { body }), ...(shows && { shows }) }
}
