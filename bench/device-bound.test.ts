import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'

test('the bench of device-bound sessions runs, and what it measures is what it says', () => {
  const printed = execFileSync(process.execPath, ['device-bound.ts', '--quick'], { cwd: import.meta.dirname, encoding: 'utf8' })
  expect(printed.trim().split('\n')).toHaveLength(3)
})
