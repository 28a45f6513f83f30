import { describe, expect, it } from 'vitest'
import { examplesIn } from './docs/examples.ts'

const page = (...lines: string[]): string => lines.join('\n')

describe('the examples of a page', () => {
  it('are its blocks of TypeScript and JavaScript, wherever they stand', () => {
    const found = examplesIn(
      page(
        '```ts',
        'one',
        '```',
        '> ~~~js',
        '> two',
        '> ~~~',
        '- ```TypeScript title="x"',
        '  three',
        '  ```',
        '```sh',
        'four',
        '```',
      ),
    )
    expect(found.map(({ line, code }) => [line, code])).toEqual([
      [1, 'one\n'],
      [4, 'two\n'],
      [7, 'three\n'],
    ])
  })

  it('keep their own indentation and shorter fences inside', () => {
    expect(examplesIn(page('````ts', 'if (x) {', '  `y`', '```', '}', '````'))[0]?.code).toBe('if (x) {\n  `y`\n```\n}\n')
  })

  it('may be tried in steps, which a comment before them lists', () => {
    const [example] = examplesIn(
      page(
        '<!-- test',
        'GET / -> 200 /Hello \\d/',
        'POST /cart item=apple&n=1 -> 303',
        'new visitor',
        'prints /ready/',
        '-->',
        '',
        '```ts',
        'x',
        '```',
      ),
    )
    expect(example?.steps).toEqual([
      { kind: 'request', method: 'GET', path: '/', status: 200, shows: 'Hello \\d' },
      { kind: 'request', method: 'POST', path: '/cart', body: 'item=apple&n=1', status: 303 },
      { kind: 'new visitor' },
      { kind: 'prints', pattern: 'ready' },
    ])
  })

  it('may have set-up that is not shown, a file name, and continue the one before', () => {
    const found = examplesIn(
      page(
        '<!-- setup',
        'const a = 1',
        '-->',
        '<!-- file: sessions.ts -->',
        '```ts',
        'a',
        '```',
        '<!-- continues -->',
        '```ts',
        'b',
        '```',
      ),
    )
    expect(found.map(({ file, code }) => [file, code])).toEqual([
      ['sessions.ts', 'const a = 1\na\n'],
      ['line-9.ts', 'const a = 1\na\n\nb\n'],
    ])
  })
})

describe('a page is refused', () => {
  it.each([
    ['a block without a language', page('```', 'x', '```'), /line 1: say which language/],
    ['a block in a language that cannot be run', page('', '```tsx', 'x', '```'), /line 2: tsx cannot be run/],
    ['a block that is never closed', page('```ts', 'x'), /line 1: this block is never closed/],
    ['a step that is not known', page('<!-- test: GRAB / -> 200 -->', '```ts', 'x', '```'), /“GRAB \/ -> 200” is no step/],
    ['steps before a text', page('<!-- test: GET / -> 200 -->', 'Words.', '```ts', 'x', '```'), /line 2: .*no example follows/],
    ['steps before a block that is not run', page('<!-- test: GET / -> 200 -->', '```sh', 'x', '```'), /line 2: .*is not run/],
    ['steps at its end', page('<!-- test: GET / -> 200 -->'), /no example follows/],
    ['a continuation of nothing', page('<!-- continues -->', '```ts', 'x', '```'), /no example before it/],
  ])('for %s', (_, text, words) => {
    expect(() => examplesIn(text)).toThrow(words)
  })
})
