import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Difference } from './differences.ts'

// The tests that each list of differences has.

type Listed<Script> = Readonly<Record<string, Difference<Script>>>

const isOf = <Script>({ only }: Difference<Script>, kind: string): boolean => only?.includes(kind) ?? true

/** Whether a script may show a listed difference in this kind of sessions. */
export const meetsListed = <Script>(differences: Listed<Script>, kind: string, script: Script): boolean =>
  Object.values(differences).some((each) => isOf(each, kind) && each.meets?.(script))

/** A test of each difference that has a script: `tell` gives the stories of `packages` packages that are theirs, then ours. */
export function tellListed<Script>(
  differences: Listed<Script>,
  kind: string,
  tell: (script: Script) => Promise<readonly unknown[]>,
  packages = 1,
): void {
  const listed = Object.entries(differences).filter(([, each]) => each.script && isOf(each, kind))
  test.each(listed)('listed: %s', async (_, { script, theirs, ours }) => {
    const stories = (await tell(script as Script)).map((story) => JSON.stringify(story))
    expect(stories.pop()).toMatch(ours as RegExp)
    expect(stories).toHaveLength(packages)
    for (const story of stories) {
      expect(story).toMatch(theirs as RegExp)
      expect(story).not.toMatch(ours as RegExp)
    }
  })
}

const ROOT = new URL('../../../../', import.meta.url)

/** Holds a list to its tests, whose files it names from `folder`, and to its page. */
export function holdListed<Script>(differences: Listed<Script>, page: string, folder: URL = ROOT): void {
  test('each difference is shown by a script, or by the test that it names', () => {
    for (const [id, { script, theirs, ours, shownBy: [file, title] = ['', ''] }] of Object.entries(differences)) {
      if (script) expect([theirs, ours], id).toEqual([expect.any(RegExp), expect.any(RegExp)])
      // What only compiles has comments in the place of titles.
      else
        expect(readFileSync(new URL(file, folder), 'utf8'), id).toContain(file.endsWith('.types.test.ts') ? title : `'${title}`)
    }
  })

  test('the page has each difference, and no other', () => {
    const text = readFileSync(new URL(`docs/frameworks/${page}`, ROOT), 'utf8')
    const [, section = ''] = /\n## What differs\n([\s\S]*?)\n## /.exec(text) ?? []
    const rows = Object.values(differences).map(({ what, why }) => `| ${what} | ${why} |`)
    expect(section.match(/^\|.*$/gm)).toEqual(['| what | why |', '|---|---|', ...rows])
  })
}
