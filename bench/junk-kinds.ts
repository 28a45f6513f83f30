import { createHmac, randomBytes } from 'node:crypto'
import { createKeyring } from '../packages/coatcheck/src/crypto/keyring.ts'
import { createSessions, type Sessions, type Store } from '../packages/coatcheck/src/index.ts'
import { astroRecord } from '../packages/coatcheck/src/migrate/astro.ts'
import { cookieSession } from '../packages/coatcheck/src/migrate/cookie-session.ts'
import { expressSession } from '../packages/coatcheck/src/migrate/express-session.ts'
import { h3Seal } from '../packages/coatcheck/src/migrate/h3.ts'
import { hydrogenCookie } from '../packages/coatcheck/src/migrate/hydrogen.ts'
import { ironSession } from '../packages/coatcheck/src/migrate/iron-session.ts'
import { remixCookie } from '../packages/coatcheck/src/migrate/remix.ts'
import { remix3Cookie } from '../packages/coatcheck/src/migrate/remix3.ts'
import { memoryStore } from '../packages/coatcheck/src/stores/memory.ts'

export type HeaderLines = Readonly<Record<string, string>>

/** What somebody sends to a site of this kind, as header lines. */
export interface Junk {
  readonly site: string
  readonly name: string
  /** Of the next request. */
  readonly headers: () => HeaderLines
  /** Costs a derivation of keys, of which a second has a few only: measured as a thousand requests at the beginning of one. */
  readonly isFlood?: boolean
}

/** Of whoever has the secret, or can write to the store; no visitor can send it. */
export const needsSecret = ({ name }: Junk): boolean => /^a (?:genuine seal|record) /.test(name)

const SECRET = 'Qm7xT2vLc9Rk4pWz8sYb3nHf6dJg5aEu'
export const COOKIE = '__Host-Http-session'
/** Under this id the store holds a bomb. */
const ID = 'B'.repeat(32)
const UUID = '2c5ea4c0-4067-4e6a-8b1d-3f0a5b6c7d8e'

const formats = {
  remix: remixCookie([SECRET]),
  'remix, unsigned': remixCookie([]),
  remix3: remix3Cookie([SECRET]),
  hydrogen: hydrogenCookie(),
  'h3, reads 1': h3Seal({ password: SECRET, version: 1, reads: [1] }),
  'h3, reads 1 and 2': h3Seal({ password: SECRET }),
  'iron-session': ironSession({ password: SECRET, cookieName: COOKIE }),
  'cookie-session': cookieSession({ keys: [SECRET], name: COOKIE }),
}
const express = expressSession({ secret: SECRET, store: { get: (_, done) => done(), destroy: () => {} }, cookieName: COOKIE })
const astro = astroRecord({ getItem: () => null, removeItem: () => {} })
/** As a site has them that moved from one library to the next. */
const several = [formats.remix, formats.remix3, formats['iron-session'], formats['cookie-session'], express, astro]

/** Bombs in the form of devalue, as values of a session that whoever writes to the store may make up. */
const BOMBS: Readonly<Record<string, string>> = {
  'a record with references to references': `[${Array.from({ length: 4000 }, (_, at) => `[${at + 1},${at + 1}]`).join()},"x"]`,
  'a record with an array that claims to be huge': '[[-7,4294967295,0,1],1]',
  'a record with a number of 20 000 digits': `[["BigInt","${'9'.repeat(20_000)}"]]`,
  'a record with a typed array over its buffer': '[["Float64Array",1,4294967295,9],["ArrayBuffer","AAAAAAAAAAA="]]',
  'a record with a value nested 10 000 deep': `[${'['.repeat(10_000)}${']'.repeat(10_000)}]`,
}
const bombIds = Object.keys(BOMBS).map((_, at) => ID.slice(0, -1) + 'ACEGI'[at])

