import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { withWholeLinks } from '../../../scripts/package-readme.mjs'
import { type Candidate, obstacles } from '../../../scripts/release.ts'
import { repository as files, root } from './tree/files.ts'

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const manifest = JSON.parse(read('packages/coatcheck/package.json'))

const ready: Candidate = {
  version: '1.2.0',
  status: '',
  tags: ['v1.2.0', 'latest'],
  changelog: '# Changelog\n\n## 1.2.0 (2026-12-01)\n\n### Added\n\n* A line.\n\n## 1.1.0 (2026-11-01)\n\n* Another.\n',
}

describe('a release', () => {
  it('that has a tag, a clean tree and an entry may be published', () => expect(obstacles(ready)).toEqual([]))

  it.each<[string, Partial<Candidate>, RegExp]>([
    ['a changed file', { status: ' M README.md\n' }, /not clean[\s\S]*README\.md/],
    ['no tag', { tags: ['v1.1.0'] }, /no tag v1\.2\.0/],
    ['an entry without a date', { changelog: '## 1.2.0 (unreleased)\n\n* A line.\n' }, /no heading/],
    ['no entry', { version: '1.3.0', tags: ['v1.3.0'] }, /no heading .*1\.3\.0/],
    ['the entry of another version', { changelog: ready.changelog.replace('1.2.0', '1x2x0') }, /no heading/],
    ['an empty entry', { changelog: '## 1.2.0 (2026-12-01)\n\n### Added\n\n## 1.1.0 (2026-11-01)\n\n* x\n' }, /is empty/],
    ['a version that is none', { version: 'next', tags: ['vnext'] }, /no version/],
  ])('with %s may not', (_, change, words) => {
    expect(obstacles({ ...ready, ...change }).join('\n')).toMatch(words)
  })
})

describe('the README of the package', () => {
  const of = { version: '1.2.0', repository: 'git+https://github.com/us/it.git' }

  it.each([
    ['[a](docs/a.md)', '[a](https://github.com/us/it/blob/v1.2.0/docs/a.md)'],
    ['[a\nb](./docs/a.md#c)', '[a\nb](https://github.com/us/it/blob/v1.2.0/docs/a.md#c)'],
    ['![a](docs/a.png)', '![a](https://raw.githubusercontent.com/us/it/v1.2.0/docs/a.png)'],
    ['[a](#here) [b](https://x.test/y) [c](mailto:x@y.test)', '[a](#here) [b](https://x.test/y) [c](mailto:x@y.test)'],
    ['```js\nf[a](b)\n```', '```js\nf[a](b)\n```'],
  ])('has whole links: %j', (text, whole) => {
    expect(withWholeLinks(text, of)).toBe(whole)
  })

  it('leads to files that exist, at the tag of its version, and has no link that only works in the repository', () => {
    const text = withWholeLinks(read('README.md'), { version: manifest.version, repository: manifest.repository.url })
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
    const [page, image] = [
      `https://github.com/coatcheck/coatcheck/blob/v${manifest.version}/`,
      `https://raw.githubusercontent.com/coatcheck/coatcheck/v${manifest.version}/`,
    ]
    const ours = targets.flatMap((target) =>
      [page, image].filter((base) => target.startsWith(base)).map((b) => target.slice(b.length)),
    )
    const known = new Set(
      files().flatMap(({ path }) => [path, ...path.split('/').map((_, at, all) => all.slice(0, at).join('/'))]),
    )
    expect(ours.length).toBeGreaterThan(30)
    expect(targets.filter((target) => !/^(?:https:|#)/.test(target))).toEqual([])
    expect(
      ours
        .map((path) => path.replace(/#.*/, ''))
        .filter((path) => !known.has(path) && !path.endsWith('.png') && path !== 'LICENSE'),
    ).toEqual([])
  })

  it('has at most 150 lines', () => expect(read('README.md').trimEnd().split('\n').length).toBeLessThan(151))

  it('is found from the package, as are the repository and where to report', () => {
    expect([manifest.homepage, manifest.bugs.url, manifest.repository.url, manifest.publishConfig]).toEqual([
      'https://github.com/coatcheck/coatcheck#readme',
      'https://github.com/coatcheck/coatcheck/issues',
      'git+https://github.com/coatcheck/coatcheck.git',
      { access: 'public', provenance: true },
    ])
  })
})
