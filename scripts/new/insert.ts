/** Where an item called `name` goes among these: before the first that comes after it by name, else behind the last. */
function placeAmong(names: readonly (string | undefined)[], name: string, file: string): number {
  const last = names.findLastIndex((each) => each !== undefined)
  if (last < 0) throw new Error(`${file} has no list that ${name} belongs to.`)
  const next = names.findIndex((each) => each !== undefined && each > name)
  return next < 0 ? last + 1 : next
}

const folderOf = (entry: string): string => entry.slice(0, entry.lastIndexOf('/') + 1)

/** The table of entries of tsdown.config.ts with one more. */
export function withEntry(config: string, entry: string, source: string): string {
  const lines = config.split('\n')
  const names = lines.map((line) => {
    const [, name, its = ''] = /^ {2}'?([\w/-]+)'?: '(src\/[^']+)',$/.exec(line) ?? []
    return folderOf(its) === folderOf(source) ? name : undefined
  })
  const quote = /^\w+$/.test(entry) ? '' : "'"
  return lines.toSpliced(placeAmong(names, entry, 'tsdown.config.ts'), 0, `  ${quote}${entry}${quote}: '${source}',`).join('\n')
}

/** package.json with one more entry in `exports`. */
export function withExport(manifest: string, entry: string): string {
  const parsed: { readonly exports: Readonly<Record<string, unknown>> } = JSON.parse(manifest)
  const all = Object.entries(parsed.exports)
  const names = all.map(([name]) =>
    folderOf(name) === folderOf(`./${entry}`) && !/^\.\/(testing|package\.json)$/.test(name) ? name : undefined,
  )
  const more = [`./${entry}`, { types: `./dist/${entry}.d.ts`, default: `./dist/${entry}.js` }] as const
  const exports = Object.fromEntries(all.toSpliced(placeAmong(names, more[0], 'package.json'), 0, [...more]))
  return `${JSON.stringify({ ...parsed, exports }, null, 2)}\n`
}

/** .size-limit.json with one more entry at its end. */
export function withSizeLimit(sizes: string, entry: string, limit: string): string {
  const end = /\n {2}\}\n\]\n$/
  if (!end.test(sizes)) throw new Error('.size-limit.json does not end as a list of objects.')
  const lines = [`"name": "${entry}"`, `"path": "packages/coatcheck/dist/${entry}.js"`, '"gzip": true', `"limit": "${limit}"`]
  return sizes.replace(end, `\n  },\n  {\n    ${lines.join(',\n    ')}\n  }\n]\n`)
}

/** A page with one more row, behind the last row that begins like this. */
export function withRow(page: string, text: string, begin: RegExp, row: string): string {
  const lines = text.split('\n')
  const last = lines.findLastIndex((line) => begin.test(line))
  if (last < 0) throw new Error(`${page} has no table with a row like ${begin}.`)
  return lines.toSpliced(last + 1, 0, row).join('\n')
}
