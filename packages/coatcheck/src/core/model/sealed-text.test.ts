import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Entry } from './codec.ts'
import { type Contents, EMPTY, encode } from './contents.ts'
import { decodeSealed, encodeSealed, type SealedSession } from './sealed-text.ts'
import { NO_WRITES, withWrite } from './writes.ts'

const NOW = Date.UTC(2026, 10, 21, 12)
const DAY = 86_400_000
const lifetime = { createdAt: NOW, endsAt: NOW + 30 * DAY, expiresAt: NOW + 7 * DAY }
const session = (contents: Partial<Contents> = {}): SealedSession => ({
  id: 'AbC-_d0123456789',
  contents: { ...EMPTY, ...contents },
  lifetime,
})
const values = (all: Record<string, unknown>) => new Map(Object.entries(all).map(([key, value]) => [key, Entry.of(value, key)]))

function opened(text: string): SealedSession {
  const decoded = decodeSealed(text)
  if (typeof decoded === 'string') throw new Error(`${decoded}: ${text}`)
  return decoded
}

const shownEntry = ({ rich, text, until, isOpaque, more }: Entry) => ({ rich, text, until, isOpaque, more })
/** All of a session, in the order in which it stands. */
const shown = ({ id, lifetime, contents }: SealedSession) => ({
  ...contents,
  id,
  lifetime,
  values: Array.from(contents.values, ([key, entry]) => [key, shownEntry(entry)]),
  flash: Array.from(contents.flash, ([key, flash]) => [key, flash.id, shownEntry(flash.entry)]),
})

const anyName = fc.oneof(
  fc.constantFrom('a', '*', '*a', '**', '"', '":{"v":', '__proto__', 'ü\u2028', '{', '}{', 'owner', 'flash'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 }),
)
const anyEntry = fc
  .oneof<fc.Arbitrary<unknown>[]>(
    fc.json().map((json) => JSON.parse(json)),
    fc.constantFrom('}{', '"*a":1', { v: 1 }, { r: [1] }, { kind: 1 }, null, 0, ''),
    fc.constantFrom(new Date(0), new Map([['}{', '"']]), -0, 1n, undefined),
  )
  .filter((value) => !JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? 0 : part))?.includes('"__proto__"'))
  .chain((value) =>
    fc.constantFrom(
      Entry.of(value, 'k'),
      Entry.of(value, 'k'),
      Entry.of(value, 'k', NOW + 5),
      Entry.parsed(false, 1, undefined, { by: ['newer'] }),
      Entry.parsed(true, [['Date', new Date(0).toISOString()]], 7, { by: 'newer' }),
      Entry.opaque({ kind: 'newer', text: '"}{' }),
    ),
  )
const anyContents: fc.Arbitrary<Contents> = fc
  .record({
    values: fc.array(fc.tuple(anyName, anyEntry), { maxLength: 12 }),
    flash: fc.array(fc.tuple(anyName, fc.string({ minLength: 1 }), anyEntry), { maxLength: 3 }),
    owner: fc.option(fc.string({ unit: 'grapheme', minLength: 1 }), { nil: undefined }),
    lasts: fc.option(fc.integer({ min: 1 })),
    since: fc.option(fc.nat()),
    from: fc.option(fc.string({ unit: 'grapheme' })),
    logged: fc.boolean(),
    more: fc.constantFrom({}, { seal: ['of', { the: 'newer' }] }, { times: 1, '"}{': '}{', ' ': null }),
  })
  .map(({ values, flash, owner, lasts, since, from, logged, more }) => ({
    values: new Map(values),
    // An id inside a value of another kind belongs to that release.
    flash: new Map(
      flash.map(([key, id, entry]) => [key, { id, entry: entry.isOpaque ? Entry.opaque({ kind: 1, i: id }) : entry }]),
    ),
    owner,
    ...(lasts !== null && { lasts }),
    ...(since !== null && { since }),
    ...(from !== null && { from }),
    writes: logged ? withWrite(NO_WRITES, { id: 'w"}{', at: 1 }, 5) : NO_WRITES,
    more,
  }))
const anyTimes = fc
  .tuple(fc.maxSafeNat(), fc.nat({ max: 2 ** 45 }), fc.nat({ max: 2 ** 45 }))
  .map(([createdAt, span, left]) => ({ createdAt, endsAt: createdAt + span, expiresAt: createdAt + span - left }))

