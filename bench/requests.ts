import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hono } from 'hono'
import { getSignedCookie, setSignedCookie } from 'hono/cookie'
import { withSession } from '../packages/coatcheck/src/adapters/fetch.ts'
import { withSession as inHono } from '../packages/coatcheck/src/adapters/hono.ts'
import { createSessions, type Store } from '../packages/coatcheck/src/index.ts'
import { fileStore } from '../packages/coatcheck/src/stores/file.ts'
import { memoryStore } from '../packages/coatcheck/src/stores/memory.ts'
import { sqliteStore } from '../packages/coatcheck/src/stores/sqlite.ts'

export interface Cost {
  /** Microseconds of a request that reads a value of the session, over the same without a session. */
  readonly reading: number
  /** The same for a request that reads a value and changes one. */
  readonly writing: number
  /** The Set-Cookie line that a new visitor is given, in bytes. */
  readonly cookieBytes: number
}

export interface RequestFigures {
  /** Through coatcheck/fetch, by where sessions are kept. */
  readonly stores: Readonly<Record<'sealed' | 'memory' | 'file' | 'sqlite', Cost>>
  /** In Hono, beside what it has itself: a signed cookie, which anybody can read, and which stays good for ever. */
  readonly inHono: Readonly<Record<'sealed' | 'signedCookie', Cost>>
}

export interface Effort {
  readonly rounds: number
  /** Milliseconds that each row runs in each round. */
  readonly turn: number
}

type Handle = (request: Request) => Response | Promise<Response>
type Page = 'new' | 'reading' | 'writing'

/** A place with sessions, and the same without. */
interface Setting {
  readonly bare: Handle
  readonly handle: (page: Page) => Handle
}

const SECRET = 'Qm7xT2vLc9Rk4pWz8sYb3nHf6dJg5aEu'
const CART = [
  { sku: 'coat-4711', size: 'M', quantity: 1, cents: 12900 },
  { sku: 'scarf-0815', size: '-', quantity: 2, cents: 1950 },
  { sku: 'glove-2342', size: 'L', quantity: 1, cents: 2475 },
]
/** What a visitor with a cart has in the session: 306 bytes of JSON. */
const DATA = { user: 'user_01J9ZQ4W7K', language: 'en-GB', theme: 'dark', cart: CART, visits: 0, note: 'x'.repeat(42) }

/** What a session costs a request, in one interleaved run: each round gives one difference to the bare handler of the same round. */
export async function measureRequests(effort: Effort): Promise<RequestFigures> {
  const directory = await mkdtemp(join(tmpdir(), 'coatcheck-bench-'))
  const sqlite = sqliteStore({ path: join(directory, 'sessions.db') })
  try {
    const settings = {
      sealed: behindFetch(),
      memory: behindFetch(memoryStore()),
      file: behindFetch(fileStore({ directory: join(directory, 'files') })),
      sqlite: behindFetch(sqlite),
      sealedInHono: behindHono(),
      signedCookie: signedCookie(),
    }
    const { sealedInHono, signedCookie: signed, ...stores } = await measure(settings, effort)
    return { stores, inHono: { sealed: sealedInHono, signedCookie: signed } }
  } finally {
    await sqlite.close()
    await rm(directory, { recursive: true, force: true })
  }
}

function behindFetch(store?: Store): Setting {
  const sessions = createSessions<typeof DATA>({ secrets: SECRET, ...(store && { store }) })
  const bare = async () => new Response('ok')
  const handle = (page: Page) =>
    withSession(sessions, async (request) => {
      const session = await sessions.open(request)
      if (page === 'new') Object.assign(session.data, DATA)
      else session.get('user')
      if (page === 'writing') session.update('visits', (visits = 0) => visits + 1)
      return new Response('ok')
    })
  return { bare, handle }
}

function behindHono(): Setting {
  const sessions = createSessions<typeof DATA>({ secrets: SECRET })
  const handle = (page: Page) => {
    const app = new Hono().use(inHono(sessions)).get('/', async (c) => {
      const session = await sessions.open(c)
      if (page === 'new') Object.assign(session.data, DATA)
      else session.get('user')
      if (page === 'writing') session.update('visits', (visits = 0) => visits + 1)
      return c.text('ok')
    })
    return (request: Request) => app.fetch(request)
  }
  return { bare: bareHono(), handle }
}

/** What somebody without a session library would write. */
function signedCookie(): Setting {
  const attributes = { path: '/', httpOnly: true, secure: true, sameSite: 'Lax', maxAge: 30 * 86_400 } as const
  const handle = (page: Page) => {
    const app = new Hono().get('/', async (c) => {
      const cookie = await getSignedCookie(c, SECRET, 'session')
      const data: typeof DATA = cookie ? JSON.parse(cookie) : DATA
      if (page === 'writing') data.visits++
      if (page !== 'reading') await setSignedCookie(c, 'session', JSON.stringify(data), SECRET, attributes)
      return c.text('ok')
    })
    return (request: Request) => app.fetch(request)
  }
  return { bare: bareHono(), handle }
}

function bareHono(): Handle {
  const app = new Hono().get('/', (c) => c.text('ok'))
  return (request) => app.fetch(request)
}

/** One handler, called again and again with the cookie of one visitor. */
interface Row {
  readonly run: () => Promise<void>
  /** Calls a turn. */
  readonly calls: number
}

async function measure<Name extends string>(
  settings: Record<Name, Setting>,
  { rounds, turn }: Effort,
): Promise<Record<Name, Cost>> {
  const rows = new Map<string, Row>()
  const bytes = new Map<string, number>()
  for (const [name, { bare, handle }] of Object.entries<Setting>(settings)) {
    const line = (await handle('new')(new Request('https://app.test/'))).headers.getSetCookie()[0] ?? ''
    bytes.set(name, Buffer.byteLength(line))
    const handlers = { bare, reading: handle('reading'), writing: handle('writing') }
    for (const [page, each] of Object.entries(handlers)) rows.set(`${name} ${page}`, await prepare(each, line, turn))
  }
  const times = Array.from({ length: rounds }, () => new Map<string, number>())
  for (const round of times) for (const name of shuffled([...rows.keys()])) round.set(name, await time(rows.get(name)))
  const over = (name: string, page: Page) =>
    median(times.map((round) => (round.get(`${name} ${page}`) ?? Number.NaN) - (round.get(`${name} bare`) ?? Number.NaN)))
  const costs = Object.keys(settings).map((name): [string, Cost] => [
    name,
    { reading: over(name, 'reading'), writing: over(name, 'writing'), cookieBytes: bytes.get(name) ?? Number.NaN },
  ])
  return Object.fromEntries(costs) as Record<Name, Cost>
}

/** Warms a row up and finds how many calls fill a turn. */
async function prepare(handle: Handle, line: string, turn: number): Promise<Row> {
  const headers = { cookie: line.split(';', 1)[0] ?? '' }
  const run = async () => {
    const response = await handle(new Request('https://app.test/', { headers }))
    if (response.status !== 200) throw new Error(`A page answered ${response.status}.`)
  }
  let calls = 0
  for (const end = performance.now() + 3 * turn; performance.now() < end; calls++) await run()
  return { run, calls: Math.max(1, Math.round(calls / 3)) }
}

/** Microseconds a call. */
async function time(row: Row | undefined): Promise<number> {
  if (!row) return Number.NaN
  const start = performance.now()
  for (let call = 0; call < row.calls; call++) await row.run()
  return ((performance.now() - start) * 1000) / row.calls
}

function shuffled<T>(items: readonly T[]): readonly T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN
}
