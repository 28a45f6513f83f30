/** What cookies of other libraries may do: open nothing, or what the other library wrote. */
import { stringify } from 'devalue'
import { SessionError } from '../../../src/errors.ts'
import { astroRecord } from '../../../src/migrate/astro.ts'
import { cookieSession } from '../../../src/migrate/cookie-session.ts'
import { expressSession } from '../../../src/migrate/express-session.ts'
import type { OldSession, SessionReader } from '../../../src/migrate/format.ts'
import { h3Seal } from '../../../src/migrate/h3.ts'
import { hydrogenCookie, hydrogenId } from '../../../src/migrate/hydrogen.ts'
import { ironSession, ironSessionChunks } from '../../../src/migrate/iron-session.ts'
import { remixCookie, remixId, storedSessions } from '../../../src/migrate/remix.ts'
import { remix3Cookie, remix3Id } from '../../../src/migrate/remix3.ts'
import { signer } from '../../../src/migrate/signed.ts'
import { COOKIE, checkEvents, type Grounds, grounds, NOW, SECRET } from '../grounds.ts'
import { gibberish, mutated } from '../mutate.ts'
import { type Random, withSeededBytes } from '../random.ts'
import { counted, holds, type Input, type Running, type Target } from '../target.ts'
import { json, shape } from '../values.ts'

const OTHER = 'theirs-1f4Qm9Xv7Lr2Kt8Wz5Bn3Yc6pQ'
const VALUES = { name: 'ada', cart: [{ sku: 'coat', many: 2 }], nothing: null }
const FLASH = { note: 'saved' }
const UUID = '2c5ea4c0-4067-4e6a-8b1d-3f0a5b6c7d8e'

/** One format: how it is read, what genuine cookies of it are, and what lies in the other library's store. */
interface Format {
  readonly reader: SessionReader
  /** By the cookie's name. */
  readonly genuine: Readonly<Record<string, string>>
  /** Visitors, or whoever writes to the other library's store, may make up what it holds. */
  readonly trustless: boolean
  readonly record?: { text: string; readonly genuine: string }
  /** How often this format is drawn: what derives keys is drawn less. */
  readonly weight: number
}

