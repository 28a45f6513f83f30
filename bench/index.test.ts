import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

/** What the bench prints after a few rounds, whose figures say nothing. */
async function bench(...options: string[]): Promise<string> {
  const run = promisify(execFile)
  return (await run(process.execPath, [join(import.meta.dirname, 'index.ts'), '--quick', ...options])).stdout
}

const micros = { sealed: expect.any(Number), memory: expect.any(Number), file: expect.any(Number), sqlite: expect.any(Number) }
const cost = { reading: expect.any(Number), writing: expect.any(Number), cookieBytes: expect.any(Number) }

test('with --json it prints one object: plain numbers, one for each store', async () => {
  const lines = (await bench('--json')).trimEnd().split('\n')
  expect(lines).toHaveLength(1)
  const report = JSON.parse(lines[0] ?? '')
  expect(report).toEqual({
    sealUnsealVsRawGcm: expect.any(Number),
    forgedVsRawGcm: expect.any(Number),
    requestOverheadMicros: micros,
    readingOverheadMicros: micros,
    setCookieBytes: { sealed: expect.any(Number), stored: expect.any(Number) },
    inHono: { sealed: cost, signedCookie: cost },
    node: process.version,
  })
  // JSON has no NaN: what could not be measured would be null. Sizes are no matter of luck.
  expect(report.setCookieBytes.sealed).toBeGreaterThan(306)
  expect(report.setCookieBytes.stored).toBeLessThan(200)
})

test('without it, it prints a table', async () => {
  const table = await bench()
  for (const name of [
    'seal and open',
    'refuse a forged ticket',
    'sealed in the cookie',
    'memory',
    'SQLite',
    'files',
    "Hono's signed cookie",
  ])
    expect(table).toMatch(new RegExp(`${name}.* \\d+(\\.\\d+)? (x|µs)`))
})
