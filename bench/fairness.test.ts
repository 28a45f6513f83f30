import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

test('it prints what each process of a race got, and loses nothing', async () => {
  const script = join(import.meta.dirname, 'fairness.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [script, 'eight, one commit'])
  expect(stdout).toMatch(/## eight, one commit waiting in each\n\n.*least share of the writes 0\.\d\d; 0 lost\./)
  expect(stdout.match(/^\| \d+ \| \d+ \| \d+ \| \d\.\d\d \| \d+ \| 0 \|$/gm)?.length).toBe(8)
})