async function formats(): Promise<Readonly<Record<string, Format>>> {
  const session = { values: VALUES, flash: FLASH, id: UUID, createdAt: NOW, now: NOW }
  const rowText = JSON.stringify({ ...VALUES, __flash_note__: 'saved' })
  const store = (genuine: string) => ({ text: genuine, genuine })
  const astro = store(
    stringify(
      new Map([
        ['name', { data: 'ada' }],
        ['cart', { data: { many: new Set([1]) }, expires: NOW + 1000 }],
      ]),
    ),
  )
  const row = store(rowText)
  const express = store(JSON.stringify({ cookie: { expires: new Date(NOW + 1000), path: '/' }, ...VALUES }))
  const signed = async (text: string) => `s%3A${encodeURIComponent(await signer([SECRET]).sign(text))}`
  const read = async () => JSON.parse(row.text)
  const formats = {
    remix: remixCookie([OTHER, SECRET]),
    'remix unsigned': remixCookie([]),
    remix3: remix3Cookie([OTHER, SECRET]),
    hydrogen: hydrogenCookie(),
    'h3 1': h3Seal({ password: SECRET, version: 1, reads: [1], maxAge: 900 }),
    'h3 2': h3Seal({ password: { default: SECRET, old: OTHER }, version: 2, reads: [2], idleTimeout: 900 }),
    iron: ironSession({ password: { 1: OTHER, 2: SECRET }, cookieName: COOKIE }),
  }
  const all: Record<string, Format> = {}
  for (const [name, format] of Object.entries(formats)) {
    const { cookieName: _, ...reader } = format
    const trustless = name === 'hydrogen' || name === 'remix unsigned'
    all[name] = { reader, genuine: { [COOKIE]: await format.write(session) }, trustless, weight: name === 'h3 2' ? 1 : 30 }
  }
  const theirs = cookieSession({ keys: [OTHER, SECRET], name: 'cs' })
  const value = await theirs.write(session)
  all['cookie-session'] = {
    reader: theirs,
    genuine: { cs: value, ...Object.fromEntries(await theirs.companions(value)) },
    trustless: false,
    weight: 30,
  }
  const chunked = ironSession({ password: SECRET, cookieName: 'is' })
  const seal = await chunked.write(session)
  all['iron chunks'] = {
    reader: ironSessionChunks({ password: SECRET, cookieName: 'is' }),
    genuine: { 'is.0': seal.slice(0, 100), 'is.1': seal.slice(100, 200), 'is.2': seal.slice(200) },
    trustless: false,
    weight: 30,
  }
  const h3 = await formats['h3 1'].write(session)
  all['h3 chunks'] = {
    reader: formats['h3 1'],
    genuine: { [COOKIE]: '__chunked__2', [`${COOKIE}.1`]: h3.slice(0, 150), [`${COOKIE}.2`]: h3.slice(150) },
    trustless: false,
    weight: 30,
  }
  const inStore = (name: string, reader: SessionReader, cookie: string, record: { text: string; readonly genuine: string }) => {
    all[name] = { reader, genuine: { [reader.cookieName ?? COOKIE]: cookie }, trustless: true, record, weight: 30 }
  }
  inStore('astro', astroRecord({ getItem: () => astro.text, removeItem: () => undefined }), UUID, astro)
  inStore('remix id', storedSessions(remixId([SECRET]), read), await remixId([SECRET]).write('0123456789abcdef'), row)
  inStore('remix3 id', storedSessions(remix3Id([SECRET]), read), await remix3Id([SECRET]).write(UUID), row)
  inStore('hydrogen id', storedSessions(hydrogenId(), read), await hydrogenId().write(UUID), row)
  const express2 = {
    get: (_: string, done: (error?: unknown, session?: unknown) => void) => done(null, JSON.parse(express.text)),
    destroy: () => undefined,
  }
  inStore('express', expressSession({ secret: [OTHER, SECRET], store: express2 }), await signed('an-id-of-express'), express)
  return all
}

interface RequestHeaders {
  readonly format: string
  readonly cookies: Readonly<Record<string, string>>
  /** What the other library's store answers. */
  readonly record?: string
}

async function open(): Promise<Running> {
  // The formats draw random bytes of WebCrypto; ids of theirs are fixed above.
  const all = await withSeededBytes('migrate', formats)
  const names = Object.entries(all).flatMap(([name, { weight }]) => Array<string>(weight).fill(name))
  const expected = new Map<string, string>()
  const sites = new Map<string, Grounds>()
  const ends = new Map<string, number>()
  const ask = async ({ reader, record }: Format, { cookies, record: stored }: RequestHeaders) => {
    if (record) record.text = stored ?? record.genuine
    const cookieName = reader.cookieName ?? COOKIE
    const cookie = (name: string) => (Object.hasOwn(cookies, name) ? cookies[name] : undefined)
    return reader.read(cookie(cookieName) ?? '', { cookieName, now: NOW, cookie })
  }
  const genuine: Record<string, string> = {}
  for (const [name, format] of Object.entries(all)) {
    const found = await ask(format, { format: name, cookies: format.genuine })
    holds(found !== undefined, `the genuine cookie of ${name} opens`)
    expected.set(name, contentOf(found))
    for (const [cookie, value] of Object.entries(format.genuine)) genuine[`${name} ${cookie}`] = value
    sites.set(name, grounds({ secrets: SECRET, migrateFrom: [format.reader], chunks: true }))
  }

  return {
    genuine,
    ends,
    draw(random) {
      const name = random.pick(names)
      const format = all[name] as Format
      const values = Object.values(all).flatMap((each) => Object.values(each.genuine))
      const cookies = Object.fromEntries(
        Object.entries(format.genuine).map(([cookie, value]) => [cookie, otherCookie(value, format, random, values)]),
      )
      const record = format.record && (random.oneIn(3) ? format.record.genuine : otherRecord(format.record.genuine, random))
      const isOnlyRecord = record !== undefined && !random.oneIn(4)
      return { format: name, cookies: isOnlyRecord ? { ...format.genuine } : cookies, ...(record !== undefined && { record }) }
    },
    async check(input: Input) {
      const presented = input as unknown as RequestHeaders
      const format = all[presented.format]
      if (!format || typeof presented.cookies !== 'object') return
      try {
        JSON.parse(presented.record ?? 'null')
      } catch {
        // Stores of these libraries answer objects: text that is no JSON is for Astro alone, which is given the text.
        if (presented.format !== 'astro') return
      }
      const found = await opened(() => ask(format, presented))
      counted(ends, `${presented.format}: ${found === 'damaged' ? found : found ? 'opened' : 'refused'}`)
      if (found && found !== 'damaged') {
        if (!format.trustless)
          holds(
            contentOf(found) === expected.get(presented.format),
            'what opens is what the other library wrote',
            () => presented.format,
          )
        for (const key of [...Object.keys(found.values), ...Object.keys(found.flash ?? {})]) {
          holds(key !== '' && key !== '__proto__' && key.isWellFormed(), 'keys that a session can have')
        }
      }
      holds(!('admin' in {}) && Object.keys(Object.prototype).length === 0, 'no prototype is changed')
      const site = sites.get(presented.format) as Grounds
      await visit(site, presented, found)
    },
  }
}

