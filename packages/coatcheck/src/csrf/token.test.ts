import { describe, expect, it } from 'vitest'
import { nothingBad } from '../../test/helpers/explored.ts'
import { NEWER_SECRET, SECRET, site } from '../../test/helpers/site.ts'
import { withSession } from '../adapters/fetch.ts'
import { createCookieSessionStorage } from '../adapters/remix.ts'
import { decode } from '../crypto/base64url.ts'
import { type CrossSiteOptions, crossSite, type TokenSession } from '../csrf.ts'
import { createSessions, type Session } from '../index.ts'
import { memoryStore } from '../stores/memory.ts'
import { stepped } from '../testing/interleave.ts'
import { TOKEN_KEY } from './token.ts'

const ELSEWHERE = { 'sec-fetch-site': 'cross-site', origin: 'https://partner.example' }

const KINDS = [
  ['sealed', {}],
  ['stored', { store: () => memoryStore() }],
] as const

/** What becomes of a form from elsewhere that was sent with this token to this session. */
async function sent(session: TokenSession, token: unknown, more: CrossSiteOptions & { headers?: object } = {}): Promise<string> {
  const { headers = ELSEWHERE, ...options } = more
  const { decide } = crossSite({ ...options, token: () => ({ session, token }) })
  const { reason } = await decide({ method: 'POST', url: '/', headers: { host: 'shop.example', cookie: 'a=1', ...headers } })
  return reason
}

describe.each(KINDS)('a token of a %s session', (_, made) => {
  const open = () => site('store' in made ? { store: made.store() } : {})

  it('counts from elsewhere, for the session and owner that it was made for', async () => {
    const person = open().person()
    const token = await person.does(async (session) => {
      session.signIn('ada')
      return crossSite().token(session)
    })
    expect(await person.does((session) => sent(session, token))).toBe('token')
    const other = open().person()
    const reason = await other.does(async (session) => {
      session.signIn('ada')
      await crossSite().token(session)
      return sent(session, token)
    })
    expect(reason).toBe('wrong-token')
  })

  it('stays good under a new id, and a step-up of the same person: forms that are open go on', async () => {
    const person = open().person()
    await person.does((session) => session.signIn('ada'))
    const token = await person.does((session) => crossSite().token(session))
    const before = person.ticket
    await person.does((session) => session.regenerateId())
    expect(person.ticket).not.toBe(before)
    expect(await person.does((session) => sent(session, token))).toBe('token')
    await person.does((session) => session.signIn('ada'))
    expect(await person.does((session) => sent(session, token))).toBe('token')
  })

  it('ends with the sign-out, and with the sign-in of somebody else', async () => {
    const person = open().person()
    await person.does((session) => session.signIn('ada'))
    const token = await person.does((session) => crossSite().token(session))
    await person.does((session) => session.signIn('bob'))
    expect(await person.does((session) => sent(session, token))).toBe('wrong-token')
    await person.does((session) => session.signIn('ada'))
    await person.does((session) => session.signOut())
    expect(await person.does((session) => sent(session, token))).toBe('wrong-token')
  })

  it('of a guest counts from listed origins alone, and no more than that after they signed in', async () => {
    const person = open().person()
    const token = await person.does((session) => crossSite().token(session))
    const tokenOrigins = ['https://partner.example']
    expect(await person.does((session) => sent(session, token))).toBe('guest-token')
    expect(await person.does((session) => sent(session, token, { tokenOrigins }))).toBe('token')
    expect(
      await person.does((session) => sent(session, token, { tokenOrigins, headers: { 'sec-fetch-site': 'cross-site' } })),
    ).toBe('guest-token')
    expect(await person.does((session) => sent(session, 'x'.repeat(86), { tokenOrigins }))).toBe('wrong-token')
    // An attacker may have planted this session, and know its token.
    await person.does((session) => session.signIn('ada'))
    expect(await person.does((session) => sent(session, token))).toBe('guest-token')
    expect(await person.does((session) => sent(session, token, { tokenOrigins }))).toBe('token')
  })

  it('is made only when it is asked for: no check begins a session or stores anything', async () => {
    const s = open()
    const person = s.person()
    expect(await person.does((session) => sent(session, 'x'.repeat(86)))).toBe('wrong-token')
    expect(person.ticket).toBeUndefined()
    expect(s.events).toEqual([])
  })

  it('makes the page of a visitor without a session private', async () => {
    const response = await open()
      .person()
      .asks((session) => crossSite().token(session))
    expect(response.headers.getSetCookie()).toHaveLength(1)
    expect(response.headers.get('cache-control')).toContain('no-store')
  })

  it('differs in each response (BREACH), and all of them are good; the second stores nothing', async () => {
    const s = open()
    const person = s.person()
    const make = () =>
      person.does((session) => {
        if (session.owner === undefined) session.signIn('ada')
        return crossSite().token(session)
      })
    const tokens = [await make()]
    s.events.length = 0
    for (let i = 0; i < 20; i++) tokens.push(await make())
    expect(s.events.filter(({ type }) => type === 'committed')).toEqual([])
    expect(new Set(tokens).size).toBe(21)
    const halves = tokens.flatMap((token) => {
      const bytes = Buffer.from(decode(token) ?? [])
      return [bytes.subarray(0, 32), bytes.subarray(32)].map((half) => half.toString('hex'))
    })
    expect(new Set(halves).size, 'no half is ever the same').toBe(42)
    for (const token of tokens) expect(await person.does((session) => sent(session, token))).toBe('token')
  })
})

