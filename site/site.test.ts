import { expect, test } from 'vitest'
import { chartOf, groupsIn } from './chart.ts'
import { anchorOf, inProse, partsOf, summaryOf, titleOf, withColours, withTargets } from './markdown.ts'
import { misplaced, placed } from './navigation.ts'
import { read, sources, withSiteLinks } from './pages.ts'
import { startPage } from './start.ts'

test('every page is in one section of the site', () => expect(misplaced(sources())).toEqual([]))

test('a page that is in no section, and a page that is in two, are told with what to do', () => {
  const sections = [
    { title: 'Begin', pages: ['docs/a.md', 'docs/coming.md'] },
    { title: 'Stores', pages: ['docs/stores/*', 'docs/a.md'] },
  ]
  expect(misplaced(['docs/a.md', 'docs/new.md', 'docs/stores/b.md'], sections)).toEqual([
    'docs/new.md is in no section of the docs site: add it to SECTIONS in site/navigation.ts, where readers look for it.',
    'site/navigation.ts names docs/a.md twice: leave it in one section.',
  ])
})

test('a page that a line names stands there, and not once more with its folder', () => {
  const sections = [
    { title: 'Testing', pages: ['docs/recipes/testing.md'] },
    { title: 'Recipes', pages: ['docs/recipes/*'] },
  ]
  const [testing, recipes] = placed(['docs/recipes/login.md', 'docs/recipes/testing.md', 'docs/recipes/deep/x.md'], sections)
  expect(testing?.pages).toEqual(['docs/recipes/testing.md'])
  expect(recipes?.pages).toEqual(['docs/recipes/login.md'])
})

const page = `# A \`title\`

<!-- test
GET / -> 200
-->
Text with [a link](b.md#c), \`[code](x.md)\` and [one
over two lines](d.md).

\`\`\`js
const a = '[not a link](e.md)' // <!-- no comment -->
\`\`\`

<!-- file: x.ts -->
~~~~text
import x from 'y'
~~~
~~~~
`

test('of a page, comments go, code stays as it is, and links of the prose are changed', () => {
  const parts = partsOf(page)
  expect(titleOf(parts)).toBe('A title')
  expect(summaryOf(parts)).toBe('Text with a link, code and one over two lines.')
  const text = inProse(parts, (prose) => withTargets(prose, (target) => `/${target}`))
  expect(text).toBe(`# A \`title\`

Text with [a link](/b.md#c), \`[code](x.md)\` and [one
over two lines](/d.md).

\`\`\`js
const a = '[not a link](e.md)' // <!-- no comment -->
\`\`\`

~~~~text
import x from 'y'
~~~
~~~~
`)
})

test('a block that no test runs gets the colours of its language', () => {
  expect(withColours({ isCode: true, text: "```text\nimport x from 'y'\n```" }).text).toBe("```ts\nimport x from 'y'\n```")
  expect(withColours({ isCode: true, text: '```text\nGET /\n```' }).text).toBe('```text\nGET /\n```')
})

test('anchors are those of GitHub', () => {
  expect(anchorOf("A guest's cart after the sign-in")).toBe('a-guests-cart-after-the-sign-in')
  expect(anchorOf('What is `new` – and _why_?')).toBe('what-is-new--and-_why_')
})

test('links lead to pages of the site, or into the repository, and never to nothing', () => {
  const images = new Set<string>()
  const linked = (target: string, source = 'docs/stores/redis.md') => withSiteLinks(source, partsOf(`[x](${target})`), images)
  expect(linked('../guide.md#options')).toBe('[x](/guide.md#options)')
  expect(linked('bench/results.md', 'README.md')).toBe('[x](/benchmark.md)')
  expect(linked('docs/decisions', 'README.md')).toBe('[x](/pages.md#decisions)')
  expect(linked('../../examples')).toMatch(/^\[x\]\(https:\/\/github\.com\/.*\/tree\/main\/examples\)$/)
  expect(linked('../../package.json')).toMatch(/^\[x\]\(https:\/\/github\.com\/.*\/blob\/main\/package\.json\)$/)
  expect(linked('https://example.com/a.md')).toBe('[x](https://example.com/a.md)')
  expect(withSiteLinks('docs/architecture.md', partsOf('![x](images/rooms.svg)'), images)).toBe('![x](/images/rooms.svg)')
  const picture = '<picture><source media="x" srcset="images/rooms.svg"><img alt="x" src="images/concepts.svg"></picture>'
  expect(withSiteLinks('docs/architecture.md', partsOf(picture), images)).toBe(picture.replaceAll('"images/', '"/images/'))
  expect([...images]).toEqual(['docs/images/rooms.svg', 'docs/images/concepts.svg'])
  expect(() => linked('gone.md')).toThrow('docs/stores/redis.md links to gone.md, and there is no docs/stores/gone.md.')
})

test('the chart has a bar for each row of the tables, as long as its time, and says all of them', () => {
  const groups = groupsIn(read('bench/results.md'))
  const rows = [...read('bench/results.md').matchAll(/^\| (?!\s*\|).*\([\d,]+ to [\d,]+\)/gm)]
  expect(groups.flatMap((group) => group.rows)).toHaveLength(rows.length)
  const [small, large] = [
    { name: 'small', by: 'us', median: 10, quartiles: [9, 11], lost: 0 },
    { name: 'a < b', by: 'them', median: 1234, quartiles: [1200, 1300], lost: 31 },
  ] as const
  const chart = chartOf({ title: 'Trial', rows: [small, large] })
  const [, wide = '', narrow = ''] = chart.split('<svg')
  const lengths = [...wide.matchAll(/<rect class="\w+"[^>]* width="([\d.]+)"/g)].map(([, length]) => Number(length))
  expect(lengths[1]).toBeGreaterThan((lengths[0] ?? 0) * 3)
  expect(wide).toContain(
    'aria-label="Trial. What a session adds to a request that writes, shorter is better: small 10 µs, a &lt; b 1.2 ms."',
  )
  expect(narrow).toContain('viewBox="0 0 340 76"')
})

test('the start page takes its tables, its figures and its blocks of code from where they stand', () => {
  const groups = groupsIn(read('bench/results.md'))
  const text = startPage(groups, new Set())
  expect(text).not.toMatch(/<!--/)
  expect(text).toContain('| two parallel requests set different keys | all lose one of the two |')
  const blocks = partsOf(text).filter(({ isCode }) => isCode)
  const everywhere = ['README.md', ...sources()].map(read).join('\n')
  for (const { text: block } of blocks.slice(1)) expect(everywhere).toContain(block.split('\n').slice(1).join('\n'))
  expect(blocks.length).toBeGreaterThan(20)
})
