import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { Report } from './report.ts'

/** What the command prints after a few rounds, whose figures say nothing, and how it ended. */
async function bench(script: string, ...options: string[]): Promise<{ stdout: string; code: number }> {
  const run = promisify(execFile)
  try {
    const { stdout } = await run(process.execPath, [join(import.meta.dirname, script), '--quick', ...options])
    return { stdout, code: 0 }
  } catch (error) {
    const { stdout, stderr, code } = error as { stdout: string; stderr: string; code: number }
    expect(stderr).toBe('')
    return { stdout, code }
  }
}

// What runs on packages of the repository: the others need `npm ci` in bench/, which `npm run bench` does.
const GROUPS = ['--only', 'react-router,remix']

test('with --json it prints one object: every setting counted two visits; with --check it ends with 1 where a budget is not met', async () => {
  const { stdout, code } = await bench('index.ts', '--json', '--check', ...GROUPS)
  const report = JSON.parse(stdout) as Report
  expect(report).toMatchObject({ node: process.version, isQuick: true })
  const names = report.rows.map(({ name }) => name)
  expect(names).toEqual(
    expect.arrayContaining(['by hand, memory', 'by hand, sealed', 'coatcheck/fetch, sealed', 'coatcheck/fetch, SQLite']),
  )
  expect(names).toEqual(expect.arrayContaining(['React Router, cookie', 'coatcheck/react-router, memory', 'Remix 2, file']))
  for (const { name, writing, reading, cookieBytes, counts } of report.rows) {
    // JSON has no NaN: what could not be measured would be null.
    expect([name, writing.median, reading.median, cookieBytes]).toEqual([
      name,
      expect.any(Number),
      expect.any(Number),
      expect.any(Number),
    ])
    expect([name, counts]).toEqual([
      name,
      { allocatedKb: expect.any(Number), promises: expect.any(Number), trips: counts?.trips ?? null, lost: expect.any(Number) },
    ])
  }
  const of = (name: string) => report.rows.find((row) => row.name === name)
  // No matter of luck: sizes, calls of the store, and what is lost.
  expect(of('coatcheck/fetch, sealed')?.cookieBytes).toBeGreaterThan(306)
  expect(of('coatcheck/fetch, memory')?.cookieBytes).toBeLessThan(200)
  expect(of('coatcheck/fetch, memory')?.counts).toMatchObject({ trips: 2, lost: 0 })
  expect(of('coatcheck/fetch, sealed')?.counts).toMatchObject({ trips: null, lost: 31 })
  expect(of('by hand, memory')?.counts?.lost).toBe(31)
  // All but the last writer's; or all, where two writes at once left a file that cannot be read (20 of 1,200 times on a busy machine).
  expect([31, 32]).toContain(of('Remix 2, file')?.counts?.lost)
  // Astro is not there, so that its budget cannot be met.
  expect(report.budgets[0]).toEqual({ what: 'memory, against Astro 7 memory', unit: 'x', must: 0.8, aim: 0.5, isMet: false })
  expect(report.budgets.find(({ what }) => what === 'memory, against the floor')?.found).toEqual(expect.any(Number))
  expect(code).toBe(1)
})

test('a group that is not there is named, with those that are', async () => {
  const run = promisify(execFile)(process.execPath, [join(import.meta.dirname, 'index.ts'), '--quick', '--only', 'koa'])
  await expect(run).rejects.toThrow(/There is no group koa\. There are astro, .*express, fastify\./)
})

test('bench:memory prints the bytes of a session, and the heap at ten points', async () => {
  const { stdout, code } = await bench('memory.ts')
  expect(stdout).toMatch(/^\| memoryStore\(\) \| -?\d+ \| /m)
  expect(stdout).toMatch(/in use at every tenth: (\d+\.\d(, )?){10}\./)
  expect(code).toBe(0)
})
