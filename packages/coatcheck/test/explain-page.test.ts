import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { CODES } from '../src/core/explain/codes.ts'
import { root } from './tree/files.ts'

const page = readFileSync(join(root, 'docs/explain.md'), 'utf8')

it('docs/explain.md has each code with its sentence and its fix, and no other', () => {
  const rows = Object.entries(CODES).map(([code, [sentence, fix]]) => `| \`${code}\` | ${sentence} | ${fix} |`)
  const [tables = '', threads = ''] = page.split('## Where people asked')
  const there = tables.split('\n').filter((line) => /^\| `[a-z-]+` \| .* \| .* \|$/.test(line))
  expect(there).toEqual(rows)
  const named = [...threads.matchAll(/`([a-z-]+)`/g)].map(([, code]) => code)
  expect(named.length).toBeGreaterThan(25)
  expect(named.filter((code) => !(String(code) in CODES))).toEqual([])
})

it('and fewer than 150 lines', () => {
  expect(page.trimEnd().split('\n').length).toBeLessThan(150)
})
