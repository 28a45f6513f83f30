import { randomBytes } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import { expect, vi } from 'vitest'
import { decode } from '../../src/crypto/base64url.ts'
import { createKeyring } from '../../src/crypto/keyring.ts'
import { platform } from '../../src/crypto/platform.ts'
import { createXaes } from '../../src/crypto/xaes.ts'
import { type Arena, arena, expectStranger, KINDS, type Kind, type Seen } from './arena.ts'
import { DAY, HOUR } from './clock.ts'
import { gate, settled } from './gate.ts'
import { NEWER_SECRET, type Person, SECRET, site } from './site.ts'

/** An attack of the corpus. */
export interface Entry {
  readonly id: string
  readonly target: 'cookie' | 'option' | 'token' | 'id' | 'store' | 'key' | 'proof'
  readonly class: string
  readonly input?: string
  readonly generator?: string
  readonly expected: string
}

export const HOST = '__Host-Http-sid'
const MALFORMED = ['malformed', 'unknown-version', 'unknown-key', 'forged', 'unknown']

/** An attack on sessions of every kind, or of the named ones. */
export type Attack =
  | ((arena: Arena, entry: Entry) => Promise<void>)
  | { kinds: readonly Kind[]; run: (arena: Arena, entry: Entry) => Promise<void> }

const signed = ['sealed', 'stored'] as const
const inStore = ['stored', 'stored without secrets'] as const

/** The entry's own text with its placeholders filled in. */
async function filled({ input = '', target }: Entry, { ticket, cookie }: Arena): Promise<string> {
  let text = input.replaceAll('{GARBAGE}', 'not-a-ticket')
  for (const name of new Set(text.match(/\{VALID(?:_[ABC])?\}/g))) text = text.replaceAll(name, await ticket(name))
  return target === 'cookie' ? text : `${cookie}=${text}`
}

/** What `input` presents opens nothing. */
const stranger =
  (told: Parameters<typeof expectStranger>[1] = 'told or not'): Attack =>
  async (arena, entry) =>
    expectStranger(await arena.attack(await filled(entry, arena)), told)

/** What `input` presents opens session A, and nothing else is said than this. */
const opensA =
  (told: readonly string[] = []): Attack =>
  async (arena, entry) => {
    const seen = await arena.attack(await filled(entry, arena))
    expect([seen.isNew, seen.name]).toEqual([false, '{VALID_A}'])
    expect(seen.refusals.every((reason) => told.includes(reason))).toBe(true)
    expect(seen.refusals.length > 0).toBe(told.length > 0)
  }

/** The decoded ticket, changed. */
const changed = (ticket: string, change: (bytes: Buffer) => Uint8Array): string =>
  Buffer.from(change(Buffer.from(ticket, 'base64url'))).toString('base64url')

const flipped = (bytes: Buffer, at: number, bit = 0): Buffer => {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ (1 << bit)
  return copy
}

/** The value is under our cookie's name. */
export const present = (arena: Arena, value: string): Promise<Seen> => arena.attack(`${arena.cookie}=${value}`)

async function allOpenNothing(arena: Arena, values: Iterable<string>): Promise<void> {
  let count = 0
  for (const value of values) {
    expectStranger(await present(arena, value))
    count++
  }
  expect(count).toBeGreaterThan(0)
}

