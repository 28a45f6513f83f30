// Rows for the budgets: how the cost of a request grows with what is in the session, and with how many ask at once.
import { createClient } from 'redis'
import { inTurn, SOME_COOKIE, visitorsOf } from './browser.ts'
import { bareGcm } from './own/floor.ts'
import { fetchVisit, openOurs } from './own/ours.ts'
import { MEMORY, type Place, SEALED } from './own/places.ts'
import type { Run } from './rounds.ts'
import { counting, DATA, type Page, reading } from './session.ts'
import type { Tools } from './setting.ts'
import { throughFetch } from './visits.ts'

/** The names of the rows, by which the budgets find them. `r` is one raw seal and unseal. */
export const GROWTH = {
  r: 'r',
  anonymous: (kind: 'sealed' | 'memory') => `anonymous, ${kind}`,
  object: (kilobytes: number) => `an object of ${kilobytes} kB, read and unchanged`,
  objectCounter: (kilobytes: number) => `a counter beside an object of ${kilobytes} kB`,
  keys: (count: number) => `one key of ${count} read, one written`,
  parallel: (count: number) => `${count} at the same time on one session`,
  getAndSet: 'GET and SET',
  noCookie: 'without a session, no Cookie header',
} as const

export const KILOBYTES: readonly number[] = [3, 64]
export const KEYS: readonly number[] = [10, 1000]
export const TOGETHER: readonly number[] = [1, 64]
/** What a record of ours takes, the session's 306 bytes included. */
const RECORD_CHARS = 520

/** Each call is one request, but for those at the same time: there it is all of them. */
export async function growthRows(tools: Tools, visitors: number): Promise<{ rows: Map<string, Run>; close(): Promise<void> }> {
  const rows = new Map<string, Run>()
  const gcm = bareGcm()
  rows.set(GROWTH.r, () => gcm.open(gcm.seal(DATA)))
  rows.set(
    GROWTH.noCookie,
    inTurn(
      throughFetch(async () => new Response('ok')),
      [undefined],
    ),
  )
  for (const place of [SEALED, MEMORY]) {
    const { visit } = await opened(place, tools)
    rows.set(GROWTH.anonymous(place.kind as 'sealed' | 'memory'), inTurn(await visit(reading), [undefined]))
  }
  for (const kilobytes of KILOBYTES) {
    const { visit, cookies } = await filled(tools, visitors, () => [
      ['visits', 0],
      ['things', things(kilobytes)],
    ])
    rows.set(GROWTH.object(kilobytes), inTurn(await visit(looking), cookies))
    rows.set(GROWTH.objectCounter(kilobytes), inTurn(await visit(counting), cookies))
  }
  for (const count of KEYS) {
    const { visit, cookies } = await filled(tools, visitors, () => Array.from({ length: count }, (_, n) => [`key${n}`, n]))
    rows.set(GROWTH.keys(count), inTurn(await visit(oneOfMany), cookies))
  }
  for (const count of TOGETHER) {
    const { visit, cookies } = await filled(tools, visitors, () => Object.entries(structuredClone(DATA)))
    const visitNow = await visit(counting)
    let next = 0
    rows.set(GROWTH.parallel(count), async () => {
      const cookie = cookies[next++ % cookies.length]
      await Promise.all(Array.from({ length: count }, () => visitNow(cookie)))
    })
  }
  const { redis } = tools.urls
  const client = redis ? await connect(redis) : undefined
  if (client) rows.set(GROWTH.getAndSet, await getAndSet(client))
  return { rows, close: async () => void (await client?.close()) }
}

const opened = (place: Place, tools: Tools) => openOurs(place, tools, fetchVisit)

async function filled(tools: Tools, visitors: number, values: () => (readonly [string, unknown])[]) {
  const { visit } = await opened(MEMORY, tools)
  const fill: Page['use'] = (session) => {
    for (const [key, value] of values()) session.set(key, value)
    return 'ok'
  }
  const cookies = await visitorsOf({ visit }, visitors, { ...counting, use: fill })
  return { visit, cookies }
}

/** An object that is read and may be changed in place, which the library has to find out. */
const looking: Page = {
  ...reading,
  use: (session) => String((session.get('things') as readonly object[]).length),
}

const oneOfMany: Page = {
  ...counting,
  use(session) {
    session.set('key1', Number(session.get('key0')) + Number(session.get('key1')) + 1)
    return 'ok'
  },
}

/** A list of so many kilobytes of JSON, of things like those in a cart. */
function things(kilobytes: number): object[] {
  const thing = { sku: 'coat-4711', name: 'A coat for rain', size: 'M', quantity: 1, cents: 12900, tags: ['rain', 'new'] }
  const count = Math.round((kilobytes * 1000) / (JSON.stringify(thing).length + 1))
  // With lists of their own: one list that all share is no JSON, and is stored in another way.
  return Array.from({ length: count }, (_, n) => ({ ...thing, sku: `coat-${1000 + n}`, tags: [...thing.tags] }))
}

const connect = (url: string) => createClient({ url }).connect()

/** The least that a session in Redis can be: nothing is checked, parsed or signed. */
async function getAndSet(client: Awaited<ReturnType<typeof connect>>): Promise<Run> {
  const text = 'x'.repeat(RECORD_CHARS)
  await client.set('bench', text)
  const visit = throughFetch(async () => {
    await client.get('bench')
    await client.set('bench', text, { expiration: { type: 'PX', value: 86_400_000 } })
    return new Response('ok')
  })
  return inTurn(visit, [SOME_COOKIE])
}
