import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createSessions } from '../src/index.ts'
import { memoryStore } from '../src/stores/memory.ts'
import { HOUR } from './helpers/clock.ts'
import { COOKIE, SECRET, site } from './helpers/site.ts'

const KINDS = [
  ['sealed', () => ({})],
  ['stored', () => ({ store: memoryStore() })],
] as const

const attributesOf = (line: string) => line.split('; ').slice(1).sort()
const refused = (cookie: object) =>
  expect(() => createSessions({ secrets: SECRET, cookie: cookie as never })).toThrow(
    expect.objectContaining({ code: 'BAD_OPTIONS' }),
  )

describe('V3.3', () => {
  it('ASVS 3.3.1: without any option the cookie is Secure, and its name begins with __Host-', async () => {
    const answer = await site()
      .person()
      .asks((session) => session.set('a', 1))
    const [line = ''] = answer.headers.getSetCookie()
    expect(line).toMatch(/^__Host-Http-session=/)
    expect(attributesOf(line)).toContain('Secure')
  })

  it('ASVS 3.3.2: SameSite is always written, Lax where nothing is said, and another word is no option', async () => {
    for (const [sameSite, written] of [
      [undefined, 'Lax'],
      ['lax', 'Lax'],
      ['strict', 'Strict'],
      ['none', 'None'],
    ] as const) {
      const answer = await site({ cookie: { ...(sameSite && { sameSite }) } })
        .person()
        .asks((session) => session.set('a', 1))
      expect(answer.headers.getSetCookie()[0]).toContain(`; SameSite=${written}`)
    }
    for (const sameSite of ['Lax ', '', 'no', false, null]) refused({ sameSite })
  })

  it('ASVS 3.3.3: a name with __Host- takes no Domain, no other Path, and nothing without Secure', () => {
    for (const name of ['__Host-a', '__Host-Http-a', '__hOSt-a']) {
      refused({ name, domain: 'shop.example' })
      refused({ name, path: '/shop' })
      refused({ name, secure: false })
    }
    refused({ name: '__Secure-a', secure: false })
  })

  it('ASVS 3.3.4: HttpOnly is always there, and the ticket nowhere but in Set-Cookie', async () => {
    const person = site({ store: memoryStore() }).person()
    await person.does((session) => session.set('a', 1))
    const ticket = person.ticket ?? ''
    expect(ticket).toHaveLength(60)
    const id = Buffer.from(ticket, 'base64url').subarray(21).toString('base64url')
    const answer = await person.asks((session) => {
      session.set('a', 2)
      const shown = [inspect(session, { depth: 9, getters: true }), JSON.stringify(session), String(session.handle)]
      for (const text of shown) for (const secret of [ticket, id]) expect(text).not.toContain(secret)
    })
    expect(JSON.stringify([...answer.headers])).not.toContain(id)
    const line =
      (
        await site()
          .person()
          .asks((session) => session.set('a', 1))
      ).headers.getSetCookie()[0] ?? ''
    expect(attributesOf(line)).toContain('HttpOnly')
    refused({ httpOnly: false })
    refused({ name: '__Host-Http-a', httpOnly: false })
  })
})

describe('V7.2', () => {
  it.each(KINDS)(
    'ASVS 7.2.2: each visitor of %s sessions gets a ticket of their own, also for the same values',
    async (_, kind) => {
      const s = site(kind())
      const tickets = new Set<string | undefined>()
      for (let i = 0; i < 300; i++) {
        const person = s.person()
        await person.does((session) => session.set('a', 1))
        tickets.add(person.ticket)
      }
      expect(tickets.size).toBe(300)
      expect(tickets).not.toContain(undefined)
    },
  )

  it('ASVS 7.2.3: a ticket holds 192 bits from the system’s generator, and no bit of them is the same in all', async () => {
    const s = site({ store: memoryStore() })
    const [ones, zeros] = [Buffer.alloc(24), Buffer.alloc(24)]
    for (let i = 0; i < 300; i++) {
      const person = s.person()
      await person.does((session) => session.set('a', 1))
      const id = Buffer.from(person.ticket ?? '', 'base64url').subarray(21)
      expect(id).toHaveLength(24)
      id.forEach((byte, at) => {
        ones[at] = (ones[at] ?? 0) | byte
        zeros[at] = (zeros[at] ?? 0) | ~byte
      })
    }
    for (const seen of [ones, zeros]) expect(seen.equals(Buffer.alloc(24, 255))).toBe(true)
  })

  it('ASVS 7.2.4: signIn gives a new ticket, and the old one opens nothing that came after, and then nothing', async () => {
    const s = site({ store: memoryStore() })
    const ada = s.person()
    await ada.does((session) => session.set('cart', 1))
    const old = ada.thief()
    await ada.does((session) => session.signIn('ada'))
    expect(ada.ticket).not.toBe(old.ticket)
    expect(await old.does((session) => session.owner)).toBeUndefined()
    s.clock.advance(10 * 60)
    expect(await old.does((session) => [session.owner, session.get('cart')])).toEqual([undefined, undefined])
    expect(await ada.does((session) => session.owner)).toBe('ada')
  })
})