export const cookieAttacks: Record<string, Attack> = {
  'CK-002': opensA(MALFORMED),
  'CK-004': opensA(),
  'CK-005': async (arena) => {
    const seen = await arena.attack(`${arena.cookie}=${'A'.repeat(40)}; `.repeat(500))
    expectStranger(seen, MALFORMED)
    const many = await arena.attack(
      Array.from({ length: 500 }, (_, i) => `${arena.cookie}=${'A'.repeat(36)}${1000 + i}`).join('; '),
    )
    expectStranger(many, MALFORMED)
    expect([seen.openings <= 1, many.openings <= 4, many.reads <= 4]).toEqual([true, true, true])
  },
  'CK-006': async (arena) => {
    // The jar sends the longest path first, as Chromium does.
    const victim = await arena.person('{VALID_A}')
    const url = 'https://sub.app.test/'
    for (const value of ['evil', await arena.ticket('attacker')]) {
      const refused = victim.browser.plant(`${arena.cookie}=${value}; Domain=app.test; Path=/account; Secure; HttpOnly`, url)
      if (arena.cookie.startsWith('__Host-')) expect(refused).toBeDefined()
      const name = await victim.browser.get('/account', { headers: {} }).then(() => victim.does((session) => session.get('name')))
      expect(['{VALID_A}', undefined]).toContain(name)
    }
  },
  'CK-007': async (arena) => {
    const victim = await arena.person('{VALID_A}')
    expect(victim.browser.plant(`${arena.cookie}=evil; Path=/`, 'http://app.test/')).toBeDefined()
    expect(victim.browser.plant(`${arena.cookie}=evil; Path=/; Secure; HttpOnly`, 'http://app.test/')).toBeDefined()
    expect(await victim.does((session) => session.get('name'))).toBe('{VALID_A}')
  },
  ...Object.fromEntries(
    ['CK-008', 'CK-010', 'CK-011', 'CK-013', 'CK-014', 'CK-015'].map((id): [string, Attack] => [
      id,
      async (arena, entry) => {
        const header = await filled(entry, arena)
        expectStranger(await arena.attack(header), 'in silence')
        // As the browser sends it: in UTF-8, which the server sees byte by byte.
        expectStranger(await arena.attack(Buffer.from(header).toString('latin1')), 'in silence')
      },
    ]),
  ),
  'CK-016': opensA(),
  'CK-017': stranger(MALFORMED),
  'CK-018': opensA(),
  'CK-020': async (arena) => expectStranger(await arena.attack(`x="${'\\'.repeat(60_000)}`), 'in silence'),
  'CK-021': async (arena) => expectStranger(await arena.attack(';'.repeat(100_000)), 'in silence'),
  'CK-022': async (arena) => expectStranger(await arena.attack(`a${' '.repeat(100_000)}=1`), 'in silence'),
  'CK-023': async (arena) => {
    const many = Array.from({ length: 5000 }, (_, i) => `k${i}=v`)
    expectStranger(await arena.attack(many.join('; ')), 'in silence')
    const ticket = await arena.ticket('{VALID_A}')
    const seen = await arena.attack([...many, '__proto__=1', `${arena.cookie}=${ticket}`, ...many].join('; '))
    expect(seen.name).toBe('{VALID_A}')
  },
  'CK-025': async (arena) => {
    const seen = await present(arena, 'A'.repeat(1_000_000))
    expectStranger(seen, ['oversized'])
    expect([seen.openings, seen.reads]).toEqual([0, 0])
  },
  'CK-026': async (arena) => {
    const seen = await present(arena, 'A'.repeat(4097))
    expectStranger(seen, ['oversized'])
    expect([seen.openings, seen.reads]).toEqual([0, 0])
    const fits = await present(arena, 'A'.repeat(4096 - arena.cookie.length))
    expectStranger(fits, MALFORMED)
  },
  'CK-027': async (arena, entry) => {
    expectStranger(await arena.attack(entry.input ?? ''), MALFORMED)
    for (const count of ['9', '0', '1', '999999999', '', '-1']) {
      const seen = await present(arena, `~${count}~AAAA`)
      expectStranger(seen, ['bad-chunks'])
      expect([seen.openings, seen.reads]).toEqual([0, 0])
    }
  },
  'CK-028': {
    kinds: ['sealed'],
    run: async (arena) => {
      const big = async (letter: string) => {
        const someone = site({ clock: arena.clock, cookie: { name: arena.cookie }, chunks: true }).person()
        await someone.does((session) => session.set('text', letter.repeat(5000)))
        return someone.browser.cookies().map(({ name, value }) => `${name}=${value}`)
      }
      const [a, b] = [await big('a'), await big('b')]
      expect([a.length, b.length]).toEqual([2, 2])
      expect((await arena.attack(a.join('; '))).isNew).toBe(false)
      expectStranger(await arena.attack(`${a[0]}; ${b[1]}`), ['forged'])
      expectStranger(await arena.attack(`${b[0]}; ${a[1]}`), ['forged'])
    },
  },
  'CK-031': async (arena, entry) => {
    expectStranger(await arena.attack(entry.input ?? ''), MALFORMED)
    for (const count of ['1e3', '2.0', '+2', ' 2', '0x2', '02', '٢'])
      expectStranger(await arena.attack(`${arena.cookie}=~${count}~AAAA; ${arena.cookie}.1=AAAA`), ['bad-chunks'])
  },
  'CK-032': stranger(MALFORMED),
  'CK-033': async (arena, entry) => {
    expectStranger(await arena.attack(entry.input ?? ''), MALFORMED)
    const ticket = await arena.ticket('{VALID_A}')
    const encoded = Array.from(ticket, (letter) => `%${letter.charCodeAt(0).toString(16)}`).join('')
    expectStranger(await present(arena, encoded), [...MALFORMED, 'oversized'])
  },
  'CK-035': async (arena, entry) => {
    expectStranger(await arena.attack(await filled(entry, arena)), MALFORMED)
    expectStranger(await present(arena, `${await arena.ticket('{VALID_A}')}\u0000`), MALFORMED)
  },
  'CK-038': async (arena) => {
    const ticket = await arena.ticket('{VALID_A}')
    const form = new URLSearchParams({ [arena.cookie]: ticket, sid: ticket })
    let seen: unknown
    const answered = await arena.site.person().asks(
      async (session, request) => {
        seen = [session.isNew, (await request.formData()).get(arena.cookie)]
      },
      {
        method: 'POST',
        body: form,
        headers: { 'x-session': ticket, authorization: `Bearer ${ticket}`, [arena.cookie.toLowerCase()]: ticket },
      },
    )
    expect([seen, answered.headers.getSetCookie()]).toEqual([[true, ticket], []])
  },
  'CK-039': async (arena) => {
    const ticket = await arena.ticket('{VALID_A}')
    const pair = `${arena.cookie}=${ticket}`
    const headers = new Headers({ cookie: 'a=1' })
    headers.append('cookie', pair)
    expect((await arena.attack(`a=1; ${pair}`)).name).toBe('{VALID_A}')
    expectStranger(await arena.attack(`a=1, ${pair}`), 'in silence')
    expectStranger(await arena.attack(`${pair}, b=2`), MALFORMED)
    expect((await arena.attack(headers.get('cookie') ?? '')).name).toBe('{VALID_A}')
  },
  'CK-040': async (arena) => {
    const ada = await arena.person('ada')
    for (const act of [
      (session: Parameters<Parameters<Person['asks']>[0]>[0]) => session.regenerateId(),
      (session: Parameters<Parameters<Person['asks']>[0]>[0]) => session.destroy(),
    ]) {
      arena.site.events.length = 0
      const { headers } = await ada.asks((session) => {
        act(session)
        return new Response('ok', { headers: { 'cache-control': 'public, s-maxage=31536000' } })
      })
      expect([headers.get('cache-control'), headers.get('vary'), headers.getSetCookie().length]).toEqual([
        'no-store',
        'Cookie',
        1,
      ])
      expect(arena.site.events.map(({ type }) => type)).toContain('cache-conflict')
    }
  },
  'CK-041': async (arena) => {
    for (const [person, caching] of [
      [await arena.person('ada'), 'private, max-age=60'],
      [arena.site.person(), 'max-age=60'],
    ] as const) {
      const { headers } = await person.asks((session) => {
        session.has('a')
        session.keys()
        void ('a' in session.data)
        return new Response('ok', { headers: { 'cache-control': 'max-age=60' } })
      })
      expect([headers.get('vary'), headers.get('cache-control')]).toEqual(['Cookie', caching])
    }
  },
  'CK-042': async (arena) => {
    const ada = await arena.person('ada')
    arena.clock.advance(5 * DAY)
    const { headers } = await ada.passes(() => new Response('ok', { headers: { 'cache-control': 'public, max-age=60' } }))
    expect([headers.get('vary'), headers.getSetCookie(), headers.get('cache-control')]).toEqual([null, [], 'public, max-age=60'])
  },
}

