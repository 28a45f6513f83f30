import { createHmac, hkdfSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decode, encode } from './base64url.ts'
import { concat, toUtf8 } from './bytes.ts'
import { createKeyring, type Key, type TokenFault, type Verified } from './keyring.ts'
import { nodePrimitives } from './on-node.ts'
import { webPrimitives } from './on-web.ts'
import type { Bytes, Primitives } from './primitives.ts'
import { createXaes } from './xaes.ts'

const OLD = 'the secret of last year, 32 letters or more'
const OTHER = 'Rz5mYk8wQb2nXv7jLc4hTg9sPd6fUa3e'
const LAST = 'Pd6fUa3eRz5mYk8wQb2nXv7jLc4hTg9s'
const NEW = 'the secret of this year, 32 letters or more'
const COOKIE = ['__Host-Http-session']
const SHOWN = Uint8Array.of(0, 1, 2, 253, 254, 255)

const node = nodePrimitives() ?? expect.fail('This Node has no node:crypto.')
const sets = [
  ['node:crypto', node],
  ['WebCrypto', webPrimitives],
] as const

const bytesOf = (token: string): Bytes => decode(token) ?? expect.fail('not base64url')
const headOf = (token: string): Bytes => bytesOf(token).subarray(0, 5)

describe.each(sets)('a keyring on %s', (_, primitives) => {
  const keyring = createKeyring([NEW], primitives)

  it.each([
    ['a cart', '{"cart":["coat-4711"]}'],
    ['nothing', ''],
    ['letters of every length in UTF-8', 'a\u00e4\u20ac\u{1f9e5}'],
    ['a byte order mark, which stays', '\ufefftext'],
    ['NUL and line ends', '\0\r\n'],
    ['a long text', 'coat '.repeat(20_000)],
  ])('gives back %s', async (_, text) => {
    const token = await keyring.seal('session', COOKIE, text)
    expect(await keyring.open('session', COOKIE, token)).toEqual({ text, stale: false })
  })

  it('writes letters only that a cookie can hold', async () => {
    expect(await keyring.seal('session', COOKIE, 'text')).toMatch(/^[A-Za-z0-9_-]+$/)
    expect(await keyring.sign('ticket', COOKIE, SHOWN)).toMatch(/^[A-Za-z0-9_-]+$/)
  })

  it('seals the same text differently every time', async () => {
    const tokens = await Promise.all(Array.from({ length: 100 }, () => keyring.seal('session', COOKIE, 'text')))
    expect(new Set(tokens.map((token) => bytesOf(token).subarray(5, 29).join())).size).toBe(100)
  })

  it('makes a token as long as its text and 45 bytes, however well the text would compress', async () => {
    const token = await keyring.seal('session', COOKIE, 'a'.repeat(1000))
    expect(bytesOf(token)).toHaveLength(1045)
  })

  it('shows what it signs, and gives it back', async () => {
    const token = await keyring.sign('ticket', COOKIE, SHOWN)
    expect([...bytesOf(token).subarray(21)]).toEqual([...SHOWN])
    const verified = await keyring.verify('ticket', COOKIE, token)
    expect(verified).toMatchObject({ stale: false })
    expect(typeof verified === 'string' ? verified : [...verified.bytes]).toEqual([...SHOWN])
  })

  it('signs no bytes at all, too', async () => {
    const verified = await keyring.verify('ticket', COOKIE, await keyring.sign('ticket', COOKIE, new Uint8Array()))
    expect(verified).toMatchObject({ bytes: { length: 0 }, stale: false })
  })

  it('signs a part of a buffer, and not its neighbours', async () => {
    const token = await keyring.sign('ticket', COOKIE, Uint8Array.of(7, 8, 9).subarray(1, 2))
    expect(bytesOf(token)[21]).toBe(8)
    expect(bytesOf(token)).toHaveLength(22)
  })

  it('keeps the token it wrote when the caller writes over the bytes afterwards', async () => {
    const bytes = Uint8Array.of(1, 2, 3)
    const signing = createKeyring([NEW], primitives).sign('ticket', COOKIE, bytes)
    bytes.fill(9)
    expect(await keyring.verify('ticket', COOKIE, await signing)).toMatchObject({ bytes: { 0: 1, 1: 2, 2: 3 } })
  })

  it.each([
    ['another purpose', 'pointer', COOKIE],
    ['another cookie', 'session', ['__Host-Http-other']],
    ['no context', 'session', []],
    ['a longer context', 'session', [...COOKIE, '']],
    ['a context that is split elsewhere', 'session', ['__Host-', 'Http-session']],
    ['a purpose that took a piece of the context', 'session19:', ['__Host-Http-session']],
  ])('refuses a token for %s', async (_, purpose, context) => {
    const sealed = await keyring.seal('session', COOKIE, 'text')
    expect(await keyring.open(purpose, context, sealed)).toBe('forged')
    const signed = await keyring.sign('session', COOKIE, SHOWN)
    expect(await keyring.verify(purpose, context, signed)).toBe('forged')
  })

  it('is not misled by a context that is changed in place', async () => {
    const context = ['a']
    const token = await keyring.seal('session', context, 'text')
    context[0] = 'b'
    expect(await keyring.open('session', context, token)).toBe('forged')
    expect(await keyring.open('session', ['a'], token)).toEqual({ text: 'text', stale: false })
  })

  it('refuses sealed bytes that are no text, and reads the next token as ever', async () => {
    const key = new Uint8Array(hkdfSync('sha256', NEW, '', '9:coatcheck9:version 27:session', 32))
    const good = await keyring.seal('session', COOKIE, 'text')
    const head = headOf(good)
    const aad = toUtf8(`9:coatcheck9:version 27:session6:${encode(head.subarray(1))}19:${COOKIE[0]}`)
    const nonce = new Uint8Array(24)
    const sealed = await (await createXaes(key, primitives)).seal(nonce, aad, Uint8Array.of(0x63, 0xc3, 0x28))
    expect(await keyring.open('session', COOKIE, encode(concat(head, nonce, ...sealed)))).toBe('malformed')
    expect(await keyring.open('session', COOKIE, good)).toEqual({ text: 'text', stale: false })
  })

  describe('whose secrets are rotated', () => {
    const before = createKeyring([OLD], primitives)
    const during = createKeyring([NEW, OLD], primitives)
    const after = createKeyring([NEW], primitives)

    it('reads what any of them wrote, and says when it was not the newest', async () => {
      const old = await before.seal('session', COOKIE, 'text')
      expect(await during.open('session', COOKIE, old)).toEqual({ text: 'text', stale: true })
      expect(await during.verify('ticket', COOKIE, await before.sign('ticket', COOKIE, SHOWN))).toMatchObject({ stale: true })
      const fresh = await during.seal('session', COOKIE, 'text')
      expect(await during.open('session', COOKIE, fresh)).toEqual({ text: 'text', stale: false })
    })

    it('writes with the newest only', async () => {
      expect(headOf(await during.seal('session', COOKIE, 'text'))).toEqual(headOf(await after.seal('session', COOKIE, 'text')))
      expect(headOf(await during.sign('ticket', COOKIE, SHOWN))).toEqual(headOf(await after.sign('ticket', COOKIE, SHOWN)))
    })

    it('loses exactly the tokens of a secret that is dropped', async () => {
      const [old, oldSigned] = [await before.seal('session', COOKIE, 'old'), await before.sign('ticket', COOKIE, SHOWN)]
      const [kept, keptSigned] = [await during.seal('session', COOKIE, 'kept'), await during.sign('ticket', COOKIE, SHOWN)]
      expect(await after.open('session', COOKIE, old)).toBe('unknown-key')
      expect(await after.verify('ticket', COOKIE, oldSigned)).toBe('unknown-key')
      expect(await after.open('session', COOKIE, kept)).toEqual({ text: 'kept', stale: false })
      expect(await after.verify('ticket', COOKIE, keptSigned)).toMatchObject({ stale: false })
    })

    it('tries one key only: a token that names another secret is forged', async () => {
      const fresh = headOf(await after.seal('session', COOKIE, 'text'))
      const sealed = bytesOf(await before.seal('session', COOKIE, 'text'))
      expect(await during.open('session', COOKIE, encode(concat(fresh, sealed.subarray(5))))).toBe('forged')
      const signed = bytesOf(await before.sign('ticket', COOKIE, SHOWN))
      const renamed = encode(concat(Uint8Array.of(1), fresh.subarray(1), signed.subarray(5)))
      expect(await during.verify('ticket', COOKIE, renamed)).toBe('forged')
    })
  })

  describe('whose secrets are used for this and that', () => {
    const keyring = createKeyring(
      [
        { secret: NEW, use: 'read' },
        { secret: OLD, use: 'write' },
        { secret: OTHER, use: 'renew' },
        { secret: LAST, use: 'refuse' },
      ],
      primitives,
    )

    it.each([
      ['reads: opened, and not stale', NEW, { text: 'text', stale: false }, { stale: false }],
      ['writes', OLD, { text: 'text', stale: false }, { stale: false }],
      ['is renewed', OTHER, { text: 'text', stale: true }, { stale: true }],
      ['is refused, by its name', LAST, 'revoked-key', 'revoked-key'],
    ])('what %s', async (_, secret, sealed, signed) => {
      const one = createKeyring([secret], primitives)
      expect(await keyring.open('session', COOKIE, await one.seal('session', COOKIE, 'text'))).toEqual(sealed)
      const verified = await keyring.verify('ticket', COOKIE, await one.sign('ticket', COOKIE, SHOWN))
      if (typeof signed === 'string') expect(verified).toBe(signed)
      else expect(verified).toMatchObject(signed)
    })

    it('tells what the one that writes sealed, once it was used for that', async () => {
      const by = async (secret: string) => createKeyring([secret], primitives).seal('record', COOKIE, 'text')
      const tokens = [await by(OLD), await by(NEW), await by(OTHER), await by(LAST), '']
      expect(tokens.map((token) => keyring.isNewest('record', token))).toEqual([false, false, false, false, false])
      expect(headOf(await keyring.seal('record', COOKIE, 'text'))).toEqual(headOf(tokens[0] as string))
      expect(tokens.map((token) => keyring.isNewest('record', token))).toEqual([true, false, false, false, false])
    })

    it('reads where none writes, and says so to whoever writes', async () => {
      const reading = createKeyring([{ secret: OLD, use: 'read' }], primitives)
      const token = await createKeyring([OLD], primitives).seal('session', COOKIE, 'text')
      expect(await reading.open('session', COOKIE, token)).toEqual({ text: 'text', stale: false })
      await expect(async () => reading.seal('session', COOKIE, 'text')).rejects.toMatchObject({ code: 'BAD_OPTIONS' })
    })

    it('spends no cipher on what is refused', async () => {
      const { counted, calls } = counting(primitives)
      const ours = createKeyring(
        [
          { secret: OLD, use: 'write' },
          { secret: LAST, use: 'refuse' },
        ],
        counted,
      )
      await ours.open('session', COOKIE, await createKeyring([LAST], primitives).seal('session', COOKIE, 'text'))
      expect(calls()).not.toHaveProperty('gcmOpen')
    })
  })

  it.each([
    ['a secret given twice', [OLD, NEW, OLD]],
    // Two different ones of some ninety thousand: 4 bytes are a name, not a proof.
    ['two secrets that share their key id', [44182, 49091].map((i) => `a secret as long as the rules ask for, no. ${i}`)],
    ['no secret', []],
  ])('says what is wrong with %s, when it is first used', async (_, secrets) => {
    const wrong = createKeyring(secrets, primitives)
    const token = await createKeyring([OLD], primitives).seal('session', COOKIE, 'text')
    const refusal = expect.objectContaining({ code: 'BAD_OPTIONS', message: expect.stringContaining('`secrets`') })
    await expect(async () => wrong.seal('session', COOKIE, 'text')).rejects.toEqual(refusal)
    await expect(async () => wrong.open('session', COOKIE, token)).rejects.toEqual(refusal)
    await expect(async () => wrong.sign('ticket', COOKIE, SHOWN)).rejects.toEqual(refusal)
  })

  it('derives nothing when it is made, then each key once', async () => {
    const { counted, calls } = counting(primitives)
    const lazy = createKeyring([NEW, OLD], counted)
    expect(calls()).toEqual({})
    for (let i = 0; i < 3; i++) await lazy.open('session', COOKIE, await lazy.seal('session', COOKIE, 'text'))
    expect(calls()).toEqual({ hkdf: 4, aes: 2, gcmSeal: 3, gcmOpen: 3 })
    for (let i = 0; i < 3; i++) await lazy.verify('ticket', COOKIE, await lazy.sign('ticket', COOKIE, SHOWN))
    expect(calls()).toMatchObject({ hkdf: 8, hmac: 2, equal: 1 })
  })

  it('checks a genuine token once, for one context and no other, and a forged or a sealed one each time', async () => {
    const { counted, calls } = counting(primitives)
    const keyring = createKeyring([NEW], counted)
    const [token, sealed] = [await keyring.sign('ticket', COOKIE, SHOWN), await keyring.seal('session', COOKIE, 'text')]
    const forged = `${token.slice(0, 10)}${token[10] === 'A' ? 'B' : 'A'}${token.slice(11)}`
    const shown = (found: Verified | TokenFault) => (typeof found === 'string' ? found : [...found.bytes])
    for (let n = 1; n <= 3; n++) {
      expect(shown(await keyring.verify('ticket', COOKIE, token))).toEqual([...SHOWN])
      expect(await keyring.verify('ticket', COOKIE, forged)).toBe('forged')
      expect(await keyring.open('session', COOKIE, sealed)).toMatchObject({ text: 'text' })
      expect(calls()).toMatchObject({ equal: 1 + n, gcmOpen: n })
    }
    expect(await keyring.verify('ticket', ['another'], token)).toBe('forged')
    expect(await keyring.verify('other', COOKIE, token)).toBe('forged')
    expect(shown(await keyring.verify('ticket', COOKIE, token))).toEqual([...SHOWN])
  })

  it('remembers for a secret what it does now: one that is refused opens nothing that it opened before', async () => {
    const token = await createKeyring([NEW], primitives).sign('ticket', COOKIE, SHOWN)
    let use: Key['use'] = 'write'
    const at = () => createKeyring([{ secret: NEW, use }], primitives)
    const before = at()
    for (let n = 0; n < 2; n++) expect(await before.verify('ticket', COOKIE, token)).toMatchObject({ stale: false })
    use = 'renew'
    for (let n = 0; n < 2; n++) expect(await at().verify('ticket', COOKIE, token)).toMatchObject({ stale: true })
    use = 'refuse'
    for (let n = 0; n < 2; n++) expect(await at().verify('ticket', COOKIE, token)).toBe('revoked-key')
  })

  it('spends nothing on a token of another version, and no cipher on one of an unknown secret', async () => {
    const { counted, calls } = counting(primitives)
    const ours = createKeyring([NEW], counted)
    const migrateFrom = createKeyring([OLD], primitives)
    const signed = await migrateFrom.sign('ticket', COOKIE, SHOWN)
    const sealed = await migrateFrom.seal('session', COOKIE, 'text')
    expect(await ours.open('session', COOKIE, signed)).toBe('unknown-version')
    expect(await ours.verify('ticket', COOKIE, sealed)).toBe('unknown-version')
    expect(calls()).toEqual({})
    expect(await ours.open('session', COOKIE, sealed)).toBe('unknown-key')
    expect(await ours.verify('ticket', COOKIE, signed)).toBe('unknown-key')
    expect(calls()).not.toHaveProperty('gcmOpen')
    expect(calls()).not.toHaveProperty('equal')
  })

  it('derives again after a failure, instead of failing for good', async () => {
    let fails = true
    const flaky: Primitives = {
      ...primitives,
      hkdf: (...args) => (fails ? Promise.reject(new Error('cancelled')) : primitives.hkdf(...args)),
    }
    const patient = createKeyring([NEW], flaky)
    await expect(async () => patient.seal('session', COOKIE, 'text')).rejects.toThrow('cancelled')
    fails = false
    const token = await patient.seal('session', COOKIE, 'text')
    expect(await keyring.open('session', COOKIE, token)).toEqual({ text: 'text', stale: false })
  })

  it('gives back any text, for any purpose and context, and to no other', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 60 })
    const context = fc.array(fc.string({ unit: 'binary', maxLength: 8 }), { maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(text, context, context, async (text, context, other) => {
        const token = await keyring.seal('property', context, text)
        expect(await keyring.open('property', context, token)).toEqual({ text, stale: false })
        const same = JSON.stringify(context) === JSON.stringify(other)
        expect(await keyring.open('property', other, token)).toEqual(same ? { text, stale: false } : 'forged')
      }),
    )
  })
})

