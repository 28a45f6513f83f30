import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { putTable, tableIn, tableOf } from '../doc-table.ts'
import type { Way } from '../hops/count.ts'
import { root } from '../steps.ts'

const PAGE = 'docs/architecture.md'
const MARKER = 'way'
const PICTURE = 'docs/images/rooms.svg'
export const picturePath: string = join(root, PICTURE)
export const drawnPicture = (): string => readFileSync(picturePath, 'utf8')

/** What stands in the place of a reason that nobody gave yet. */
export const NO_REASON = '?'

/** The files that the page names as those of a stored request, each with its reason. */
export function reasonsOnPage(): ReadonlyMap<string, string> {
  const rows = tableIn(PAGE, MARKER).matchAll(/^\| `([^`]+)` \| (.*) \|$/gm)
  return new Map([...rows].map(([, file = '', reason = '']) => [file, reason]))
}

/** What the page says wrong of a stored request's way, one line for each file. */
export function wrongOnPage(reasons: ReadonlyMap<string, string>, way: Way): string[] {
  const passed = new Set(way)
  return [
    ...[...passed]
      .filter((file) => !reasons.has(file))
      .map((file) => `${file}: a stored request passes it, and the page does not name it`),
    ...[...reasons.keys()]
      .filter((file) => !passed.has(file))
      .map((file) => `${file}: the page names it, and no stored request passes it`),
    ...[...reasons].filter(([, reason]) => reason === NO_REASON).map(([file]) => `${file}: say on the page what it is for`),
  ]
}

/** Puts the files of this way on the page, in the order in which a request first comes to them, with the reasons that the page knows. */
export function putWay(way: Way): void {
  const reasons = reasonsOnPage()
  const rows = [...new Set(way)].map((file) => [`\`${file}\``, reasons.get(file) ?? NO_REASON])
  putTable(PAGE, MARKER, tableOf(['file', 'what the request needs of it'], rows))
}