/** A ticket of the same session whose base64url has both letters that the standard alphabet lacks. */
async function withBothLetters(arena: Arena): Promise<string> {
  for (;;) {
    const ticket = await arena.ticket('{VALID}')
    if (ticket.includes('-') && ticket.includes('_')) return ticket
  }
}

/** What a thief keeps while the browser's own ticket goes on. */
async function stolen(arena: Arena, then: (ada: Person) => Promise<unknown>) {
  const ada = await arena.person('{VALID}')
  const old = ada.browser.cookies()[0]?.value ?? ''
  await then(ada)
  arena.clock.advance(120) // from then on an old ticket shows nothing
  return { ada, old, seen: await present(arena, old) }
}

const resealed = async (arena: Arena, text: string) => createKeyring([SECRET]).seal('session', [arena.cookie], text)
const life = ({ clock }: Arena) => [clock.now(), clock.now() + 30 * DAY * 1000, clock.now() + DAY * 1000]

/** So many tickets of random bytes, of a valid length: none opens anything. */
export async function forged(arena: Arena, count: number): Promise<void> {
  const ticket = Buffer.from(await arena.ticket('{VALID}'), 'base64url')
  const head = arena.kind === 'stored without secrets' ? 0 : 5
  let accepted = 0
  for (let i = 0; i < count; i++) {
    const forged = Buffer.concat([ticket.subarray(0, head), randomBytes(ticket.length - head)]).toString('base64url')
    const seen = await present(arena, forged)
    accepted += seen.isNew ? 0 : 1
    expect(seen.openings + seen.reads).toBe(1)
  }
  expect(accepted).toBe(0)
}

