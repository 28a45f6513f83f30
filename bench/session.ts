// The session that every row keeps, and the pages that every row serves.

const CART = [
  { sku: 'coat-4711', size: 'M', quantity: 1, cents: 12900 },
  { sku: 'scarf-0815', size: '-', quantity: 2, cents: 1950 },
  { sku: 'glove-2342', size: 'L', quantity: 1, cents: 2475 },
]

/** A visitor with a cart, and a counter: 306 bytes of JSON. */
export const DATA: Readonly<Record<string, unknown>> = {
  user: 'user_01J9ZQ4W7K',
  language: 'en-GB',
  theme: 'dark',
  cart: CART,
  visits: 0,
  note: 'x'.repeat(42),
}

export const SECRET = 'Qm7xT2vLc9Rk4pWz8sYb3nHf6dJg5aEu'

/** How many requests write at the same time when lost writes are counted. */
export const PARALLEL = 32

/** A session whose values are there at once. */
export interface Access {
  get(key: string): unknown
  set(key: string, value: unknown): unknown
}

/** A session whose values must be awaited, like Astro's. */
export interface SlowAccess {
  get(key: string): Promise<unknown>
  set(key: string, value: unknown): unknown
}

/** What a handler does with the session; the result is the body of the response. */
export interface Page {
  /** False: what the library wants called to save is not called. */
  readonly writes: boolean
  readonly use: (session: Access) => string | Promise<string>
  readonly useSlow: (session: SlowAccess) => Promise<string>
}

/** A session that is a plain object. */
export function accessTo(data: Record<string, unknown>): Access {
  return {
    get: (key) => data[key],
    set: (key, value) => {
      data[key] = value
    },
  }
}

function shows(key: string): Page {
  return { writes: false, use: (session) => String(session.get(key)), useSlow: async (session) => String(await session.get(key)) }
}

function fill(session: Pick<Access, 'set'>): string {
  for (const [key, value] of Object.entries(structuredClone(DATA))) session.set(key, value)
  return 'ok'
}

/** A new visitor gets the session. */
export const filling: Page = { writes: true, use: fill, useSlow: async (session) => fill(session) }

export const reading: Page = shows('user')

export const showing: Page = shows('visits')

/** The page that is measured: reads the counter, adds one, answers. */
export const counting: Page = {
  writes: true,
  use(session) {
    session.set('visits', Number(session.get('visits') ?? 0) + 1)
    return 'ok'
  },
  async useSlow(session) {
    session.set('visits', Number((await session.get('visits')) ?? 0) + 1)
    return 'ok'
  },
}

/** Each request reads, waits until all of them have read, as for a database, and writes a key of its own. */
export function adding(): Page {
  const all = Promise.withResolvers<void>()
  let arrived = 0
  async function use(session: Access | SlowAccess): Promise<string> {
    await session.get('user')
    const mine = `key${arrived++}`
    if (arrived === PARALLEL) all.resolve()
    await all.promise
    session.set(mine, 1)
    return 'ok'
  }
  return { writes: true, use, useSlow: use }
}

const keys: readonly string[] = Array.from({ length: PARALLEL }, (_, n) => `key${n}`)

/** Tells how many of the keys of `adding` are there. */
export const remaining: Page = {
  writes: false,
  use: (session) => String(keys.filter((key) => session.get(key) === 1).length),
  async useSlow(session) {
    let count = 0
    for (const key of keys) if ((await session.get(key)) === 1) count++
    return String(count)
  },
}

/** For libraries that are given all changes in one call: a session over `data` that collects them. */
export function collecting(data: Readonly<Record<string, unknown>>): { access: Access; changes: Record<string, unknown> } {
  const changes: Record<string, unknown> = {}
  const set = (key: string, value: unknown): void => {
    changes[key] = value
  }
  return { access: { get: (key) => (key in changes ? changes[key] : data[key]), set }, changes }
}
