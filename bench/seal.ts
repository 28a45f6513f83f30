import { decode, encode } from '../packages/coatcheck/src/crypto/base64url.ts'
import { createKeyring, type Keyring } from '../packages/coatcheck/src/crypto/keyring.ts'
import { randomText } from '../packages/coatcheck/src/crypto/random.ts'
import { bareGcm } from './own/floor.ts'
import { DATA } from './session.ts'
import { median, type Spread, shuffled, spreadOf } from './statistics.ts'

export interface SealFigures {
  /** Bytes of JSON that were sealed. */
  readonly payloadBytes: number
  /** Characters of our token. */
  readonly tokenChars: number
  /** Sealing and opening, against the same with bare AES-256-GCM and a cached key. */
  readonly sealUnsealVsRawGcm: Spread
  /** Refusing a token with a wrong tag, against sealing and opening with bare AES-256-GCM. */
  readonly forgedVsRawGcm: Spread
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
  const keyring = createKeyring([randomText(32)])
  const token = seal(keyring, DATA)
  const forged = flipLastByte(token)
  if (JSON.stringify(open(keyring, token)) !== JSON.stringify(DATA)) throw new Error('The token does not open.')
  if (keyring.open(PURPOSE, CONTEXT, forged) !== 'forged') throw new Error('The forged token was not refused as forged.')

  const bare = bareGcm()
  const rows: Record<Row, () => unknown> = {
    raw: () => bare.open(bare.seal(DATA)),
    ours: () => open(keyring, seal(keyring, DATA)),
    forged: () => keyring.open(PURPOSE, CONTEXT, forged),
  }
  const names: readonly Row[] = ['raw', 'ours', 'forged']
  for (const name of names) time(rows[name], 5 * CALLS)

  const turns = Array.from({ length: rounds }, () => {
    const turn: Record<Row, number> = { raw: 0, ours: 0, forged: 0 }
    for (const name of shuffled(names)) turn[name] = time(rows[name], CALLS)
    return turn
  })
  const micros = (name: Row): number => median(turns.map((turn) => turn[name]))
  return {
    payloadBytes: JSON.stringify(DATA).length,
    tokenChars: token.length,
    sealUnsealVsRawGcm: spreadOf(turns.map(({ ours, raw }) => ours / raw)),
    forgedVsRawGcm: spreadOf(turns.map(({ forged, raw }) => forged / raw)),
    micros: { raw: micros('raw'), ours: micros('ours'), forged: micros('forged') },
  }
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