describe('both sets of primitives', () => {
  const [here, there] = sets.map(([, primitives]) => createKeyring([NEW, OLD], primitives))
  if (!here || !there) expect.fail('There are two.')

  it.each([
    ['WebCrypto opens what node:crypto sealed', here, there],
    ['node:crypto opens what WebCrypto sealed', there, here],
  ])('%s', async (_, writer, reader) => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 400 }), fc.uint8Array({ maxLength: 60 }), async (text, bytes) => {
        expect(await reader.open('session', COOKIE, await writer.seal('session', COOKIE, text))).toEqual({ text, stale: false })
        const verified = await reader.verify('ticket', COOKIE, await writer.sign('ticket', COOKIE, bytes))
        expect(typeof verified === 'string' ? verified : [...verified.bytes]).toEqual([...bytes])
      }),
    )
  })

  it('sign alike', async () => {
    expect(await there.sign('ticket', COOKIE, SHOWN)).toBe(await here.sign('ticket', COOKIE, SHOWN))
  })

  it('are at once on Node, and asynchronous on the web', () => {
    expect(here.seal('session', COOKIE, 'text')).toBeTypeOf('string')
    expect(there.seal('session', COOKIE, 'text')).toBeInstanceOf(Promise)
  })
})

describe('the format, which tokens in browsers rely on', () => {
  const keyring = createKeyring([NEW])

  it('signs with HMAC-SHA256 under a key that HKDF makes of secret, version and purpose', () => {
    const id = Buffer.from(hkdfSync('sha256', NEW, '', '9:coatcheck6:key id', 4))
    const key = Buffer.from(hkdfSync('sha256', NEW, '', '9:coatcheck9:version 16:ticket', 32))
    const bound = `9:coatcheck9:version 16:ticket6:${id.toString('base64url')}19:__Host-Http-session`
    const mac = createHmac('sha256', key).update(bound).update(SHOWN).digest().subarray(0, 16)
    const token = Buffer.concat([Uint8Array.of(1), id, mac, SHOWN]).toString('base64url')
    expect(keyring.sign('ticket', COOKIE, SHOWN)).toBe(token)
  })

  it('still reads a token that was sealed when this test was written', () => {
    const token = 'As8C8ypOxOwD_G_dUoD2KeOrWJsEohsf8FXeu8sseyYC0LWuyTMVaqM4GN8BQdMDCioFYwubt7y53n4tV3r4OgxkQg'
    expect(keyring.open('session', COOKIE, token)).toEqual({ text: '{"cart":["coat-4711"]}', stale: false })
  })
})

/** The same primitives, and how often each was called. */
function counting(primitives: Primitives) {
  const calls: Record<string, number> = {}
  const count = <T>(name: string, result: T): T => {
    calls[name] = (calls[name] ?? 0) + 1
    return result
  }
  const counted: Primitives = {
    sha256: (...args) => count('sha256', primitives.sha256(...args)),
    hkdf: (...args) => count('hkdf', primitives.hkdf(...args)),
    hmac: (...args) => count('hmac', primitives.hmac(...args)),
    aes: (...args) => count('aes', primitives.aes(...args)),
    gcmSeal: (...args) => count('gcmSeal', primitives.gcmSeal(...args)),
    gcmOpen: (...args) => count('gcmOpen', primitives.gcmOpen(...args)),
    equal: (...args) => count('equal', primitives.equal(...args)),
  }
  return { counted, calls: () => calls }
}
