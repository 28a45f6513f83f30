import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import expressSessionOf, { MemoryStore } from 'express-session'
import { H3, type H3Event, useSession as useTheirs } from 'h3'
import { createCookieSessionStorage as createTheirs } from 'react-router'
import { afterAll, describe, expect, test } from 'vitest'
import { useSession as useOurs } from '../src/adapters/h3.ts'
import { withSession } from '../src/adapters/node.ts'
import { createCookieSessionStorage as createOurs } from '../src/adapters/remix.ts'
import { createSessions } from '../src/index.ts'
import { expressSession } from '../src/migrate/express-session.ts'
import { memoryStore } from '../src/stores/memory.ts'
import { type Visitor, visitor } from '../src/testing/visitor.ts'
import { SECRET } from './helpers/site.ts'

/** One running version of the site. `GET /` tells the session, `POST /cart?item=` and `POST /login?user=` change it. */
type Instance = (request: Request) => Promise<Response>

const VISITORS = 200
const servers: Server[] = []
afterAll(() => {
  for (const server of servers) server.close()
})

/** The same random choices in every run. */
function dice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

interface Person {
  readonly name: string
  readonly browser: Visitor
  readonly cart: string[]
}

interface Seen {
  readonly user?: string
  readonly cart?: readonly string[]
}

/** A site behind a load balancer that sends each request to any of its instances. */
function town() {
  const roll = dice(7)
  let instances: readonly Instance[] = []
  const balance: Instance = (request) => (instances[roll(instances.length)] as Instance)(request)
  const people: Person[] = []
  const problems: string[] = []
  return {
    problems,
    async moveIn() {
      for (let at = 0; at < VISITORS; at++) {
        const person = { name: `visitor ${at}`, browser: visitor(balance, { origin: 'https://shop.example' }), cart: [] }
        people.push(person)
        await person.browser.post(`/login?user=${encodeURIComponent(person.name)}`)
      }
    },
    /** Everybody shops and looks, while these answer. */
    async shops(phase: string, running: readonly Instance[]) {
      instances = running
      if (people.length === 0) await this.moveIn()
      for (const { name, browser, cart } of people) {
        for (let visit = 0; visit < 2; visit++) {
          const item = `${phase} ${visit}`
          await browser.post(`/cart?item=${encodeURIComponent(item)}`)
          cart.push(item)
          const seen: Seen = await (await browser.get('/')).json()
          if (seen.user !== name) problems.push(`${phase}: ${name} is ${seen.user}`)
          if (seen.cart?.join() !== cart.join()) problems.push(`${phase}: the cart of ${name} is ${seen.cart?.join()}`)
        }
      }
    },
    /** What is in everybody's browser under this name. */
    tickets: (cookie: string) => people.map(({ browser }) => browser.cookies().find(({ name }) => name === cookie)?.value ?? ''),
  }
}

interface SessionLike {
  get(key: string): unknown
  set(key: string, value: unknown): void
}

const valuesIn = (data: Record<string, unknown>): SessionLike => ({
  get: (key) => data[key],
  set: (key, value) => {
    data[key] = value
  },
})

/** What a request does to a session, in any framework. */
function act(request: Request, session: SessionLike): Seen {
  const { pathname, searchParams } = new URL(request.url)
  if (pathname === '/login') session.set('user', searchParams.get('user'))
  if (pathname === '/cart') session.set('cart', [...((session.get('cart') as string[]) ?? []), searchParams.get('item')])
  return { user: session.get('user') as string, cart: session.get('cart') as string[] }
}

async function served(listener: RequestListener): Promise<Instance> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return async (request) => {
    const { pathname, search } = new URL(request.url)
    const { method, headers } = request
    return fetch(`${origin}${pathname}${search}`, { method, headers, redirect: 'manual' })
  }
}

describe(`a live site of ${VISITORS} visitors with carts moves here, and nobody is logged out or loses an item`, () => {
  test('from React Router and Remix cookie sessions, in two deploys', async () => {
    const cookie = { name: '__session', secrets: [SECRET], path: '/', sameSite: 'lax' as const, httpOnly: true, secure: true }
    type Storage = Pick<ReturnType<typeof createTheirs>, 'getSession' | 'commitSession'>
    const instance =
      ({ getSession, commitSession }: Storage): Instance =>
      async (request) => {
        const session = await getSession(request.headers.get('cookie'))
        const seen = act(request, session)
        return Response.json(seen, { headers: { 'set-cookie': await commitSession(session) } })
      }
    const old = instance(createTheirs({ cookie }))
    const alike = instance(createOurs({ cookie, format: 'upstream' }) as unknown as Storage)
    const next = instance(createOurs({ cookie }) as unknown as Storage)
    const { shops, problems, tickets, ...rest } = town()
    const site = { shops, ...rest, problems, tickets }
    await site.shops('old', [old])
    await site.shops('first deploy', [old, alike])
    await site.shops('rolled back', [old])
    await site.shops('first deploy again', [alike])
    await site.shops('second deploy', [alike, next])
    await site.shops('new', [next])
    expect(site.problems).toEqual([])
    expect(site.tickets('__session').filter((ticket) => !/^[\w-]+$/.test(ticket))).toEqual([])
  })

  test('from h3, in two deploys', async () => {
    const password = SECRET.repeat(2)
    const config = { password, name: 'shop' }
    const instance = (use: (event: H3Event) => Promise<{ data: object; update(data: object): Promise<unknown> }>): Instance => {
      const app = new H3().all('/**', async (event) => {
        const session = await use(event)
        const data: Record<string, unknown> = { ...session.data }
        const seen = act(event.req as Request, valuesIn(data))
        if (event.req.method === 'POST') await session.update(data)
        return seen
      })
      return async (request) => app.fetch(request)
    }
    const old = instance((event) => useTheirs(event, config))
    const alike = instance((event) => useOurs(event, { ...config, format: 'upstream' }))
    const next = instance((event) => useOurs(event, config))
    const site = town()
    await site.shops('old', [old])
    await site.shops('first deploy', [old, alike])
    await site.shops('second deploy', [alike, next])
    await site.shops('new', [next])
    expect(site.problems).toEqual([])
    expect(site.tickets('shop').filter((ticket) => ticket.startsWith('Fe26'))).toEqual([])
  })

  test('from express-session, in one deploy, into a store of ours', async () => {
    const secret = 'keyboard cat, and 32 characters more'
    const store = new MemoryStore()
    const answer =
      (session: SessionLike): express.RequestHandler =>
      (req, res) => {
        res.json(act(new Request(`https://shop.example${req.url}`), session))
      }
    const old = await served(
      express()
        .use(expressSessionOf({ secret, store, resave: false, saveUninitialized: false }))
        .use((req, res, next) => {
          const session = req.session as unknown as Record<string, unknown>
          answer(valuesIn(session))(req, res, next)
        }),
    )
    const sessions = createSessions({ secrets: SECRET, store: memoryStore(), migrateFrom: [expressSession({ secret, store })] })
    const next = await served(
      express()
        .use(withSession(sessions))
        .use(async (req, res, next) => answer(await sessions.open(req))(req, res, next)),
    )
    const site = town()
    await site.shops('old', [old])
    await site.shops('new', [next])
    expect(site.problems).toEqual([])
    expect(site.tickets('connect.sid').filter(Boolean)).toEqual([])
    expect(site.tickets('__Host-Http-session').filter(Boolean)).toHaveLength(VISITORS)
    expect(Object.keys((store as unknown as { sessions: object }).sessions)).toEqual([])
  })
})