export const SITES: Readonly<Record<string, Sessions>> = {
  sealed: createSessions({ secrets: SECRET, header: 'authorization' }),
  chunks: createSessions({ secrets: SECRET, chunks: true, header: 'authorization' }),
  stored: createSessions({ secrets: SECRET, store: memoryStore(), header: 'authorization' }),
  'stored, without secrets': createSessions({ store: bombs(), header: 'authorization' }),
  ...Object.fromEntries(
    Object.entries(formats).map(([name, reader]) => [`old ${name}`, createSessions({ secrets: SECRET, migrateFrom: [reader] })]),
  ),
  'old express': createSessions({ secrets: SECRET, migrateFrom: [express] }),
  'old astro': createSessions({ secrets: SECRET, migrateFrom: [astro] }),
  'old, six of them': createSessions({ secrets: SECRET, migrateFrom: several }),
}

/** A store where every record of an id that is known holds a bomb. */
function bombs(): Store {
  const store = memoryStore()
  let texts: Map<string, string> | undefined
  return {
    ...store,
    async read(key) {
      texts ??= await keysOfBombs()
      const bomb = texts.get(key)
      if (bomb === undefined) return store.read(key)
      const data = `{"format":1,"key":"${key.slice(0, 16)}","data":{"user":{"r":${bomb}}}}`
      const now = Date.now()
      return { record: { data, createdAt: now - 1000, endsAt: now + 1e9, expiresAt: now + 1e9 }, version: '1' }
    },
  }
}

async function keysOfBombs(): Promise<Map<string, string>> {
  const { digest } = await import('../packages/coatcheck/src/crypto/digest.ts')
  const all = Object.values(BOMBS).map(async (bomb, at) => [await digest(`session ${COOKIE}`, bombIds[at] ?? ''), bomb] as const)
  return new Map(await Promise.all(all))
}

const text = (bytes: number): string =>
  randomBytes(Math.ceil((bytes * 3) / 4))
    .toString('base64url')
    .slice(0, bytes)