export const tokenAttacks: Record<string, Attack> = {
  'TK-001': async (arena) => {
    const ticket = await arena.ticket('{VALID}')
    expect((await present(arena, ticket)).name).toBe('{VALID}')
    const length = decode(ticket)?.length ?? 0
    const all = Array.from({ length: length * 8 }, (_, i) => changed(ticket, (bytes) => flipped(bytes, i >> 3, i & 7)))
    await allOpenNothing(arena, all)
  },
  'TK-003': stranger(MALFORMED),
  'TK-004': stranger(MALFORMED),
  'TK-005': async (arena) => {
    const ticket = await withBothLetters(arena)
    await allOpenNothing(arena, [
      ticket.replaceAll('-', '+'),
      ticket.replaceAll('_', '/'),
      ticket.replaceAll('-', '+').replaceAll('_', '/'),
    ])
  },
  'TK-006': async (arena) => {
    const ticket = await arena.ticket('{VALID}')
    // Spaces and tabs around a value belong to the header, not to it (RFC 6265bis 5.6).
    const within = Array.from({ length: ticket.length - 1 }, (_, i) => i + 1)
    const inserted = (what: string) => (at: number) => `${ticket.slice(0, at)}${what}${ticket.slice(at)}`
    await allOpenNothing(
      arena,
      [' ', '\t', '\n', '%0A', '\u00a0'].flatMap((what) => within.map(inserted(what))),
    )
    for (const what of ['\n', '%0A', '\u00a0', '\v', '\r\n'])
      for (const at of [0, ticket.length]) expectStranger(await arena.attack(`a=1; ${arena.cookie}=${inserted(what)(at)}; b=2`))
  },
  'TK-007': stranger(MALFORMED),
  'TK-008': async (arena) => {
    const ticket = await arena.ticket('{VALID}')
    await allOpenNothing(arena, [ticket + ticket, `${ticket}.${ticket}`, `${ticket},${ticket}`])
  },
  'TK-010': async (arena) => {
    const ticket = await arena.ticket('{VALID}')
    await allOpenNothing(
      arena,
      [16, 15, 14, 13, 12, 8, 4, 3, 2, 1].map((cut) => changed(ticket, (bytes) => bytes.subarray(0, -cut))),
    )
  },
  'TK-011': async (arena) => {
    expectStranger(await present(arena, ''), 'in silence')
    expectStranger(await arena.attack(arena.cookie), 'in silence')
    expectStranger(await arena.attack(''), 'in silence')
  },
  'TK-012': async (arena) => {
    const ticket = await arena.ticket('{VALID}')
    const head = (length: number) => changed(ticket, (bytes) => bytes.subarray(0, length))
    await allOpenNothing(arena, [
      ...Array.from({ length: 48 }, (_, i) => head(i + 1)).filter((cut) => cut !== ticket),
      changed(ticket, (bytes) => Buffer.concat([bytes.subarray(0, 29), randomBytes(16)])),
    ])
  },
  'TK-013': async (arena) => {
    const ticket = await arena.ticket('{VALID}')
    await allOpenNothing(
      arena,
      [12, 16, 23, 25, 32].map((nonce) =>
        changed(ticket, (bytes) => Buffer.concat([bytes.subarray(0, 5), randomBytes(nonce), bytes.subarray(29)])),
      ),
    )
  },
  'TK-014': {
    kinds: ['sealed'],
    run: async (arena) => {
      const head = Buffer.from(await arena.ticket('{VALID}'), 'base64url').subarray(0, 5)
      const text = JSON.stringify({ format: 1, id: 'x', life: life(arena), writes: [], data: { name: { v: 'forged' } } })
      const xaes = await createXaes(new Uint8Array(32), platform())
      const nonce = new Uint8Array(24)
      const sealed = await xaes.seal(nonce, new Uint8Array(0), new TextEncoder().encode(text))
      expectStranger(await present(arena, Buffer.concat([head, nonce, ...[sealed].flat()]).toString('base64url')), ['forged'])
      const other = await createKeyring([NEWER_SECRET]).seal('session', [arena.cookie], text)
      expectStranger(await present(arena, other), ['unknown-key'])
      expectStranger(
        await present(
          arena,
          changed(other, (bytes) => Buffer.concat([head, bytes.subarray(5)])),
        ),
        ['forged'],
      )
      const right = await resealed(arena, text)
      expect((await present(arena, right)).name, 'with the right key it would open').toBe('forged')
    },
  },
  // `attacks.slow.test.ts` has 1,800 more of each kind.
  'TK-015': (arena) => forged(arena, 200),
  'TK-016': {
    kinds: signed,
    run: async (here) => {
      const ticket = await here.ticket('{VALID}')
      for (const name of ['b', `${here.cookie}x`, here.cookie.toLowerCase()]) {
        const there = arena(here.kind, name)
        expectStranger(await there.attack(`${name}=${ticket}`), ['forged'])
      }
    },
  },
  'TK-019': async (here) => {
    const ticket = await here.ticket('{VALID}')
    for (const kind of KINDS) {
      if (kind === here.kind) continue
      const there = arena(kind, here.cookie)
      expectStranger(await there.attack(`${here.cookie}=${ticket}`), MALFORMED)
    }
  },
  'TK-023': async (arena) => {
    const unsigned = { userId: 1, name: 'forged', data: { name: 'forged' } }
    const text = JSON.stringify(unsigned)
    await allOpenNothing(arena, [
      btoa(text),
      btoa(text).replaceAll('=', ''),
      text,
      encodeURIComponent(text),
      `${btoa(text)}.sig`,
      `s%3A${btoa(text)}`,
    ])
  },
  'TK-024': {
    kinds: signed,
    run: async (arena) => {
      const ticket = await arena.ticket('{VALID}')
      const own = Buffer.from(ticket, 'base64url')[0]
      for (let version = 0; version < 256; version++) {
        if (version === own) continue
        const seen = await present(
          arena,
          changed(ticket, (bytes) => Buffer.from([version, ...bytes.subarray(1)])),
        )
        expectStranger(seen, ['unknown-version', 'malformed'])
        expect(seen.reads).toBe(0)
      }
    },
  },
  'TK-025': {
    kinds: ['sealed'],
    run: async (arena) => {
      const text = JSON.stringify({ format: 1, id: 'x', life: life(arena), writes: [], data: { name: { v: 'forged' } } })
      const keyring = createKeyring([SECRET])
      for (const purpose of ['session', 'ticket', 'custom'])
        expectStranger(await present(arena, await keyring.sign(purpose, [arena.cookie], new TextEncoder().encode(text))), [
          'unknown-version',
          'malformed',
        ])
    },
  },
  'TK-026': {
    kinds: signed,
    run: async (arena) =>
      rotation(arena, [NEWER_SECRET, SECRET], async ({ seen, renewed }) => {
        expect(seen.name).toBe('{VALID}')
        expect(renewed[0]).toBe(2)
        expect(renewed[1]?.slice(0, 5)).not.toEqual(renewed[2]?.slice(0, 5))
      }),
  },
  'TK-027': {
    kinds: signed,
    run: async (arena) => rotation(arena, [NEWER_SECRET], async ({ seen }) => expectStranger(seen, ['unknown-key'])),
  },
  'TK-028': {
    kinds: signed,
    run: async (here) => {
      const old = await here.ticket('{VALID}')
      const both = arena(here.kind, here.cookie, {
        secrets: [NEWER_SECRET, SECRET],
        ...(here.kind === 'stored' && { store: here.watch.store }),
      })
      const newer = await both.ticket('newer')
      expect((await both.attack(`${here.cookie}=${old}`)).name).toBe('{VALID}')
      const swapped = (ticket: string, from: string) =>
        changed(ticket, (bytes) =>
          Buffer.concat([bytes.subarray(0, 1), Buffer.from(from, 'base64url').subarray(1, 5), bytes.subarray(5)]),
        )
      for (const forged of [swapped(old, newer), swapped(newer, old)]) {
        const seen = await both.attack(`${here.cookie}=${forged}`)
        expectStranger(seen, ['forged'])
        expect(seen.openings).toBe(1)
      }
    },
  },
  'TK-029': {
    kinds: signed,
    run: async (here) => {
      const key = (ticket: string) => Buffer.from(ticket, 'base64url').subarray(1, 5).toString('hex')
      const newest = key(await arena(here.kind, here.cookie, { secrets: [NEWER_SECRET] }).ticket('a'))
      expect(key(await arena(here.kind, here.cookie, { secrets: [NEWER_SECRET, SECRET] }).ticket('b'))).toBe(newest)
      expect(key(await here.ticket('c'))).not.toBe(newest)
    },
  },
  'TK-031': {
    kinds: inStore,
    run: async (arena) => {
      for (const act of [(ada: Person) => ada.does((s) => s.regenerateId()), (ada: Person) => ada.does((s) => s.signIn('ada'))]) {
        const { ada, seen } = await stolen(arena, act)
        expectStranger(seen, ['replaced'], 1)
        expect(await ada.does((session) => session.get('name'))).toBe('{VALID}')
      }
      const { seen } = await stolen(arena, (ada) => ada.does((s) => s.destroy()))
      expectStranger(seen, ['unknown'])
    },
  },
  'TK-032': async (here) => {
    const short = arena(here.kind, here.cookie, { idleTimeout: 1, absoluteTimeout: 1 })
    const ticket = await short.ticket('{VALID}')
    short.clock.advance(0.999)
    expect((await present(short, ticket)).name).toBe('{VALID}')
    short.clock.advance(1.001)
    expectStranger(await present(short, ticket), ['absolute-expired'])
  },
  'TK-033': async (here) => {
    const idle = arena(here.kind, here.cookie, { idleTimeout: HOUR, absoluteTimeout: DAY })
    const ticket = await idle.ticket('{VALID}')
    idle.clock.advance(HOUR)
    expectStranger(await present(idle, ticket), ['idle-expired'])
  },
  'TK-034': async (here) => {
    const chain = arena(here.kind, here.cookie, { idleTimeout: HOUR, absoluteTimeout: DAY })
    const began = chain.clock.now()
    let ticket = await chain.ticket('{VALID}')
    while (chain.clock.now() < began + DAY * 1000) {
      const seen = await present(chain, ticket)
      expect(seen.name).toBe('{VALID}')
      ticket = seen.response.headers.getSetCookie()[0]?.split(/[=;]/)[1] ?? ticket
      chain.clock.advance(HOUR / 2)
    }
    expectStranger(await present(chain, ticket), ['absolute-expired'])
  },
  'TK-035': async (arena) => {
    const ticket = await arena.ticket('{VALID}')
    arena.clock.advance(-60)
    expect((await present(arena, ticket)).name).toBe('{VALID}')
    arena.clock.advance(-540)
    expectStranger(await present(arena, ticket), ['clock-skew'])
  },
  'TK-036': {
    kinds: ['sealed'],
    run: async (arena) => {
      const [began, end, idle] = life(arena)
      const body = (times: unknown) =>
        JSON.stringify({ format: 1, id: 'x', life: times, writes: [], data: { name: { v: 'forged' } } })
      expect((await present(arena, await resealed(arena, body([began, end, idle])))).name).toBe('forged')
      for (const odd of [2 ** 53, -1, null, undefined, 'soon', String(end), 1.5, {}, true, [end]])
        for (const times of [
          [odd, end, idle],
          [began, odd, idle],
          [began, end, odd],
        ])
          expectStranger(await present(arena, await resealed(arena, body(times))), ['corrupt'])
      for (const times of [null, undefined, {}, 'x', [], [began], [began, end]])
        expectStranger(await present(arena, await resealed(arena, body(times))), ['corrupt'])
    },
  },
  'TK-037': {
    kinds: ['sealed'],
    run: async (arena) => {
      const bomb = deflateSync(Buffer.alloc(8 * 1024 * 1024))
      expect(bomb.length).toBeLessThan(10_000)
      for (const text of [bomb.toString('latin1'), bomb.subarray(0, 1500).toString('base64')])
        expectStranger(await present(arena, await resealed(arena, text.slice(0, 2000))), ['corrupt'])
    },
  },
  'TK-038': {
    kinds: ['sealed'],
    run: async (here) => {
      // Four bytes a level: no cookie can carry it, a header could.
      const there = site({ clock: here.clock, header: 'x-session', cookie: false })
      for (const depth of [1000, 8000]) {
        const deep = '['.repeat(depth) + ']'.repeat(depth)
        const text = `{"format":1,"id":"x","life":${JSON.stringify(life(here))},"writes":[],"data":{"deep":{"v":${deep}}}}`
        const headers = { 'x-session': await createKeyring([SECRET]).seal('session', ['x-session'], text) }
        const outcome = await there.person().asks(
          (session) => {
            session.get('deep')
            session.set('other', 1)
          },
          { headers },
        )
        expect(outcome.status).toBe(200)
      }
    },
  },
  'TK-043': async (here) => {
    const short = arena(here.kind, here.cookie, { idleTimeout: HOUR, absoluteTimeout: DAY })
    const bad = await short.ticket('{VALID}')
    const expired = await short.ticket('{VALID}')
    short.clock.advance(2 * HOUR)
    const ended = await short.person('{VALID}')
    const dead = ended.browser.cookies()[0]?.value ?? ''
    if (here.kind !== 'sealed') await ended.does((session) => session.destroy())
    const answers = []
    for (const value of [
      '%%%',
      changed(bad, (bytes) => flipped(bytes, 20)),
      expired,
      ...(here.kind === 'sealed' ? [] : [dead]),
      '',
    ]) {
      const { response, isNew } = await present(short, value)
      expect(isNew).toBe(true)
      answers.push([response.status, await response.text(), Object.fromEntries(response.headers)])
    }
    for (const one of answers) expect(one).toEqual(answers[0])
  },
  'TK-045': async (arena) => {
    const draw = vi.spyOn(globalThis.crypto, 'getRandomValues')
    try {
      for (let i = 0; i < 3; i++) await arena.ticket('{VALID}')
      const drawn = draw.mock.calls.map(([array]) => array as unknown as Uint8Array).filter(({ length }) => length === 24)
      expect(drawn.length).toBeGreaterThanOrEqual(3)
      expect(new Set(drawn.map((bytes) => bytes.buffer)).size, 'no two from one buffer').toBe(drawn.length)
      for (const bytes of drawn) expect(bytes.byteLength).toBe(bytes.buffer.byteLength)
    } finally {
      draw.mockRestore()
    }
  },
}

