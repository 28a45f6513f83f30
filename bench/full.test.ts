import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

test('with a hundred and a thousand records it prints a row for every call', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'full.ts'), '--quick'])
  const rows = stdout.trim().split('\n').slice(2)
  expect(rows.length).toBe(6)
  for (const row of rows) expect(row).toMatch(/^\| (create|prune|list)[^|]+\| \d+\.\d\d µs \| \d+\.\d\d µs \| \d+\.\d\d \|$/)
})
