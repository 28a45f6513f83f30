import * as node from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test, vi } from 'vitest'
import type { Entry } from '../../../test/helpers/attacks.ts'
import { encode } from '../../crypto/base64url.ts'
import { nodeVerify, type PublicKey, type Verify, verifyOnWeb } from '../../crypto/signatures.ts'
import { bareText, publicKeyOf, readProof, thumbprintOf } from './proof.ts'

const CORPUS = (
  JSON.parse(readFileSync(new URL('../../../test/vectors/attacks.json', import.meta.url), 'utf8')) as Entry[]
).filter(({ target }) => target === 'proof')
const nodes = nodeVerify()
if (!nodes) throw new Error('no node:crypto')
const VERIFIERS: readonly (readonly [string, Verify])[] = [
  ['node:crypto', nodes],
  ['WebCrypto', verifyOnWeb],
]

interface Pair {
  readonly alg: 'ES256' | 'RS256'
  readonly jwk: PublicKey
  readonly privateKey: node.KeyObject
}
const ec = (namedCurve = 'P-256') => node.generateKeyPairSync('ec', { namedCurve })
const rsa = (modulusLength = 2048, publicExponent = 65_537) => node.generateKeyPairSync('rsa', { modulusLength, publicExponent })
const pairOf = (alg: Pair['alg'], { publicKey, privateKey }: node.KeyPairKeyObjectResult): Pair => ({
  alg,
  jwk: publicKey.export({ format: 'jwk' }) as unknown as PublicKey,
  privateKey,
})
const EC = pairOf('ES256', ec())
const OTHER = pairOf('ES256', ec())
const RSA = pairOf('RS256', rsa())
const PAIRS = [EC, RSA] as const

const text = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const signatureOf = ({ alg, privateKey }: Pair, signed: string) =>
  encode(node.sign('sha256', Buffer.from(signed), alg === 'ES256' ? { key: privateKey, dsaEncoding: 'ieee-p1363' } : privateKey))
/** A proof of these parts, signed as it should be. */
function proof(by: Pair, head: unknown = { alg: by.alg, typ: 'dbsc+jwt' }, claims: unknown = { jti: 'c' }): string {
  const signed = `${text(head)}.${text(claims)}`
  return `${signed}.${signatureOf(by, signed)}`
}
const headOf = (by: Pair) => ({ alg: by.alg, typ: 'dbsc+jwt' })
const registering = (by: Pair, jwk: unknown = by.jwk, more: object = {}, claims?: unknown) =>
  proof(by, { ...headOf(by), jwk, ...more }, claims)

/** The challenge that a verified proof answers, by both platforms, which must agree. undefined: it is refused. */
async function accepted(header: string, known?: PublicKey): Promise<string | undefined> {
  const answers = await Promise.all(
    VERIFIERS.map(async ([, verify]) => {
      const read = readProof(header, known, verify)
      return read && (await read.isGenuine()) ? read.jti : undefined
    }),
  )
  expect(answers[0], 'both platforms say the same').toBe(answers[1])
  return answers[0]
}

describe.each(PAIRS.map((pair) => [pair.alg, pair] as const))('a proof of %s', (_, pair) => {
  test('registers a key that it brings along, and answers with a known one', async () => {
    expect(await accepted(registering(pair))).toBe('c')
    expect(await accepted(proof(pair), pair.jwk)).toBe('c')
    expect(readProof(registering(pair), undefined)?.key).toEqual(publicKeyOf(pair.jwk))
  })

  test('is taken with and without the quotes of a structured field', async () => {
    expect(await accepted(`"${proof(pair)}"`, pair.jwk)).toBe('c')
    expect([bareText('"a\\"b\\\\"'), bareText('"'), bareText('a"')]).toEqual(['a"b\\', '"', 'a"'])
  })

  test('may have claims that are not known here (RFC 7519 4)', async () => {
    expect(await accepted(proof(pair, undefined, { jti: 'c', iat: 1, aud: 'https://a.test' }), pair.jwk)).toBe('c')
  })
})

