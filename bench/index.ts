import { type Cost, measureRequests, type RequestFigures } from './requests.ts'
import { measureSeal, type SealFigures } from './seal.ts'

/** What `--json` prints. Microseconds are medians over the rounds of one run. */
interface Report {
  /** Sealing and opening 306 bytes, as a multiple of bare AES-256-GCM with a cached key. */
  readonly sealUnsealVsRawGcm: number
  /** Refusing a forged ticket, as a multiple of the same. */
  readonly forgedVsRawGcm: number
  /** What a session adds to a request that reads and changes it, by where sessions are kept. */
  readonly requestOverheadMicros: Readonly<Record<string, number>>
  /** The same for a request that only reads. */
  readonly readingOverheadMicros: Readonly<Record<string, number>>
  /** The whole Set-Cookie line: of a sealed session of 306 bytes, and of one in a store, whatever its size. */
  readonly setCookieBytes: { readonly sealed: number; readonly stored: number }
  readonly inHono: RequestFigures['inHono']
  readonly node: string
}

const [quick, json] = ['--quick', '--json'].map((option) => process.argv.includes(option))
const seal = measureSeal(quick ? 1 : 60)
const requests = await measureRequests(quick ? { rounds: 2, turn: 2 } : { rounds: 25, turn: 20 })
console.log(json ? JSON.stringify(reportOf(seal, requests)) : tableOf(seal, requests))

function reportOf({ sealUnsealVsRawGcm, forgedVsRawGcm }: SealFigures, { stores, inHono }: RequestFigures): Report {
  const each = (what: (cost: Cost) => number) =>
    Object.fromEntries(Object.entries(stores).map(([name, cost]) => [name, what(cost)]))
  return {
    sealUnsealVsRawGcm: sealUnsealVsRawGcm.median,
    forgedVsRawGcm: forgedVsRawGcm.median,
    requestOverheadMicros: each(({ writing }) => writing),
    readingOverheadMicros: each(({ reading }) => reading),
    setCookieBytes: { sealed: stores.sealed.cookieBytes, stored: stores.memory.cookieBytes },
    inHono,
    node: process.version,
  }
}

function tableOf({ payloadBytes, sealUnsealVsRawGcm, forgedVsRawGcm }: SealFigures, { stores, inHono }: RequestFigures): string {
  const times = (value: number) => `${value.toFixed(2)} x`.padStart(10)
  const micros = (value: number) => `${value.toFixed(value < 100 ? 1 : 0)} µs`.padStart(10)
  const row = (name: string, { reading, writing, cookieBytes }: Cost) =>
    `  ${name.padEnd(36)}${micros(reading)}${micros(writing)}${`${cookieBytes} bytes`.padStart(13)}`
  return [
    `Sealing ${payloadBytes} bytes, beside bare AES-256-GCM              at most`,
    `  ${'seal and open'.padEnd(36)}${times(sealUnsealVsRawGcm.median)}${times(1.5)}`,
    `  ${'refuse a forged ticket'.padEnd(36)}${times(forgedVsRawGcm.median)}${times(1)}`,
    '',
    'What a session adds to a request         reading   writing   Set-Cookie',
    row('sealed in the cookie', stores.sealed),
    row('in a store: memory', stores.memory),
    row('in a store: SQLite', stores.sqlite),
    row('in a store: files, each write synced', stores.file),
    '',
    'The same in Hono, beside what it has itself',
    row('sealed in the cookie', inHono.sealed),
    row("Hono's signed cookie, readable", inHono.signedCookie),
    '',
    `Medians of one interleaved run, Node ${process.version}.`,
  ].join('\n')
}
