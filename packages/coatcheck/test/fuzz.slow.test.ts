import { rm } from 'node:fs/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { knownAs } from './fuzz/known.ts'
import { FOLDER, MUTANTS, targetsOf } from './fuzz/mutants.ts'
import { Random } from './fuzz/random.ts'
import { search } from './fuzz/search.ts'
import { smaller } from './fuzz/shrink.ts'
import type { Target } from './fuzz/target.ts'
import { TARGETS } from './fuzz/targets.ts'
import { anyValue, shape } from './fuzz/values.ts'

// Ten thousand inputs for each target and, before them, the corpus; `npm run fuzz` tries millions.
const INPUTS = 10_000

afterAll(() => rm(FOLDER, { recursive: true, force: true }))

/** Ends that a search has to reach: one that never gets past the first check shows nothing. */
const REACHED: Readonly<Record<string, readonly string[]>> = {
  cookie: ['loaded', 'forged', 'malformed', 'duplicate', 'bad-chunks', 'replaced', 'absolute-expired', 'oversized'],
  ticket: ['loaded', 'forged', 'malformed', 'unknown', 'unknown-key', 'unknown-version', 'clock-skew'],
  codec: ['rich', 'plain', 'BAD_VALUE', 'contents', 'sealed', 'corrupt', 'a value'],
  migrate: [
    'remix',
    'remix3',
    'iron',
    'h3 1',
    'h3 2',
    'cookie-session',
    'express',
    'astro',
    'hydrogen',
    'iron chunks',
    'h3 chunks',
  ].flatMap((name) => [`${name}: opened`, `${name}: refused`]),
  record: [
    'write: opened',
    'write: a stranger',
    'sign in: opened',
    'flash: opened',
    'impersonate: opened',
    'say how sure: opened',
  ],
  answers: ['write: opened', 'sign out: STORE_FAILED', 'update: a stranger', 'sign in: CONFLICT'],
  options: ['createSessions: works', 'createSessions: BAD_OPTIONS', 'h3: works', 'astro: works', 'remix store: works'],
}

describe('whatever is sent, stored or passed, nothing breaks but what is known', () => {
  test.each(TARGETS.map((target) => [target.name, target] as const))('%s', async (name, target) => {
    const { found, ends } = await search(target, { inputs: INPUTS, seed: 1 })
    expect(found.filter(({ known }) => known === undefined)).toEqual([])
    expect(Object.keys(ends)).toEqual(expect.arrayContaining([...(REACHED[name] ?? ['?'])]))
  })
})

describe('the search itself', () => {
  const broken = (check: (input: string) => unknown) => ({
    name: 'cookie',
    open: async () => ({
      genuine: {},
      ends: new Map(),
      draw: (random: Random) => Array.from({ length: 20 }, () => random.pick([...'abcdef'])).join(''),
      check: (input: unknown) => void (typeof input === 'string' && check(input)),
    }),
  })

  test('finds what breaks, where, and makes it as small as it gets', async () => {
    const target = broken((input) => {
      if (input.includes('c') && input.includes('e')) throw new TypeError('c and e')
    })
    const { found } = await search(target, { inputs: 200, seed: 1 })
    expect(found).toMatchObject([
      { why: expect.stringMatching(/^TypeError: c and e/), from: expect.stringMatching(/^seed 1, input \d+$/) },
    ])
    expect(['ce', 'ec']).toContain(found[0]?.smallest)
  })

  test('finds a rejection that nobody handles, and whose it is', async () => {
    const target = broken((input) => {
      if (input.startsWith('ab')) void Promise.reject(new TypeError('left alone'))
    })
    const { found } = await search(target, { inputs: 500, seed: 1 })
    expect(found).toMatchObject([
      { smallest: 'ab', why: expect.stringContaining('a rejection that nobody handles: TypeError: left alone') },
    ])
  })

  test.each(MUTANTS.map((mutant) => [mutant.target, mutant.fault, mutant] as const))(
    'finds by %s: %s',
    async (name, _, mutant) => {
      const target = (await targetsOf(mutant)).find((each) => each.name === name) as Target
      const { found } = await search(target, { inputs: INPUTS, seed: 1, most: 1 })
      expect(found[0]).toMatchObject({ why: expect.stringMatching(mutant.shows), known: undefined })
    },
  )

  test('goes on where it was interrupted with the inputs that are left', async () => {
    const met: string[] = []
    const target = broken((input) => met.push(input))
    await search(target, { inputs: 300, seed: 4 })
    const whole = met.splice(0)
    await search(target, { inputs: 100, seed: 4 })
    await search(target, { inputs: 300, seed: 4, from: 100 })
    expect(met).toEqual(whole)
  })

  test('a smaller input is kept only while it breaks the same', async () => {
    const same = async (input: unknown) => (input as { a: string }).a?.includes('x') === true
    expect(await smaller({ a: 'hello x', b: [1, 2] }, same)).toEqual({ a: 'x' })
  })

  test('two values are the same to it when a reader cannot tell them apart', () => {
    const twice = { a: 1 }
    expect(shape([twice, twice])).not.toBe(shape([{ a: 1 }, { a: 1 }]))
    expect(shape(-0)).not.toBe(shape(0))
    expect(shape(Array(1))).not.toBe(shape([undefined]))
    expect(shape(anyValue(new Random('a', 7)))).toBe(shape(anyValue(new Random('a', 7))))
  })

  test('what nobody knows of counts', () => {
    expect(knownAs('cookie', 'TypeError: anything')).toBeUndefined()
  })
})