test('a key’s thumbprint is that of RFC 7638, whatever the order of its members', async () => {
  const { kty, ...rest } = EC.jwk
  const turned = publicKeyOf({ ...rest, kty }) as PublicKey
  const { crv, x, y } = EC.jwk as Extract<PublicKey, { kty: 'EC' }>
  const expected = node.createHash('sha256').update(`{"crv":"${crv}","kty":"EC","x":"${x}","y":"${y}"}`).digest('hex')
  expect([await thumbprintOf(EC.jwk), await thumbprintOf(turned)]).toEqual([expected, expected])
  // The example of the RFC, 3.1.
  const n =
    '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw'
  expect(Buffer.from(await thumbprintOf({ kty: 'RSA', n, e: 'AQAB' }), 'hex').toString('base64url')).toBe(
    'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
  )
})

test('a platform without node:crypto, or whose own pretends, verifies with WebCrypto', () => {
  const real = process.getBuiltinModule.bind(process)
  const using = (change: (crypto: typeof node) => object | undefined) => {
    vi.stubGlobal('process', {
      getBuiltinModule: (id: string) => (id === 'node:crypto' ? change(real('node:crypto')) : real(id)),
    })
    try {
      return nodeVerify()
    } finally {
      vi.unstubAllGlobals()
    }
  }
  expect(using(() => undefined)).toBeUndefined()
  expect(using((crypto) => ({ ...crypto, verify: () => true }))).toBeUndefined()
  expect(using((crypto) => ({ ...crypto, createPublicKey: undefined }))).toBeUndefined()
  expect(using((crypto) => crypto)).toBeDefined()
})

type Refused = readonly [header: string, known?: PublicKey]
const unsigned = (head: unknown, claims: unknown = { jti: 'c' }, signature = '') => `${text(head)}.${text(claims)}.${signature}`
const both = (make: (pair: Pair) => readonly string[]): Refused[] =>
  PAIRS.flatMap((pair) => make(pair).map((header): Refused => [header, pair.jwk]))
const registers = (headers: readonly string[]): Refused[] => headers.map((header) => [header])
const hmacs = (keys: readonly (string | Buffer)[], head: unknown) =>
  keys.map((key) => {
    const signed = `${text(head)}.${text({ jti: 'c' })}`
    return `${signed}.${node.createHmac('sha256', key).update(signed).digest('base64url')}`
  })
const changedAt = (header: string, at: number) => {
  const bytes = Buffer.from(header.split('.')[at] ?? '', 'base64url')
  return Array.from({ length: Math.min(bytes.length, 80) }, (_, i) => {
    const copy = Buffer.from(bytes)
    copy[i] = (copy[i] ?? 0) ^ 1
    return header.split('.').with(at, copy.toString('base64url')).join('.')
  })
}

