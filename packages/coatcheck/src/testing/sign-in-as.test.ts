import { describe, expect, test } from 'vitest'
import { withSession } from '../adapters/fetch.ts'
import { createSessions, type Sessions, type SessionsOptions } from '../index.ts'
import { memoryStore } from '../stores/memory.ts'
import { signInAs, visitor } from './index.ts'

interface Data {
  cart: string[]
  theme: string
}
const SECRET = 'only for tests: Jc5nWz8qKt2Xv7Lr'

function open(
  options: Partial<SessionsOptions> = {},
  isSealed = false,
): {
  sessions: Sessions<Data>
  serve: (request: Request) => Promise<Response>
} {
  const sessions = createSessions<Data>({ secrets: SECRET, ...(!isSealed && { store: memoryStore() }), ...options })
  const serve = withSession(sessions, async (request) => {
    const session = await sessions.open(request)
    if (request.method === 'POST') session.signOut()
    return Response.json([session.owner ?? null, session.get('cart') ?? null, session.level ?? null])
  })
  return { sessions, serve }
}

const ADA = ['ada', ['umbrella'], null]

describe('somebody who is signed in without a form', () => {
  test('in the headers of a request', async () => {
    const { sessions, serve } = open()
    const ada = await signInAs(sessions, 'ada', { cart: ['umbrella'] })
    expect(await (await serve(new Request('https://app.test/', { headers: ada.headers }))).json()).toEqual(ADA)
    expect(ada.headers).toEqual({ cookie: ada.cookie })
    expect(ada.cookie).toMatch(/^__Host-Http-session=[^;]+$/)
  })

  test('as a visitor, who signs out as everybody does', async () => {
    const { sessions, serve } = open()
    const signedIn = await signInAs(sessions, 'ada', { cart: ['umbrella'] })
    const ada = signedIn.visitor(serve)
    expect(await (await ada.get('/')).json()).toEqual(ADA)
    const thief = ada.steal()
    await ada.post('/')
    expect(await (await thief.get('/')).json()).toEqual([null, null, null])
    expect(await (await visitor(serve).get('/')).json()).toEqual([null, null, null])
  })

  test('as cookies of a browser, and as an agent that asks over http', async () => {
    const { sessions } = open()
    const before = Date.now()
    const ada = await signInAs(sessions, 'ada', {}, { origin: 'http://localhost:3000' })
    expect(ada.cookies).toEqual([
      {
        name: '__Host-Http-session',
        value: ada.cookie.split('=')[1],
        domain: 'localhost',
        path: '/',
        expires: expect.any(Number),
        httpOnly: true,
        secure: true,
        sameSite: 'Lax',
      },
    ])
    const [days = 0] = ada.cookies.map(({ expires }) => (expires - before / 1000) / 86_400)
    expect(Math.round(days)).toBeGreaterThanOrEqual(6)
    const lines: string[] = []
    ada.giveTo({ setCookie: (line) => lines.push(line) })
    expect(lines).toEqual([`${ada.cookie}; Path=/`])
  })

  test('with a cookie for the whole domain that goes when the browser closes', async () => {
    const cookie = { name: 'sid', domain: 'shop.test', persistent: false, sameSite: 'strict', path: '/app' } as const
    const { sessions } = open({ cookie })
    const ada = await signInAs(sessions, 'ada', {}, { origin: 'https://www.shop.test/app/' })
    expect(ada.cookies).toMatchObject([{ name: 'sid', domain: '.shop.test', expires: -1, sameSite: 'Strict', path: '/app' }])
  })

  test('sealed in the cookie', async () => {
    const { sessions, serve } = open({}, true)
    const ada = await signInAs(sessions, 'ada', { cart: ['umbrella'] })
    expect(await (await ada.visitor(serve).get('/')).json()).toEqual(ADA)
  })

  test('in a header, for clients that are no browsers', async () => {
    const { sessions, serve } = open({ cookie: false, header: 'authorization' })
    const ada = await signInAs(sessions, 'ada', { cart: ['umbrella'] })
    expect(ada.cookie).toBe('')
    expect(ada.headers).toEqual({ authorization: expect.stringMatching(/^Bearer /) })
    expect(await (await serve(new Request('https://app.test/', { headers: ada.headers }))).json()).toEqual(ADA)
    expect(await (await ada.visitor(serve).get('/')).json()).toEqual(ADA)
  })

  test('is listed among the sessions of that person, by the handle', async () => {
    const { sessions } = open()
    const ada = await signInAs(sessions, 'ada')
    expect((await sessions.list('ada')).sessions.map(({ handle }) => handle)).toEqual([ada.handle])
  })

  test('at a level, and as the test prepares it', async () => {
    const { sessions, serve } = open()
    const ada = await signInAs(sessions, 'ada', {}, { level: 'aal1', prepare: (session) => session.elevate('aal2') })
    expect(await (await ada.visitor(serve).get('/')).json()).toEqual(['ada', null, 'aal2'])
  })

  test('each time in a session of its own', async () => {
    const { sessions } = open()
    const [one, two] = [await signInAs(sessions, 'ada'), await signInAs(sessions, 'ada')]
    expect(one.cookie).not.toBe(two.cookie)
    expect((await sessions.list('ada')).sessions).toHaveLength(2)
  })
})

describe('what cannot be', () => {
  test('a cookie that no browser would take at that address', async () => {
    const { sessions, serve } = open()
    await expect(signInAs(sessions, 'ada', {}, { origin: 'http://shop.test' })).rejects.toThrow(
      'A browser at http://shop.test would drop the cookie __Host-Http-session: Secure cannot be set over http. Pass the site',
    )
    const ada = await signInAs(sessions, 'ada')
    expect(() => ada.visitor(serve, { origin: 'http://shop.test' })).toThrow(/A browser at http:\/\/shop\.test would drop/)
  })

  test('sessions that createSessions did not make', async () => {
    const { sessions } = open()
    await expect(signInAs({ ...sessions }, 'ada')).rejects.toMatchObject({ code: 'BAD_OPTIONS' })
  })

  test('a store that fails: it says so, and nobody is signed in', async () => {
    const { sessions } = open({ store: { ...memoryStore(), create: () => Promise.reject(new Error('full')) } })
    await expect(signInAs(sessions, 'ada')).rejects.toMatchObject({ code: 'STORE_FAILED' })
  })

  test('values of another type do not compile', async () => {
    const { sessions } = open()
    // @ts-expect-error a cart is a list
    await signInAs(sessions, 'ada', { cart: 'umbrella' })
    // @ts-expect-error there is no such value
    await signInAs(sessions, 'ada', { basket: [] })
  })
})
