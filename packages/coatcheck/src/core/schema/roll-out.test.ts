import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type } from 'arktype'
import * as v from 'valibot'
import { afterAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { withSession } from '../../adapters/node.ts'
import { createSessions, type Session, type Sessions } from '../../index.ts'
import { memoryStore } from '../../stores/memory.ts'
import type { Happening } from '../model/events.ts'

type Lines = { id: string; qty: number }[]
interface One {
  count: number
  cart: string[]
}
interface Two {
  visits: number
  cart: string[]
}
interface Three {
  visits: number
  cart: Lines
}

const one = z.object({ count: z.number(), cart: z.array(z.string()) }).partial()
const two = v.partial(v.object({ visits: v.number(), cart: v.array(v.string()) }))
const three = type({ 'visits?': 'number', 'cart?': type({ id: 'string', qty: 'number' }).array() })

// A key that moves, and a value of another form.
const upTwo = ({ count, ...rest }: { count?: number }) => ({ ...rest, visits: count })
const downTwo = ({ visits, ...rest }: { visits?: number }) => ({ ...rest, count: visits })
const upThree = ({ cart, ...rest }: { cart?: string[] }) => ({
  ...rest,
  cart: cart && [...new Set(cart)].map((id) => ({ id, qty: cart.filter((each) => each === id).length })),
})
const downThree = ({ cart, ...rest }: { cart?: Lines }) => ({
  ...rest,
  cart: cart?.flatMap(({ id, qty }) => Array.from({ length: qty }, () => id)),
})

const add = (cart: Lines, id: string): Lines => {
  const line = cart.find((line) => line.id === id)
  return line ? cart.map((each) => (each === line ? { ...each, qty: each.qty + 1 } : each)) : [...cart, { id, qty: 1 }]
}

const store = memoryStore()
const shared = { store, header: 'x-session', cookie: false } as const
const events: Happening[] = []
const onEvent = (event: Happening): void => void events.push(event)
const servers: Server[] = []
afterAll(() => {
  for (const server of servers) server.close()
})

/** A server of one release: each request counts a visit, and puts something in the cart. */
async function serve<Data extends object>(
  sessions: Sessions<Data>,
  act: (session: Session<Data>, id: string) => unknown,
): Promise<string> {
  const server = createServer(
    withSession(sessions, async (request, response) => {
      response.end(JSON.stringify(act(await sessions.open(request), request.url?.slice(1) ?? '')))
    }),
  )
  servers.push(server)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const plain = (session: Session<One>, id: string) => [
  session.update('count', (n = 0) => n + 1),
  session.update('cart', (cart = []) => [...cart, id]),
]
const moved = (session: Session<Two>, id: string) => [
  session.update('visits', (n = 0) => n + 1),
  session.update('cart', (cart = []) => [...cart, id]),
]
const counted = (session: Session<Three>, id: string) => [
  session.update('visits', (n = 0) => n + 1),
  session.update('cart', (cart = []) => add(cart, id)),
]

describe('B10: three releases of one site, each rolled out beside the one before, over HTTP', () => {
  test('nobody is turned away, and no visit and nothing in a cart is lost', async () => {
    const ways = {
      first: await serve<One>(createSessions({ ...shared, schema: one, onEvent }), plain),
      secondBack: await serve<Two>(
        createSessions({ ...shared, schema: two, version: 2, migrations: { 2: { up: upTwo, down: downTwo } }, onEvent }),
        moved,
      ),
      second: await serve<Two>(createSessions({ ...shared, schema: two, version: 2, migrations: { 2: upTwo }, onEvent }), moved),
      thirdBack: await serve<Three>(
        createSessions({
          ...shared,
          schema: three,
          version: 3,
          migrations: { 2: upTwo, 3: { up: upThree, down: downThree } },
          onEvent,
        }),
        counted,
      ),
      third: await serve<Three>(
        createSessions({ ...shared, schema: three, version: 3, migrations: { 2: upTwo, 3: upThree }, onEvent }),
        counted,
      ),
    }
    const phases: (keyof typeof ways)[][] = [
      ['first'],
      ['first', 'secondBack'],
      ['secondBack', 'second'],
      ['second', 'thirdBack'],
      ['thirdBack', 'third'],
      ['third'],
    ]
    const tickets = Array.from({ length: 6 }, () => '')
    const ask = async (way: keyof typeof ways, visitor: number, id: string): Promise<[number, Lines]> => {
      const answer = await fetch(`${ways[way]}/${id}`, { headers: { 'x-session': tickets[visitor] ?? '' } })
      tickets[visitor] = answer.headers.get('x-session') ?? (tickets[visitor] as string)
      expect(answer.status, `${way}: ${answer.status}`).toBe(200)
      return (await answer.json()) as [number, Lines]
    }
    for (const visitor of tickets.keys()) await ask('first', visitor, 'hat')
    let asked = 1
    for (const phase of phases) {
      for (let round = 0; round < 2; round++) {
        asked += 4
        await Promise.all(
          tickets.flatMap((_, visitor) =>
            Array.from({ length: 4 }, (_, nth) =>
              ask(phase[nth % phase.length] as keyof typeof ways, visitor, nth % 2 ? 'coat' : 'hat'),
            ),
          ),
        )
      }
    }
    for (const visitor of tickets.keys()) {
      const [visits, cart] = await ask('third', visitor, 'shoe')
      expect(visits).toBe(asked + 1)
      expect(cart.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual([
        { id: 'coat', qty: (asked - 1) / 2 },
        { id: 'hat', qty: (asked - 1) / 2 + 1 },
        { id: 'shoe', qty: 1 },
      ])
    }
    expect(events.filter(({ type }) => /invalid|migrated|newer|unreadable|late|refused/.test(type))).toEqual([])
    expect(asked).toBe(49)
  })
})