const ATTACKS: Record<string, () => readonly Refused[]> = {
  'DP-001': () => [
    ...both((pair) => [unsigned({ ...headOf(pair), alg: 'none' })]),
    ...registers(PAIRS.map((pair) => unsigned({ ...headOf(pair), alg: 'none', jwk: pair.jwk }))),
  ],
  'DP-002': () =>
    both((pair) =>
      ['None', 'NONE', 'nOnE'].flatMap((alg) => [unsigned({ ...headOf(pair), alg }), proof(pair, { ...headOf(pair), alg })]),
    ),
  'DP-003': () =>
    both((pair) => {
      const made = node.createPublicKey({ key: { ...pair.jwk }, format: 'jwk' })
      const keys = [
        JSON.stringify(pair.jwk),
        made.export({ type: 'spki', format: 'pem' }),
        made.export({ type: 'spki', format: 'der' }),
      ]
      return hmacs([...keys, 'n' in pair.jwk ? pair.jwk.n : pair.jwk.x, ''], { ...headOf(pair), alg: 'HS256' })
    }),
  'DP-004': () => [
    [proof(EC, { ...headOf(EC), alg: 'RS256' }), EC.jwk],
    [proof(RSA, { ...headOf(RSA), alg: 'ES256' }), RSA.jwk],
    [registering(EC, EC.jwk, { alg: 'RS256' })],
    [registering(RSA, RSA.jwk, { alg: 'ES256' })],
    [proof(RSA), EC.jwk],
    [proof(EC), RSA.jwk],
    [registering(EC, RSA.jwk)],
  ],
  'DP-005': () =>
    both((pair) =>
      ['ES384', 'ES512', 'PS256', 'RS512', 'EdDSA', 'es256', '__proto__', 'toString', '', ['ES256'], 256, null, true].map((alg) =>
        proof(pair, { ...headOf(pair), alg }),
      ),
    ),
  'DP-006': () =>
    both((pair) =>
      ['JWT', 'jwt', 'dbsc+JWT', 'application/dbsc+jwt', 'dbsc+jwt ', undefined, null, ['dbsc+jwt']].map((typ) =>
        proof(pair, { ...headOf(pair), typ }),
      ),
    ),
  'DP-007': () => [
    [registering(OTHER), EC.jwk],
    [registering(EC), EC.jwk],
    [proof(OTHER, { ...headOf(OTHER), jwk: null }), EC.jwk],
  ],
  'DP-008': () =>
    both((pair) =>
      [
        { jku: 'https://evil.test' },
        { x5u: '' },
        { x5c: [] },
        { kid: '1' },
        { crit: ['b64'] },
        { b64: false },
        { zip: 'DEF' },
      ].flatMap((more) => [proof(pair, { ...headOf(pair), ...more })]),
    ),
  'DP-009': () => registers([proof(EC), ...[null, 'key', [], [EC.jwk], 1, true].map((jwk) => registering(EC, jwk))]),
  'DP-010': () => [
    ...registers([
      registering(EC, EC.privateKey.export({ format: 'jwk' })),
      registering(RSA, RSA.privateKey.export({ format: 'jwk' })),
      registering(EC, { kty: 'oct', k: 'c2VjcmV0' }),
      registering(EC, { kty: 'OKP', crv: 'Ed25519', x: EC.jwk.kty === 'EC' ? EC.jwk.x : '' }),
      registering(EC, { ...RSA.jwk, ...EC.jwk }),
      registering(EC, { ...EC.jwk, alg: 'none' }),
    ]),
    ...registers(
      ['P-384', 'P-521', 'secp256k1'].map((curve) => {
        const { publicKey, privateKey } = ec(curve)
        return registering({ alg: 'ES256', privateKey, jwk: EC.jwk }, publicKey.export({ format: 'jwk' }))
      }),
    ),
  ],
  'DP-011': () => {
    const { x, y } = EC.jwk as Extract<PublicKey, { kty: 'EC' }>
    const zeros = encode(new Uint8Array(32))
    const points = [
      [x, x],
      [y, x],
      [zeros, zeros],
      [x, zeros],
      [x.slice(0, 40), y],
      [`${x}A`, y],
      [encode(new Uint8Array(32).fill(255)), y],
    ]
    return registers(points.map(([first, second]) => registering(EC, { kty: 'EC', crv: 'P-256', x: first, y: second })))
  },
  'DP-012': () => {
    const signs = (pair: node.KeyPairKeyObjectResult) => registering(pairOf('RS256', pair))
    const { n } = RSA.jwk as Extract<PublicKey, { kty: 'RSA' }>
    return registers([
      signs(rsa(512)),
      signs(rsa(1024)),
      signs(rsa(2048, 3)),
      ...['AQ', 'Aw', 'AQAD', 'AQABAA', ''].map((e) => registering(RSA, { kty: 'RSA', n, e })),
      registering(RSA, { kty: 'RSA', n: encode(new Uint8Array(1024).fill(255)), e: 'AQAB' }),
      registering(RSA, { kty: 'RSA', n: encode(new Uint8Array(257).fill(1)), e: 'AQAB' }),
    ])
  },
  'DP-013': () => {
    const signed = `${text(headOf(EC))}.${text({ jti: 'c' })}`
    const der = node.sign('sha256', Buffer.from(signed), EC.privateKey)
    const lengths = [0, 63, 64, 65, 128].map((length) => new Uint8Array(length))
    return [der, ...lengths].map((signature): Refused => [`${signed}.${encode(signature)}`, EC.jwk])
  },
  'DP-014': () => both((pair) => [0, 1, 2].flatMap((at) => changedAt(proof(pair), at))),
  'DP-015': () =>
    both((pair) => {
      const [, , other = ''] = proof(pair, undefined, { jti: 'd' }).split('.')
      return [unsigned(headOf(pair), { jti: 'c' }, other)]
    }),
  'DP-016': () =>
    both((pair) =>
      [{}, { jti: '' }, { jti: 1 }, { jti: ['c'] }, { jti: { toString: 'c' } }, { jti: 'x'.repeat(513) }, [], 'c', 1, null].map(
        (claims) => proof(pair, undefined, claims),
      ),
    ),
  'DP-017': () =>
    both((pair) => {
      const whole = proof(pair)
      const [head = '', claims = '', signature = ''] = whole.split('.')
      const json = JSON.stringify({ protected: head, payload: claims, signature })
      return [
        '',
        '.',
        '..',
        '...',
        `${head}.${claims}`,
        `${whole}.`,
        `${whole}.a.b`,
        `.${claims}.${signature}`,
        `${head}..${signature}`,
        json,
      ]
    }),
  'DP-018': () =>
    both((pair) => {
      const [head = '', claims = '', signature = ''] = proof(pair).split('.')
      const spelled = [`${head}=`, `${head} `, `${head}\n`, head.replace(/^e/, 'e+')].map(
        (each) => `${each}.${claims}.${signature}`,
      )
      const stray =
        signature.slice(0, -1) +
        (signature.endsWith('A') ? 'B' : String.fromCharCode(signature.charCodeAt(signature.length - 1) + 1))
      return [...spelled, `${head}.${claims}.${stray}`, `${head}.${claims}.${signature}=`]
    }),
  'DP-019': () => both((pair) => [`${proof(pair)}${'A'.repeat(1_000_000)}`, 'A'.repeat(1_000_000), `${'.'.repeat(1_000_000)}`]),
  'DP-020': () => {
    const deep = '['.repeat(1400)
    const heads = [deep, '\uFEFF{}', '{"alg":"ES256"', '[]', '1', 'null', '"\\ud800"', '']
    const bytes = encode(Uint8Array.of(0x7b, 0xff, 0x7d))
    return both((pair) => [...heads.map((head) => unsigned(head)), `${bytes}.${bytes}.${bytes}`, proof(pair, headOf(pair), deep)])
  },
  'DP-021': () =>
    both((pair) => [
      unsigned(`{"alg":"${pair.alg}","typ":"dbsc+jwt","alg":"none"}`),
      unsigned(`{"typ":"dbsc+jwt","__proto__":{"alg":"${pair.alg}"}}`),
      proof(pair, `{"typ":"dbsc+jwt","__proto__":{"alg":"${pair.alg}"}}`),
      proof(pair, `{"alg":"${pair.alg}","typ":"dbsc+jwt","__proto__":{}}`),
    ]),
  'DP-022': () => [
    [proof(OTHER), EC.jwk],
    [proof(pairOf('RS256', rsa())), RSA.jwk],
  ],
}

test('the corpus has an attack for each of its proofs', () => {
  expect(CORPUS.map(({ id }) => id)).toEqual(Object.keys(ATTACKS))
})

test.each(CORPUS.map((entry) => [entry.id, entry.generator, entry] as const))('%s: %s', async (id) => {
  const headers = ATTACKS[id]?.() ?? []
  expect(headers.length).toBeGreaterThan(0)
  for (const [header, known] of headers) expect(await accepted(header, known), header.slice(0, 200)).toBeUndefined()
})

test('DP-019: what is too long is refused before any of it is parsed', () => {
  const [parse, verify] = [vi.spyOn(JSON, 'parse'), vi.fn<Verify>()]
  try {
    for (const [header, known] of ATTACKS['DP-019']?.() ?? []) expect(readProof(header, known, verify)).toBeUndefined()
    expect(parse).not.toHaveBeenCalled()
    expect(verify).not.toHaveBeenCalled()
  } finally {
    parse.mockRestore()
  }
})