const hex = (digits: number): string => randomBytes(digits / 2).toString('hex')
const pieces = (value: string, name = COOKIE): string => {
  const parts = value.match(/.{1,4000}/gs) ?? []
  return parts.map((part, at) => (at === 0 ? `${name}=~${parts.length}~${part}` : `${name}.${at}=${part}`)).join('; ')
}
const h3Pieces = (value: string, length = 3900): string => {
  const parts = value.match(new RegExp(`.{1,${length}}`, 'g')) ?? []
  return [under(`__chunked__${parts.length}`), ...parts.map((part, at) => `${COOKIE}.${at + 1}=${part}`)].join('; ')
}
const under = (value: string): string => `${COOKIE}=${value}`
/** JSON nested so deeply that a careless reader overflows its stack. */
const deep = (depth: number): string => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`
const base64 = (content: string): string => Buffer.from(content).toString('base64')
/** A token with the right version and key id, of which the rest is invented. */
const forged = async (bytes: number, kind: 'seal' | 'sign'): Promise<string> => {
  const keyring = createKeyring([SECRET])
  const real =
    kind === 'seal' ? await keyring.seal('session', [COOKIE], 'x') : await keyring.sign('ticket', [COOKIE], randomBytes(24))
  return Buffer.concat([Buffer.from(real, 'base64url').subarray(0, 5), randomBytes(bytes)]).toString('base64url')
}
const iron = (bytes: number, end = ''): string => `Fe26.2**${hex(64)}*${text(22)}*${text(bytes)}*${end}*${hex(64)}*${text(43)}`
const padded = (bytes: number): string => randomBytes(bytes).toString('base64url')
/** Random bytes in the exact form of a seal. */
const seal = (blocks: number, end = ''): string =>
  `Fe26.2**${hex(64)}*${padded(16)}*${padded(16 * blocks)}*${end}*${hex(64)}*${padded(32)}`
const hmac = (value: string, key: string): string => createHmac('sha256', key).update(value).digest('base64').replace(/=+$/, '')

export async function allJunk(): Promise<readonly Junk[]> {
  const keyring = createKeyring([SECRET])
  const sealed = (content: string) => keyring.seal('session', [COOKIE], content)
  const cookies = (site: string, rows: Readonly<Record<string, string>>): Junk[] =>
    Object.entries(rows).map(([name, cookie]) => ({ site, name, headers: same({ cookie }) }))
  const anywhere: Readonly<Record<string, string>> = {
    '32 kB of another cookie': `other=${text(32_000)}`,
    '500 other cookies': Array.from({ length: 500 }, (_, at) => `c${at}=${text(30)}`).join('; '),
    '500 cookies of a name like ours': Array.from({ length: 500 }, () => `${COOKIE}x=${text(10)}`).join('; '),
    '32 kB of semicolons': ';'.repeat(32_000),
    '32 kB of spaces': `${COOKIE}${' '.repeat(31_900)}=a`,
    'junk of 40 characters': under(text(40)),
    'junk of 4 kB': under(text(4000)),
    'junk of 32 kB in one cookie': under(text(32_000)),
    'junk of 31 kB in eight pieces': pieces(text(31_900)),
    'four of 4 kB': Array.from({ length: 4 }, () => under(text(4000))).join('; '),
    '300 of our name, all different': Array.from({ length: 300 }, () => under(text(40))).join('; '),
    '300 of our name, all the same': Array(300)
      .fill(under(text(40)))
      .join('; '),
    '32 kB that is no base64': under('é'.repeat(16_000)),
  }
  const forgedSeal = await forged(300, 'seal')
  return [
    ...cookies('sealed', anywhere),
    ...cookies('sealed', {
      'a forged seal of 300 bytes': under(forgedSeal),
      'a forged seal of 3 kB': under(await forged(2900, 'seal')),
      'four forged seals of 3 kB': (await Promise.all([1, 2, 3, 4].map(() => forged(2900, 'seal')))).map(under).join('; '),
      'a forged seal of 11 kB, 15 kB in four pieces': pieces(await forged(11_200, 'seal')),
      'a forged seal of 23 kB in eight pieces': pieces(await forged(23_500, 'seal')),
      'a genuine seal of deep JSON': under(await sealed(deep(1200))),
      'a genuine seal of deep JSON, 20 kB': pieces(await sealed(deep(10_000))),
      'a genuine seal of no JSON': under(await sealed('{'.repeat(2000))),
    }),
    ...Object.entries({
      '32 kB as a Bearer token': `Bearer ${text(32_000)}`,
      'a forged seal of 23 kB as a Bearer token': `Bearer ${await forged(23_000, 'seal')}`,
      '60 kB as a Bearer token': `Bearer ${text(60_000)}`,
      '32 kB of Basic credentials': `Basic ${text(32_000)}`,
    }).map(([name, authorization]) => ({ site: 'sealed', name, headers: same({ authorization }) })),
    ...cookies('chunks', {
      'a forged seal of 23 kB in eight pieces': pieces(await forged(23_500, 'seal')),
      'junk of 31 kB in eight pieces': pieces(text(31_900)),
    }),
    ...cookies('stored', {
      'junk of 40 characters': under(text(40)),
      'junk of 31 kB in eight pieces': pieces(text(31_900)),
      'a forged ticket': under(await forged(40, 'sign')),
      'a forged ticket of 4 kB': under(await forged(2900, 'sign')),
      'a forged ticket of 23 kB in eight pieces': pieces(await forged(23_500, 'sign')),
      'four forged tickets': (await Promise.all([1, 2, 3, 4].map(() => forged(40, 'sign')))).map(under).join('; '),
      'a ticket that has ended': under(await keyring.sign('ticket', [COOKIE], randomBytes(24))),
      'four tickets that have ended': (
        await Promise.all([1, 2, 3, 4].map(() => keyring.sign('ticket', [COOKIE], randomBytes(24))))
      )
        .map(under)
        .join('; '),
      '300 of our name, all different': anywhere['300 of our name, all different'] ?? '',
    }),
    ...cookies('stored, without secrets', {
      'an id that nobody has': under(text(32)),
      'four ids that nobody has': Array.from({ length: 4 }, () => under(text(32))).join('; '),
      'junk of 31 kB in eight pieces': pieces(text(31_900)),
      ...Object.fromEntries(Object.keys(BOMBS).map((name, at) => [name, under(bombIds[at] ?? '')])),
    }),
    ...Object.keys(SITES)
      .filter((site) => site.startsWith('old'))
      .flatMap((site) => [...cookies(site, migrateFrom()), ...ironSeals(site)]),
  ]
}

const same = (lines: HeaderLines) => () => lines

/** Other ones each time: whoever sends the same again has it refused for less. */
function ironSeals(site: string): Junk[] {
  const rows: Readonly<Record<string, () => string>> = {
    'a forged seal of iron': () => under(seal(20)),
    'four forged seals of iron': () => Array.from({ length: 4 }, () => under(seal(20))).join('; '),
    'a forged seal of iron of 3 kB': () => under(seal(150)),
    'a forged seal of 15 kB in four pieces of h3': () => h3Pieces(seal(690)),
    'a forged seal of 15 kB in fifty pieces of h3': () => h3Pieces(seal(690), 300),
    'a forged seal of 35 kB in nine pieces of h3': () => h3Pieces(seal(1650)),
  }
  const isFlood = site.endsWith('reads 1 and 2')
  return Object.entries(rows).map(([name, cookie]) => ({ site, name, headers: () => ({ cookie: cookie() }), isFlood }))
}

/** Each is sent to each reader: the formats of the others are junk to it. */
function migrateFrom(): Readonly<Record<string, string>> {
  const payload = base64(JSON.stringify({ user: 'eve' }))
  const long = base64(deep(9000))
  return {
    'junk of 40 characters': under(text(40)),
    'junk of 4 kB': under(text(4000)),
    'junk of 31 kB in eight pieces': pieces(text(31_900)),
    'four of 4 kB': Array.from({ length: 4 }, () => under(text(4000))).join('; '),
    'a forged signature': under(encodeURIComponent(`${payload}.${hmac(payload, 'of another')}`)),
    'a forged signature of 24 kB': pieces(`${long}.${text(43)}`),
    'a forged id of express-session': under(`s%3A${text(32)}.${text(43)}`),
    'a forged seal of iron, 16 kB, in pieces of ours': pieces(seal(700)),
    'a forged seal of iron-session': under(`${seal(20).replace('Fe26.2**', 'Fe26.2*1*')}~2`),
    'a seal of iron in the wrong form': under(iron(301)),
    'a seal of iron that is over': under(seal(20, '1000000000000')),
    'a hundred pieces of h3': h3Pieces(text(30_000), 300),
    'a hundred pieces of h3, the first as of a seal': h3Pieces(`Fe26.2*${text(29_993)}`, 300),
    'an id of Astro': under(UUID),
    JSON: under(encodeURIComponent('{"user":1}').replaceAll('%22', "'")),
    'a bracket, and junk of 4 kB': under(`{${text(3900)}}`),
    'a bracket in base64, and junk of 4 kB': under(`eyJ${text(3900)}`),
    'no UTF-8, percent-encoded, 4 kB': under(`%7B${'%ff'.repeat(1300)}`),
    'deep JSON, 4 kB': under(encodeURIComponent(deep(600))),
    'deep JSON, percent-encoded, 31 kB': pieces(encodeURIComponent(deep(5000))),
    'deep JSON in base64, 24 kB': pieces(long),
    'percent signs, 31 kB': pieces('%'.repeat(31_000)),
    '31 kB percent-encoded': pieces('%41'.repeat(10_300)),
    'a companion of 4 kB': `${under(payload)}; ${COOKIE}.sig=${text(4000)}`,
    'a companion that is forged': `${under(payload)}; ${COOKIE}.sig=${padded(20)}`,
  }
}