/** The same through the engine: a stranger, or an adopted session, and nothing else. */
async function visit(site: Grounds, { cookies }: RequestHeaders, found: OldSession | undefined | 'damaged'): Promise<void> {
  const cookie = Object.entries(cookies)
    .map(([name, value]) => `${name}=${value}`)
    .join('; ')
  const run = () => site.visit({ cookie })
  const seen = await run().catch((error) => {
    // One that is too long for eight cookies cannot be kept; its visitor made it so long, or the other library did.
    if (error instanceof SessionError && error.code === 'COOKIE_TOO_LARGE') return undefined
    throw error
  })
  if (!seen) return
  checkEvents(seen.events, site.hidden, Object.values(cookies))
  if (found === undefined && !cookie.includes(',')) {
    // What a header makes of these values may be another cookie: then the reader said nothing of it.
    const isSame = Object.values(cookies).every((value) => /^[!#-+\--:<-~]*$/.test(value) && !value.startsWith('~'))
    if (isSame) holds(seen.isEmpty && seen.lines.length === 0, 'what no reader opens begins nothing')
  }
}

async function opened(run: () => Promise<OldSession | undefined>): Promise<OldSession | undefined | 'damaged'> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof SessionError && error.code === 'DAMAGED_RECORD') return 'damaged'
    throw error
  }
}

const contentOf = ({ values, flash = {}, ends = {}, id = '', createdAt = 0 }: OldSession): string =>
  shape([values, flash, ends, id, createdAt])

function otherCookie(value: string, format: Format, random: Random, values: readonly string[]): string {
  if (format.trustless && !format.record && random.oneIn(2)) return madeUp(random)
  if (random.oneIn(20)) return gibberish(random)
  return random.oneIn(5) ? value : mutated(value, random, values)
}

/** What a visitor may write where nothing is signed. */
function madeUp(random: Random): string {
  const text = mutated(JSON.stringify(json(random)), random, [JSON.stringify(VALUES)])
  return encodeURIComponent((random.oneIn(2) ? text : Buffer.from(text).toString('base64')).toWellFormed())
}

function otherRecord(genuine: string, random: Random): string {
  if (random.oneIn(4)) return JSON.stringify(json(random))
  return mutated(genuine, random, [genuine, stringify({ a: new Date(0), b: [1n, new Map([[1, 2]])] })])
}

export const migrateFrom: Target = { name: 'migrate', open }
