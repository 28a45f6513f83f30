import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { digest } from './digest.ts'
import { nodePrimitives } from './on-node.ts'
import { webPrimitives } from './on-web.ts'

const node = nodePrimitives() ?? expect.fail('This Node has no node:crypto.')

// Any code units, lone surrogates among them.
const anyText = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 }).map((units) => String.fromCharCode(...units))

it('is there at once on Node', () => {
  expect(digest('session', 'abc')).toMatch(/^[0-9a-f]{64}$/)
})

describe.each([
  ['node:crypto', node],
  ['WebCrypto', webPrimitives],
])('digest by %s', (_, primitives) => {
  it('is the SHA-256 of purpose and text as JSON', async () => {
    const expected = createHash('sha256').update('["coatcheck","owner","Zo\u00eb \\"1\\""]').digest('hex')
    expect(await digest('owner', 'Zo\u00eb "1"', primitives)).toBe(expected)
  })

  it('tells purposes apart, and where the purpose ends', async () => {
    const pairs = [
      ['session', 'a'],
      ['owner', 'a'],
      ['sessiona', ''],
      ['', 'sessiona'],
      ['session","a', ''],
    ] as const
    const digests = await Promise.all(pairs.map(([purpose, text]) => digest(purpose, text, primitives)))
    expect(new Set(digests).size).toBe(pairs.length)
  })

  it('tells broken text apart too, which UTF-8 alone would not', async () => {
    const texts = ['\ud800', '\udfff', '\ufffd', '\ud800\udc00', '\\ud800']
    const digests = await Promise.all(texts.map((text) => digest('owner', text, primitives)))
    expect(new Set(digests).size).toBe(texts.length)
  })
})

it('is the same on both, for any text', async () => {
  await fc.assert(
    fc.asyncProperty(anyText, anyText, async (purpose, text) => {
      expect(await digest(purpose, text, webPrimitives)).toBe(await digest(purpose, text, node))
    }),
  )
})