interface Rotated {
  readonly seen: Awaited<ReturnType<Arena['attack']>>
  /** How many tickets were given after a change, and their key ids: before, after. */
  readonly renewed: [number, string, string]
}

/** The ticket of a session before the secrets changed, presented after. */
async function rotation(here: Arena, secrets: string[], then: (outcome: Rotated) => Promise<void>): Promise<void> {
  const old = await here.ticket('{VALID}')
  const after = arena(here.kind, here.cookie, { secrets, ...(here.kind === 'stored' && { store: here.watch.store }) })
  const seen = await after.attack(`${here.cookie}=${old}`)
  expect(seen.response.headers.getSetCookie(), 'reading renews nothing').toEqual([])
  after.clock.advance(3600) // no roll-out of a secret takes as long
  const person = after.site.person()
  person.browser.plant(`${here.cookie}=${old}; Path=/; Secure; HttpOnly`)
  let given = 0
  for (const value of [1, 2]) {
    given += (await person.asks((session) => session.set('a', value))).headers.getSetCookie().length
    if (here.kind === 'stored' && given === 1 && value === 2) given++ // a stored one is renewed once
  }
  const key = (ticket = '') => Buffer.from(ticket, 'base64url').subarray(1, 5).toString('hex')
  await then({ seen, renewed: [given, key(person.browser.cookies()[0]?.value), key(old)] })
}

