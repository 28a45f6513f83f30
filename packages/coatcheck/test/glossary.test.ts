import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type File, repository, root } from './tree/files.ts'

/** The words that the page explains. */
const explained = (page: string): string[] => [...page.matchAll(/\*\*([^*]+)\*\*/g)].map(([, word = '']) => word.toLowerCase())

/** As words: `RequestSession`, `request-session` and `request session` are the same. */
const wordsOf = (text: string): string =>
  ` ${text
    .replace(/([a-z])(?=[A-Z])/g, '$1 ')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')} `

/** Those of `words` that no page and no source uses. The changelog tells of words that were. */
function unused(words: readonly string[], tree: readonly File[]): string[] {
  const used = tree
    .filter(({ path }) => /^packages\/coatcheck\/src\/.*\.ts$|^docs\/.*\.md$|^(README|CONTRIBUTING)\.md$/.test(path))
    .filter(({ path }) => !/^docs\/(glossary\.md|decisions\/)|\.test\.ts$/.test(path))
    .map(({ text }) => wordsOf(text))
  return words.filter(
    (word) => !used.some((text) => text.includes(wordsOf(word)) || text.includes(`${wordsOf(word).trimEnd()}s `)),
  )
}

describe('the glossary', () => {
  const page = readFileSync(join(root, 'docs/glossary.md'), 'utf8')
  const tree = repository()

  it('explains words that the code or the pages use', () => expect(unused(explained(page), tree)).toEqual([]))

  it('has fewer than 40 lines, one for each word, and no word twice', () => {
    const lines = page.trim().split('\n')
    expect(lines.length).toBeLessThan(40)
    expect(lines.slice(2).filter((line) => !/^\* \*\*[^*]+\*\*.*: .+\.$/.test(line))).toEqual([])
    const words = explained(page)
    expect(words.filter((word, at) => words.indexOf(word) !== at)).toEqual([])
  })

  it('explains the words that a reader of the code meets first', () => {
    const words = explained(page)
    for (const word of [
      'session',
      'ticket',
      'record',
      'handle',
      'owner',
      'store',
      'secrets',
      'request session',
      'persistence',
      'change set',
    ])
      expect(words).toContain(word)
  })

  it('is wrong when nobody uses a word any more, also where another word contains it', () => {
    const files = [{ path: 'packages/coatcheck/src/a.ts', text: 'class RequestSession { returned = tickets }' }]
    expect(unused(['request session', 'ticket', 'turn', 'cloakroom'], files)).toEqual(['turn', 'cloakroom'])
    expect(unused(['ticket'], [{ path: 'docs/glossary.md', text: 'ticket' }])).toEqual(['ticket'])
  })
})
