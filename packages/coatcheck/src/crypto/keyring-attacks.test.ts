import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decode, encode } from './base64url.ts'
import { concat, toUtf8 } from './bytes.ts'
import { createKeyring } from './keyring.ts'
import { nodePrimitives } from './on-node.ts'
import { webPrimitives } from './on-web.ts'
import type { Bytes } from './primitives.ts'
import { randomBytes } from './random.ts'
import { createXaes } from './xaes.ts'

const COOKIE = ['__Host-Http-session']
const TEXT = '{"user":7,"cart":[]}'
const SHOWN = new Uint8Array(24).fill(7)
const NOT_TOKENS = ['malformed', 'unknown-version', 'unknown-key', 'forged']

const node = nodePrimitives() ?? expect.fail('This Node has no node:crypto.')

const bytesOf = (token: string): Bytes => decode(token) ?? expect.fail('not base64url')

describe.each([
  ['node:crypto', node],
  ['WebCrypto', webPrimitives],
])('somebody who sends tokens of their own, on %s', (_, primitives) => {
  const keyring = createKeyring(['a secret that nobody else has, 32 letters'], primitives)

  /** Both kinds of token, and how each is read. */
  const kinds = async () => [
    { token: await keyring.seal('session', COOKIE, TEXT), read: (token: string) => keyring.open('session', COOKIE, token) },
    { token: await keyring.sign('ticket', COOKIE, SHOWN), read: (token: string) => keyring.verify('ticket', COOKIE, token) },
  ]

  it('cannot change a single bit', async () => {
    for (const { token, read } of await kinds()) {
      const bytes = bytesOf(token)
      const faults = await Promise.all(
        Array.from({ length: bytes.length * 8 }, (_, bit) =>
          read(encode(bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)))),
        ),
      )
      const expected = (bit: number) => (bit < 8 ? 'unknown-version' : bit < 40 ? 'unknown-key' : 'forged')
      expect(faults).toEqual(faults.map((_, bit) => expected(bit)))
    }
  })

  it.each([
    ['padded once', (token: string) => `${token}=`],
    ['padded twice', (token: string) => `${token}==`],
    ['with four letters more', (token: string) => `${token}AAAA`],
    ['twice', (token: string) => token + token],
    ['in capitals', (token: string) => token.toUpperCase()],
    ['in quotes', (token: string) => `"${token}"`],
    ['without its last letter', (token: string) => token.slice(0, -1)],
    ['without its first letter', (token: string) => token.slice(1)],
    ['backwards', (token: string) => [...token].reverse().join('')],
  ])('cannot send a token %s', async (_, change) => {
    for (const { token, read } of await kinds()) expect(NOT_TOKENS).toContain(await read(change(token)))
  })

  it('cannot write a token in the standard alphabet', async () => {
    const inStandard = (token: string) => token.replaceAll('-', '+').replaceAll('_', '/')
    let token = ''
    while (inStandard(token) === token) token = await keyring.seal('session', COOKIE, TEXT)
    expect(await keyring.open('session', COOKIE, inStandard(token))).toBe('malformed')
  })

  it.each([' ', '\t', '\n', '\r', '\f', '%0A', '=', '\0', '\u00a0', '\u2003'])('cannot slip %j in anywhere', async (extra) => {
    for (const { token, read } of await kinds()) {
      const variants = Array.from({ length: token.length + 1 }, (_, at) => token.slice(0, at) + extra + token.slice(at))
      const faults = new Set(await Promise.all(variants.map((variant) => read(variant))))
      expect([...faults]).toEqual(['malformed'])
    }
  })

  it('cannot set the bits that the last letter does not use', async () => {
    // 45 bytes and 1 of text: 46 is 1 more than a multiple of 3, so four bits are left over.
    const token = await keyring.seal('session', COOKIE, 'x')
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const last = letters.indexOf(token.at(-1) ?? '')
    for (let stray = 1; stray < 16; stray++) {
      expect(await keyring.open('session', COOKIE, token.slice(0, -1) + letters[last + stray])).toBe('malformed')
    }
  })

  it.each([4, 8, 12, 13, 14, 15])('cannot shorten the tag to %i bytes', async (length) => {
    for (const { token, read } of await kinds()) {
      const bytes = bytesOf(token)
      expect(await read(encode(bytes.subarray(0, bytes.length - 16 + length)))).toBe('forged')
    }
    const empty = bytesOf(await keyring.seal('session', COOKIE, ''))
    expect(await keyring.open('session', COOKIE, encode(empty.subarray(0, 29 + length)))).toBe('malformed')
    const nothing = bytesOf(await keyring.sign('ticket', COOKIE, new Uint8Array()))
    expect(await keyring.verify('ticket', COOKIE, encode(nothing.subarray(0, 5 + length)))).toBe('malformed')
  })

  it('cannot send an empty token, or the beginning of one', async () => {
    expect(await keyring.open('session', COOKIE, '')).toBe('malformed')
    expect(await keyring.verify('ticket', COOKIE, '')).toBe('malformed')
    for (const { token, read } of await kinds()) {
      const bytes = bytesOf(token)
      for (let length = 1; length < bytes.length; length++) {
        expect(['malformed', 'forged']).toContain(await read(encode(bytes.subarray(0, length))))
      }
    }
  })

  it('cannot seal an empty text with a tag that is guessed', async () => {
    const head = bytesOf(await keyring.seal('session', COOKIE, '')).subarray(0, 29)
    expect(await keyring.open('session', COOKIE, encode(concat(head, randomBytes(16))))).toBe('forged')
  })

  it.each([12, 16, 23, 25])('cannot bring a nonce of %i bytes', async (length) => {
    const bytes = bytesOf(await keyring.seal('session', COOKIE, TEXT))
    const token = concat(bytes.subarray(0, 5), randomBytes(length), bytes.subarray(29))
    expect(NOT_TOKENS).toContain(await keyring.open('session', COOKIE, encode(token)))
  })

  it('cannot use a key of zeros, or the key of another application, under our key id', async () => {
    const head = bytesOf(await keyring.seal('session', COOKIE, TEXT)).subarray(0, 5)
    const nonce = randomBytes(24)
    const aad = toUtf8(`9:coatcheck9:version 27:session6:${encode(head.subarray(1))}19:${COOKIE[0]}`)
    const zeros = await (await createXaes(new Uint8Array(32), primitives)).seal(nonce, aad, toUtf8(TEXT))
    expect(await keyring.open('session', COOKIE, encode(concat(head, nonce, ...zeros)))).toBe('forged')
    const migrateFrom = createKeyring(['the secret of somebody else, 32 letters'], primitives)
    const other = bytesOf(await migrateFrom.seal('session', COOKIE, TEXT)).subarray(5)
    expect(await keyring.open('session', COOKIE, encode(concat(head, other)))).toBe('forged')
  })

  it('cannot guess', async () => {
    const tries = primitives === node ? 10_000 : 500
    for (const { token, read } of await kinds()) {
      const bytes = bytesOf(token)
      const guesses = Array.from({ length: tries }, (_, i) => {
        // Half of them know the version and the key.
        const known = i % 2 === 0 ? bytes.subarray(0, 5) : new Uint8Array()
        return read(encode(concat(known, randomBytes(bytes.length - known.length))))
      })
      for (const answer of await Promise.all(guesses)) expect(NOT_TOKENS).toContain(answer)
    }
  })

  it('cannot name another version', async () => {
    for (const { token, read } of await kinds()) {
      const bytes = bytesOf(token)
      for (const version of [0, 3, 4, 127, 128, 255]) {
        expect(await read(encode(concat(Uint8Array.of(version), bytes.subarray(1))))).toBe('unknown-version')
      }
    }
  })

  it('cannot pass a signed token for a sealed one, or the reverse, even under its version', async () => {
    const [sealed, signed] = await kinds()
    if (!sealed || !signed) expect.fail('There are two.')
    expect(await sealed.read(signed.token)).toBe('unknown-version')
    expect(await signed.read(sealed.token)).toBe('unknown-version')
    const long = bytesOf(await keyring.sign('session', COOKIE, new Uint8Array(60)))
    expect(await keyring.open('session', COOKIE, encode(concat(Uint8Array.of(2), long.subarray(1))))).toBe('forged')
    const asSigned = bytesOf(await keyring.seal('ticket', COOKIE, TEXT))
    expect(await keyring.verify('ticket', COOKIE, encode(concat(Uint8Array.of(1), asSigned.subarray(1))))).toBe('forged')
  })

  it.each([
    ['unsigned JSON in base64', btoa('{"userId":1}')],
    ['plain JSON', '{"userId":1}'],
    ['an iron token', 'Fe26.2*1*f1d2*c2FsdA*aXY*Y2lwaGVy*1800000000000*c2FsdA*bWFj'],
    ['a JSON Web Token without signature', 'eyJhbGciOiJub25lIn0.eyJ1c2VySWQiOjF9.'],
    ['a signed id of Express', 's%3Aabc.def'],
    ['broken text', '\ud800\udfff\ud800'],
    ['a very long text', 'A'.repeat(1_000_000)],
    ['a very long text that is none', ' '.repeat(1_000_000)],
  ])('gets nothing for %s', async (_, token) => {
    expect(['malformed', 'unknown-version']).toContain(await keyring.open('session', COOKIE, token))
    expect(['malformed', 'unknown-version']).toContain(await keyring.verify('ticket', COOKIE, token))
  })

  it('never makes it throw, whatever the text', async () => {
    const units = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 80 })
    const anyText = units.map((codes) => String.fromCharCode(...codes))
    const anyBytes = fc.uint8Array({ maxLength: 120 }).map(encode)
    const [sealed, signed] = await kinds()
    const heads = [sealed?.token, signed?.token].map((token) => (token ?? '').slice(0, 6))
    const withHead = fc.tuple(fc.constantFrom(...heads), anyBytes).map(([head, rest]) => head + rest)
    await fc.assert(
      fc.asyncProperty(fc.oneof(anyText, anyBytes, withHead), async (token) => {
        expect(NOT_TOKENS).toContain(await keyring.open('session', COOKIE, token))
        expect(NOT_TOKENS).toContain(await keyring.verify('ticket', COOKIE, token))
      }),
      { numRuns: 300 },
    )
  })
})