/** Values where an id is expected: nothing is asked of the store, and no record is made under them. */
const noId: Attack = async (arena, entry) => {
  const seen = await present(arena, entry.input ?? '')
  expectStranger(seen)
  expect([seen.reads, seen.writes, arena.watch.calls]).toEqual([0, 0, []])
}

export const idAttacks: Record<string, Attack> = {
  ...Object.fromEntries(
    ['004', '006', '008', '009', '010', '011', '012', '013', '015', '016', '017', '018', '020', '025'].map((n) => [
      `ID-${n}`,
      noId,
    ]),
  ),
  'ID-026': async (arena) => {
    for (const value of ['{"$ne":null}', '[]', '1', 'true', 'null']) {
      for (const text of [value, btoa(value), btoa(JSON.stringify(value)), Buffer.from(value).toString('base64url')]) {
        const seen = await present(arena, text)
        expectStranger(seen)
        expect(seen.reads).toBe(0)
      }
    }
  },
  'ID-027': async (arena) => {
    const ticket = await arena.ticket('{VALID}')
    const other = (letter: string) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase())
    const all = Array.from(ticket, other).join('')
    const one = Array.from(ticket, (letter, i) => (i === 9 ? other(letter) : letter)).join('')
    await allOpenNothing(arena, [ticket.toLowerCase(), ticket.toUpperCase(), all, ...(one === ticket ? [] : [one])])
  },
  'ID-028': async (arena) => {
    const planted = Buffer.alloc(24, 9).toString('base64url')
    const victim = arena.site.person()
    victim.browser.plant(`${arena.cookie}=${planted}; Path=/; Secure; HttpOnly`)
    await victim.does((session) => {
      session.set('userId', 1)
      session.signIn('victim')
    })
    expect(victim.browser.cookies()[0]?.value).not.toBe(planted)
    expectStranger(await present(arena, planted), MALFORMED)
  },
  'ID-029': {
    kinds: inStore,
    run: async (arena) => {
      const attacker = await arena.person('attacker')
      const planted = attacker.browser.cookies()[0]?.value ?? ''
      const victim = arena.site.person()
      victim.browser.plant(`${arena.cookie}=${planted}; Path=/; Secure; HttpOnly`)
      await victim.does((session) => session.signIn('victim'))
      expect(await attacker.does((session) => session.owner)).toBeUndefined()
      arena.clock.advance(60)
      expect(await attacker.does((session) => [session.isNew, session.owner])).toEqual([true, undefined])
      expect(await victim.does((session) => session.owner)).toBe('victim')
    },
  },
  'ID-030': {
    kinds: inStore,
    run: async (arena) => {
      const ada = await arena.person('{VALID}')
      const thief = ada.thief()
      const barrier = gate()
      arena.watch.before = (call) => (call === 'update' || call === 'delete' ? barrier.pass() : undefined)
      let answered = false
      const moving = ada
        .begins((session) => session.regenerateId())
        .then((answer) => {
          answered = true
          return answer
        })
      await barrier.reached
      await settled()
      expect(answered, 'the answer waits until the old id is dead').toBe(false)
      expect(await thief.does((session) => session.get('name')), 'until then it is the session').toBe('{VALID}')
      barrier.open()
      const answer = await moving
      expect(await thief.does((session) => session.get('name')), 'and for ten seconds what it was').toBe('{VALID}')
      arena.clock.advance(60)
      expect(await thief.does((session) => session.isNew), 'and not longer, cookie or no cookie').toBe(true)
      answer.arrive()
      expect(await ada.does((session) => session.get('name'))).toBe('{VALID}')
    },
  },
  'ID-031': async (arena) => {
    const ada = await arena.person('{VALID}')
    const answer = await ada.asks((session) => {
      session.set('a', 1)
      session.regenerateId()
      return new Response('ok', { headers: { 'set-cookie': `${arena.cookie}=stale; Path=/; Secure; HttpOnly` } })
    })
    const lines = answer.headers.getSetCookie()
    expect(lines).toHaveLength(1)
    expect(lines[0]).not.toContain('stale')
  },
  'ID-033': {
    kinds: inStore,
    run: async (arena) => {
      const victim = await arena.person('victim')
      const before = await arena.site.clock.now()
      let taken = true
      const { create } = arena.watch.store
      const keys: string[] = []
      Object.defineProperty(arena.watch, 'before', { value: () => {}, configurable: true })
      const other = site({
        clock: arena.clock,
        cookie: { name: arena.cookie },
        store: {
          ...memoryStoreOf(arena),
          create: async (key, record) => {
            keys.push(key)
            if (!taken) return create(key, record)
            taken = false
            return undefined // as if this id were somebody's
          },
        },
      })
      const person = other.person()
      await person.does((session) => session.set('name', 'second'))
      expect(new Set(keys).size).toBe(2)
      expect(await person.does((session) => session.get('name'))).toBe('second')
      expect(await victim.does((session) => session.get('name'))).toBe('victim')
      expect(arena.clock.now()).toBe(before)
    },
  },
  'ID-034': {
    kinds: inStore,
    run: async (arena) => {
      const ticket = await arena.ticket('{VALID}')
      const { keys } = (await arena.watch.store.list?.(undefined, 10)) ?? { keys: [] }
      const id = Buffer.from(ticket, 'base64url').subarray(-24).toString('base64url')
      for (const key of keys) {
        expect(key).toMatch(/^[0-9a-f]{64}$/)
        const record = await arena.watch.store.read(key)
        expect(JSON.stringify([key, record])).not.toContain(id)
        expectStranger(await present(arena, key))
        expectStranger(await present(arena, Buffer.from(key, 'hex').toString('base64url')))
        expectStranger(await present(arena, Buffer.from(key, 'hex').subarray(0, 24).toString('base64url')))
      }
      expect(keys.length).toBe(1)
    },
  },
}

const memoryStoreOf = ({ watch: { store } }: Arena) => ({
  read: store.read.bind(store),
  update: store.update.bind(store),
  delete: store.delete.bind(store),
  create: store.create.bind(store),
})