describe('what is no token', () => {
  it.each([undefined, null, '', 0, {}, [], 'x', 'A'.repeat(86), 'A'.repeat(1e6), '\u0000', '🧥'.repeat(43)])(
    '%j',
    async (token) => {
      const person = site().person()
      await person.does(async (session) => {
        session.signIn('ada')
        await crossSite().token(session)
      })
      const reason = await person.does((session) => sent(session, token))
      expect(['wrong-token', 'cross-site']).toContain(reason)
    },
  )

  it('one with a single bit changed, anywhere', async () => {
    const person = site().person()
    await person.does((session) => session.signIn('ada'))
    const bytes = decode(await person.does((session) => crossSite().token(session))) as Uint8Array
    await person.does(async (session) => {
      for (let bit = 0; bit < bytes.length * 8; bit += 7) {
        const forged = Buffer.from(bytes)
        forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        expect(await sent(session, forged.toString('base64url'))).toBe('wrong-token')
      }
    })
  })

  it.each([[[]], [''], [null], [{}], [[1, null, {}]], ['x'.repeat(86)]])(
    'where the session keeps %j under its key',
    async (kept) => {
      const session = { owner: 'ada', get: () => kept, set: () => {} }
      expect(await sent(session, 'A'.repeat(86))).toBe('wrong-token')
      expect(await crossSite().token(session)).toHaveLength(86)
    },
  )
})

it('two pages that ask for the first token at once both get one that stays good, in every order of store calls', async () => {
  interface World {
    readonly visit: (process: string, act: (session: Session) => unknown) => Promise<unknown>
    readonly plain: (act: (session: Session) => unknown) => Promise<unknown>
    readonly tokens: string[]
  }
  const page = (name: string) => async (world: World) =>
    world.visit(name, async (session) => world.tokens.push(await crossSite().token(session)))
  const runs = await nothingBad<World>(
    {
      actors: { a: page('a'), b: page('b') },
      async setup(scheduler) {
        const store = memoryStore()
        let cookie = ''
        const through = (sessions: ReturnType<typeof createSessions>, act: (session: Session) => unknown) =>
          withSession(sessions, async (request) => {
            await act(await sessions.open(request))
            return new Response()
          })(new Request('https://shop.example/', { headers: { cookie } }))
        const make = (behind: typeof store) => createSessions({ secrets: SECRET, store: behind })
        const plain = make(store)
        const first = await through(plain, (session) => session.signIn('ada'))
        cookie = first.headers.getSetCookie()[0]?.split(';')[0] ?? ''
        return {
          tokens: [],
          plain: (act) => through(plain, act),
          visit: (process, act) => through(make(stepped(store, scheduler, process)), act),
        }
      },
      async check({ tokens, plain }) {
        await plain(async (session) => {
          if (tokens.length !== 2) throw new Error('a page got none')
          for (const token of tokens) if ((await sent(session, token)) !== 'token') throw new Error('a token is not good')
        })
      },
    },
    {},
  )
  expect(runs).toBeGreaterThan(5)
})

it('many first tokens at once keep a limited number of secrets', async () => {
  const person = site({ store: memoryStore() }).person()
  await person.does(async (session) => {
    session.signIn('ada')
    await Promise.all(Array.from({ length: 40 }, () => crossSite().token(session)))
  })
  expect(await person.does((session) => (session.get(TOKEN_KEY) as string[]).length)).toBe(8)
})

describe('the option token', () => {
  const headers = { host: 'shop.example', cookie: 'a=1', ...ELSEWHERE }
  const request = { method: 'POST', url: '/', headers }

  it('is asked only for what the headers refuse, and never for an upgrade', async () => {
    let asked = 0
    const { decide } = crossSite({ token: () => void asked++ })
    await decide({ ...request, method: 'GET' })
    await decide({ ...request, headers: { ...headers, 'sec-fetch-site': 'same-origin' } })
    await decide({ ...request, method: 'GET', headers: { ...headers, upgrade: 'websocket' } })
    expect(asked).toBe(0)
    expect((await decide(request)).reason).toBe('cross-site')
    expect(asked).toBe(1)
  })

  it('that cannot read the form brings no token; a store that fails is told', async () => {
    const failing = (error: Error) =>
      crossSite({
        token: () => {
          throw error
        },
      }).decide(request)
    expect((await failing(new TypeError('no form'))).reason).toBe('cross-site')
    const down = site({ store: { ...memoryStore(), read: () => Promise.reject(new Error('down')) } })
    const { decide } = crossSite({ token: async (given: Request) => ({ session: await down.sessions.open(given), token: 'x' }) })
    const serve = withSession(down.sessions, async (given) => {
      await decide(given)
      return new Response()
    })
    const cookie = await site({ store: memoryStore() })
      .person()
      .asks((session) => session.signIn('ada'))
    const [line = ''] = cookie.headers.getSetCookie()
    const given = new Request('https://shop.example/', {
      method: 'POST',
      headers: { cookie: line.split(';')[0] ?? '', 'sec-fetch-site': 'cross-site' },
    })
    await expect(serve(given)).rejects.toMatchObject({ code: 'STORE_FAILED' })
  })

  it('may name the owner of a session that knows none, such as one of Remix', async () => {
    const storage = createCookieSessionStorage({ cookie: { secrets: [SECRET, NEWER_SECRET] } })
    const session = await storage.getSession()
    session.set('userId', 'ada')
    const token = await crossSite().token(session, 'ada')
    const again = await storage.getSession(await storage.commitSession(session))
    const decide = (owner?: string) =>
      crossSite({ token: () => ({ session: again, token, ...(owner && { owner }) }) }).decide(request)
    expect([await decide('ada'), await decide('bob'), await decide()].map(({ reason }) => reason)).toEqual([
      'token',
      'wrong-token',
      'wrong-token',
    ])
  })
})