describe('the text of a sealed session', () => {
  it('is short: values as they are, and nothing for what is not there', () => {
    const cart = [{ sku: 'coat-4711', quantity: 1 }]
    const text = encodeSealed(session({ values: values({ user: 'ada', cart, '*': 1, when: new Date(0) }) }))
    expect(text).toMatch(/^2\.[0-9a-z]{8}\.[0-9a-z]{7}\.[0-9a-z]{6}\.AbC-_d0123456789\{"user":"ada","cart":/)
    expect(text.slice(text.indexOf('{'))).toBe(
      '{"user":"ada","cart":[{"sku":"coat-4711","quantity":1}],"**":{"v":1},"*when":{"r":[["Date","1970-01-01T00:00:00.000Z"]]}}',
    )
    expect(encodeSealed(session())).toHaveLength(44)
  })

  it('holds what a session can hold, in its order, and what a newer release wrote', () => {
    fc.assert(
      fc.property(anyContents, anyTimes, (contents, lifetime) => {
        const whole = { ...session(contents), lifetime }
        const text = encodeSealed(whole)
        const read = opened(text)
        expect(shown(read)).toEqual(shown(whole))
        expect(encodeSealed(read)).toBe(text)
      }),
    )
  })

  it('is read as well where it is the JSON that was written before', () => {
    fc.assert(
      fc.property(anyContents, (contents) => {
        const whole = session(contents)
        const { createdAt, endsAt, expiresAt } = lifetime
        const read = opened(encode(contents, { id: whole.id, life: [createdAt, endsAt, expiresAt] }))
        expect(shown(read)).toEqual(shown(whole))
      }),
    )
  })

  it('B0: of a newer format is told apart, whatever follows', () => {
    for (const text of ['3.', '3.x', '10.a.b.c.d{}', '3.AbC', '{"format":2}']) expect(decodeSealed(text)).toBe('unknown-version')
  })

  const good = encodeSealed(session({ values: values({ a: [1] }), owner: 'ada' }))
  it.each([
    ['nothing', ''],
    ['no text of ours', 'hello'],
    ['a number', '2'],
    ['an older format', good.replace('2.', '1.')],
    ['format 0', good.replace('2.', '0.')],
    ['no times', '2.id{}'],
    ['a time too few', '2.a.b.id{}'],
    ['a time in capitals', good.replace(/^2\.../, '2.AA')],
    ['no id', good.replace('AbC-_d0123456789', '')],
    ['no values', good.slice(0, good.indexOf('{'))],
    ['values cut short', good.slice(0, good.indexOf('}'))],
    ['a tail', `${good}x`],
    ['two tails', `${good}{}`],
    ['a tail that is a list', good.replace('{"owner":"ada"}', '[]')],
    ['an owner that is a number', good.replace('"ada"', '7')],
    ['an idle time in words', good.replace('"owner":"ada"', '"lasts":"long"')],
    ['a marked value that is none', good.replace('"a":', '"*a":')],
    ['one of both forms', good.replace('"a":[1]', '"*a":{"v":1,"r":[1]}')],
    ['deep nesting', good.replace('[1]', `${'['.repeat(600)}${']'.repeat(600)}`)],
    ['deep nesting behind', good.replace('"ada"', `${'['.repeat(600)}${']'.repeat(600)}`)],
    ['very deep nesting', good.replace('[1]', '['.repeat(100_000))],
  ])('%s is corrupt', (_, text) => {
    expect(text).not.toBe(good)
    expect(decodeSealed(text)).toBe('corrupt')
  })

  it('never throws for a text that somebody with the key made up', () => {
    const signs = fc.string({ unit: fc.constantFrom(...'2.aZ{}[]":,*vr0\\ -'), maxLength: 40 })
    const heads = fc.constantFrom('', '2.', '2.a.b.c.d', '2.a.b.c.d{', '2.a.b.c.d{}', '{"format":1,')
    fc.assert(
      fc.property(heads, signs, (head, tail) => {
        const read = decodeSealed(head + tail)
        if (typeof read === 'string') return
        for (const entry of read.contents.values.values()) expect(typeof entry.text).toBe('string')
        if (/^[\w-]+$/.test(read.id)) expect(decodeSealed(encodeSealed(read))).not.toBe('unknown-version')
      }),
      { numRuns: 2000 },
    )
  })
})
