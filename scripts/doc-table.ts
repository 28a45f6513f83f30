import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './steps.ts'

/** A table of a page of the docs, between `<!-- marker -->` and `<!-- /marker -->`. */
function between(file: string, marker: string): { readonly before: string; readonly table: string; readonly after: string } {
  const text = readFileSync(join(root, file), 'utf8')
  const [open, close] = [`<!-- ${marker} -->`, `<!-- /${marker} -->`]
  const start = text.indexOf(open) + open.length
  const end = text.indexOf(close)
  if (start < open.length || end < start)
    throw new Error(`${file} has no place for this table: add the lines ${open} and ${close}.`)
  return { before: text.slice(0, start), table: text.slice(start, end).trim(), after: text.slice(end) }
}

/** What the page shows now. `file` is relative to the root of the repository. */
export const tableIn = (file: string, marker: string): string => between(file, marker).table

/** Puts the table in the place of what the page showed. */
export function putTable(file: string, marker: string, markdown: string): void {
  const { before, after } = between(file, marker)
  writeFileSync(join(root, file), `${before}\n\n${markdown.trim()}\n\n${after}`)
}

/** Cells may not hold line breaks; a `|` in one is escaped. */
export function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
