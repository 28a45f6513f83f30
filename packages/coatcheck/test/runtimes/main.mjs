// Node, Bun and Deno: one line of JSON for each test.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as file from 'coatcheck/stores/file'
import * as sqlite from 'coatcheck/stores/sqlite'
import { suite } from './suite.mjs'

const folder = mkdtempSync(join(tmpdir(), 'coatcheck-runtime-'))
try {
  for await (const line of suite({ file, sqlite }, folder)) console.log(JSON.stringify(line))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
