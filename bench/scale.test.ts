import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

test('with a hundred and a thousand sessions it prints a row for every store and call', async () => {
  // Those that need no server; the others are filled and asked by the same lines.
  const script = join(import.meta.dirname, 'scale.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [script, '--quick', '--only', 'memory,file,SQLite,libsql'])
  const number = '\\d+(\\.\\d)?'
  for (const name of ['memory', 'file', 'SQLite', 'libsql']) {
    for (const call of ['read', 'update', 'listByOwner'])
      expect(stdout).toMatch(new RegExp(`\\| ${name} \\| \`${call}\` \\| ${number} µs \\| ${number} µs \\| \\d+\\.\\d\\d \\|`))
    expect(stdout).toMatch(
      new RegExp(`\\| ${name} \\| \`prune\\(1000\\)\` \\| ${number} ms \\| ${number} ms \\| \\d+\\.\\d\\d \\|`),
    )
    expect(stdout).toMatch(new RegExp(`\\| ${name} \\| bytes a session \\| \\d{3,5} \\| \\d{3,5} \\|`))
  }
  expect(stdout).toMatch(/Medians of one interleaved run/)
})
