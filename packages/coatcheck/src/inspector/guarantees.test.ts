import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { tableIn } from '../../../../scripts/doc-table.ts'
import { codeOf } from '../../test/helpers/guarantees.ts'

it('are those of docs/stores.md: `npm run guarantees` makes both', () => {
  const page = tableIn('docs/stores.md', 'guarantees')
  const guarantees = [...page.matchAll(/^\d+\. (.*)\.$/gm)].map(([, each]) => each ?? '')
  const [, ours = ''] = /^\| store \| declares.*\n\| ---.*\n((?:\|.*\n)+)/m.exec(page) ?? []
  const rows = ours
    .trim()
    .split('\n')
    .map((row) =>
      row
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    )
  expect([guarantees.length, rows.length > 25, rows.every((row) => row.length === guarantees.length + 2)]).toEqual([
    17,
    true,
    true,
  ])
  expect(readFileSync(join(import.meta.dirname, 'guarantees.ts'), 'utf8')).toBe(codeOf(guarantees, rows))
})