describe.each(KINDS)('V7.3, %s sessions', (_, kind) => {
  const limits = { idleTimeout: 3600, absoluteTimeout: 4 * 3600 }

  it('ASVS 7.3.1: whoever stays away for the idle time is a stranger, though the cookie is sent', async () => {
    const s = site({ ...limits, ...kind() })
    const ada = s.person()
    await ada.does((session) => session.signIn('ada'))
    const copy = ada.thief()
    s.clock.advance(HOUR)
    expect(await copy.does((session) => session.owner, { headers: { cookie: `${COOKIE}=${copy.ticket}` } })).toBeUndefined()
    expect(s.refusals).toContain('idle-expired')
  })

  it('ASVS 7.3.2: whoever comes all the time is signed out at the absolute end', async () => {
    const s = site({ ...limits, ...kind() })
    const ada = s.person()
    await ada.does((session) => session.signIn('ada'))
    const seen: unknown[] = []
    for (let quarter = 0; quarter < 16; quarter++) {
      seen.push(await ada.does((session) => [session.owner, session.update('n', (n = 0) => (n as number) + 1)][0]))
      s.clock.advance(HOUR / 4)
    }
    expect(new Set(seen)).toEqual(new Set(['ada']))
    expect(await ada.does((session) => session.owner)).toBeUndefined()
  })

  it('NIST 5.2: use moves the idle end, and a sign-in begins both times anew', async () => {
    const s = site({ ...limits, ...kind() })
    const ada = s.person()
    await ada.does((session) => session.signIn('ada'))
    for (let i = 0; i < 4; i++) {
      s.clock.advance(HOUR * 0.8)
      expect(await ada.does((session) => session.owner)).toBe('ada')
    }
    await ada.does((session) => session.signIn('ada'))
    for (let i = 0; i < 4; i++) {
      s.clock.advance(HOUR * 0.8)
      expect(await ada.does((session) => session.owner)).toBe('ada')
    }
  })

  it('ASVS 7.6.2: reading begins no session', async () => {
    const s = site(kind())
    for (let i = 0; i < 20; i++) {
      const answer = await s.person().asks((session) => [session.get('a'), session.owner, session.keys()])
      expect(answer.headers.getSetCookie()).toEqual([])
    }
    expect(s.events).toEqual([])
  })
})

describe('V7.4', () => {
  it.each(['signOut', 'destroy'] as const)('ASVS 7.4.1: with a store a ticket opens nothing after %s', async (how) => {
    const s = site({ store: memoryStore() })
    const ada = s.person()
    await ada.does((session) => session.signIn('ada'))
    const copies = Array.from({ length: 5 }, () => ada.thief())
    await ada.does((session) => session[how]())
    for (const copy of copies) expect(await copy.does((session) => [session.owner, session.isNew])).toEqual([undefined, true])
    expect(s.refusals.length).toBeGreaterThanOrEqual(5)
  })
})

describe('NIST SP 800-63B-4', () => {
  it.each(KINDS)('NIST 5.1.1: the cookie of %s sessions is opaque, without anything about the person', async (_, kind) => {
    const person = site(kind()).person()
    await person.does((session) => {
      session.signIn('ada.lovelace@shop.example')
      session.set('name', 'Ada Lovelace')
    })
    const bytes = Buffer.from(person.ticket ?? '', 'base64url')
    expect(bytes.length).toBeGreaterThan(40)
    for (const text of ['ada', 'ada.lovelace', 'Lovelace', 'shop.example', 'name']) {
      expect(bytes.includes(text)).toBe(false)
      const encoded = Buffer.from(text).toString('base64url')
      // The two letters that a text of three would leave are in every tenth ticket by chance.
      expect(person.ticket).not.toContain(encoded.length > 4 ? encoded.slice(0, -2) : encoded)
    }
  })
})
