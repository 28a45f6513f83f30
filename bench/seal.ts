import { createCipheriv, createDecipheriv, createSecretKey, getRandomValues } from 'node:crypto'
import { decode, encode } from '../packages/coatcheck/src/crypto/base64url.ts'
import { createKeyring, type Keyring } from '../packages/coatcheck/src/crypto/keyring.ts'
import { randomBytes, randomText } from '../packages/coatcheck/src/crypto/random.ts'

/** A median of per-round ratios, with the quartiles around it. */
export interface Ratio {
  readonly median: number
  readonly quartiles: readonly [number, number]
}

export interface SealFigures {
  /** Bytes of JSON that were sealed. */
  readonly payloadBytes: number
  /** Characters of our token. */
  readonly tokenChars: number
  /** Sealing and opening, against the same with bare AES-256-GCM and a cached key. */
  readonly sealUnsealVsRawGcm: Ratio
  /** Refusing a token with a wrong tag, against sealing and opening with bare AES-256-GCM. */
  readonly forgedVsRawGcm: Ratio
  /** Median microseconds of each row, a call. */
  readonly micros: Readonly<Record<Row, number>>
}

type Row = 'raw' | 'ours' | 'forged'

const CALLS = 400
const PURPOSE = 'session'
const CONTEXT = ['__Host-Http-session']

/**
 * What sealing costs against the least that `node:crypto` can do. Every side pays for JSON, base64url and randomness; the
 * rows are timed in short turns in shuffled order, and each round gives one ratio, so that a busy machine slows all alike.
 */
export function measureSeal(rounds = 200): SealFigures {
  const data = payload()
  const keyring = createKeyring([randomText(32)])
  const token = seal(keyring, data)
  const forged = flipLastByte(token)
  if (JSON.stringify(open(keyring, token)) !== JSON.stringify(data)) throw new Error('The token does not open.')
  if (keyring.open(PURPOSE, CONTEXT, forged) !== 'forged') throw new Error('The forged token was not refused as forged.')

  const bare = createBareGcm()
  const rows: Record<Row, () => unknown> = {
    raw: () => bare.open(bare.seal(data)),
    ours: () => open(keyring, seal(keyring, data)),
    forged: () => keyring.open(PURPOSE, CONTEXT, forged),
  }
  const names: readonly Row[] = ['raw', 'ours', 'forged']
  for (const name of names) time(rows[name], 5 * CALLS)

  const turns = Array.from({ length: rounds }, () => {
    const turn: Record<Row, number> = { raw: 0, ours: 0, forged: 0 }
    for (const name of shuffled(names)) turn[name] = time(rows[name], CALLS)
    return turn
  })
  const micros = (name: Row) =>
    quantile(
      turns.map((turn) => turn[name]),
      0.5,
    )
  return {
    payloadBytes: JSON.stringify(data).length,
    tokenChars: token.length,
    sealUnsealVsRawGcm: ratio(turns.map(({ ours, raw }) => ours / raw)),
    forgedVsRawGcm: ratio(turns.map(({ forged, raw }) => forged / raw)),
    micros: { raw: micros('raw'), ours: micros('ours'), forged: micros('forged') },
  }
}

/** A visitor with a cart: 306 bytes of JSON. */
function payload(): unknown {
  const cart = [
    { sku: 'coat-4711', size: 'M', quantity: 1, cents: 12900 },
    { sku: 'scarf-0815', size: '-', quantity: 2, cents: 1950 },
    { sku: 'glove-2342', size: 'L', quantity: 1, cents: 2475 },
  ]
  const data = { user: 'user_01J9ZQ4W7K', language: 'en-GB', theme: 'dark', cart, note: '' }
  return { ...data, note: 'x'.repeat(306 - JSON.stringify(data).length) }
}

function seal(keyring: Keyring, data: unknown): string {
  const token = keyring.seal(PURPOSE, CONTEXT, JSON.stringify(data))
  if (typeof token !== 'string') throw new Error('node:crypto is not used here.')
  return token
}

function open(keyring: Keyring, token: string): unknown {
  const opened = keyring.open(PURPOSE, CONTEXT, token)
  if (typeof opened === 'string' || opened instanceof Promise) throw new Error('The token was not opened.')
  return JSON.parse(opened.text)
}

/** AES-256-GCM as one would write it by hand: a 12-byte nonce, no key id, nothing bound in. */
function createBareGcm() {
  const key = createSecretKey(randomBytes(32))
  return {
    seal(data: unknown): string {
      const nonce = getRandomValues(new Uint8Array(12))
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 })
      const sealed = Buffer.concat([nonce, cipher.update(JSON.stringify(data), 'utf8'), cipher.final(), cipher.getAuthTag()])
      return sealed.toString('base64url')
    },
    open(token: string): unknown {
      const bytes = Buffer.from(token, 'base64url')
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 })
      decipher.setAuthTag(bytes.subarray(-16))
      return JSON.parse(Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString())
    },
  }
}

function flipLastByte(token: string): string {
  const bytes = decode(token) ?? new Uint8Array()
  return encode(bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte)))
}

export let sink: unknown

/** Microseconds a call. */
function time(work: () => unknown, calls: number): number {
  const start = performance.now()
  for (let i = 0; i < calls; i++) sink = work()
  return ((performance.now() - start) * 1000) / calls
}

function shuffled<T>(items: readonly T[]): readonly T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

function ratio(values: readonly number[]): Ratio {
  return { median: quantile(values, 0.5), quartiles: [quantile(values, 0.25), quantile(values, 0.75)] }
}

function quantile(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(part * (values.length - 1))] ?? Number.NaN
}

function report({ micros, ...figures }: SealFigures): string {
  const line = (what: string, { median, quartiles }: Ratio, most: number) =>
    `${what}  ${median.toFixed(2)}  (quartiles ${quartiles.map((value) => value.toFixed(2)).join(' to ')}; at most ${most.toFixed(1)})`
  return [
    `${figures.payloadBytes} bytes of JSON, ${figures.tokenChars} characters of token`,
    line('sealUnsealVsRawGcm', figures.sealUnsealVsRawGcm, 1.5),
    line('forgedVsRawGcm    ', figures.forgedVsRawGcm, 1),
    `microseconds: raw ${micros.raw.toFixed(1)}, ours ${micros.ours.toFixed(1)}, forged ${micros.forged.toFixed(1)}`,
  ].join('\n')
}

if (import.meta.main) {
  const figures = measureSeal()
  console.log(process.argv.includes('--json') ? JSON.stringify(figures) : report(figures))
}
