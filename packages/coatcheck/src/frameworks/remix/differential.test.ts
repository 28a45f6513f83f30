import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { table } from '../../../test/differential/differences.ts'
import { differences } from '../../../test/differential/remix-differences.ts'
import { compare, inMemory, stories } from '../../../test/differential/remix-kinds.ts'
import type { Script } from '../../../test/differential/remix-script.ts'
import { fakeDate } from '../../../test/helpers/date.ts'

// One script of calls, on Remix's own package, on React Router's and on ours: what an application and a browser see of it. `npm test` plays
// more of them (differential.slow.test.ts).

const clock = fakeDate()

describe.each(inMemory)('the same calls on Remix 2, React Router 7 and 8, and here, %s', (kind) => {
  test('an application and a browser see the same, but for what is listed', async () => {
    expect(await compare(kind, 100, clock)).toBe(100)
  })

  const listed = Object.entries(differences).filter(([, { script, only }]) => script && (only?.includes(kind) ?? true))
  test.each(listed)('listed: %s', async (_, { script, theirs, ours }) => {
    const all = (await stories(kind, script as Script, clock)).map((story) => JSON.stringify(story))
    expect(all.pop()).toMatch(ours as RegExp)
    expect(all).toHaveLength(3)
    for (const story of all) {
      expect(story).toMatch(theirs as RegExp)
      expect(story).not.toMatch(ours as RegExp)
    }
  })
})

test('each difference is shown by a script, or by the test that it names', () => {
  for (const [id, { script, theirs, ours, shownBy: [file, title] = ['', ''] }] of Object.entries(differences)) {
    if (script) expect([theirs, ours], id).toEqual([expect.any(RegExp), expect.any(RegExp)])
    else expect(readFileSync(new URL(`../${file}`, import.meta.url), 'utf8'), id).toContain(title)
  }
})

test('the page has each difference, and no other', () => {
  const page = readFileSync(new URL('../../../../../docs/frameworks/remix.md', import.meta.url), 'utf8')
  const [, section = ''] = /\n## What differs\n([\s\S]*?)\n## /.exec(page) ?? []
  expect(section.match(/^\|.*$/gm)?.join('\n')).toBe(table(differences))
})
