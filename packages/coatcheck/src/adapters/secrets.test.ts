import { describe, expect, test } from 'vitest'
import { type Adapter, adapters, type Serve } from '../../test/helpers/adapters.ts'
import { clockFrom } from '../../test/helpers/clock.ts'
import { COOKIE, NEWER_SECRET, SECRET } from '../../test/helpers/site.ts'
import type { SecretList } from '../core/options/secret-states.ts'
import { memoryStore } from '../stores/memory.ts'

const PENDING: SecretList = [{ secret: NEWER_SECRET, state: 'pending' }, SECRET]
const RETIRED: SecretList = [NEWER_SECRET, { secret: SECRET, state: 'retired' }]
const REVOKED: SecretList = [NEWER_SECRET, { secret: SECRET, state: 'revoked' }]

/** Those whose option for secrets is ours, and not a framework's. */
const OURS = [
  'coatcheck/fetch',
  'coatcheck/node',
  'coatcheck/hono',
  'React Router’s middleware',
  'Hydrogen 1',
  'Astro’s middleware',
]
const ours = adapters.filter(({ name }) => OURS.includes(name))
/** Its requests cross a socket, as those of a page's script, to which no ticket is sent again. */
const isScript = (adapter: Adapter) => adapter.name === 'coatcheck/node'

/** Servers of one site, which differ in their secrets. */
async function site(adapter: Adapter, ...lists: readonly unknown[]): Promise<readonly Serve[]> {
  const clock = clockFrom()
  const store = memoryStore({ now: clock.now })
  return Promise.all(lists.map((secrets) => adapter.serve({ store, secrets: secrets as string[], now: clock.now, onEvent() {} })))
}

/** What a visitor with this cookie has afterwards, what the page saw, and whether a cookie was sent. */
async function visits(serve: Serve | undefined, cookie: string, writes?: string) {
  let seen: unknown
  const headers = { cookie, host: 'shop.test' }
  const answer = await serve?.(new Request('https://shop.test/', { headers }), async (held) => {
    seen = await held.get('name')
    if (writes !== undefined) await held.set('name', writes)
  })
  const line = answer?.headers.getSetCookie().find((each) => each.startsWith(`${COOKIE}=`))
  return { seen, sent: line !== undefined, cookie: line?.split(';')[0] ?? cookie }
}

test('there are those that take secrets by our own name', () => expect(ours.map(({ name }) => name)).toEqual(OURS))

describe.each(ours)('$name takes secrets with states', (adapter) => {
  test('a ticket is renewed once, not back and forth, and a revoked secret opens nothing', async () => {
    const [plain, pending, retired, revoked] = await site(adapter, [SECRET], PENDING, RETIRED, REVOKED)
    const ada = await visits(plain, '', 'ada')
    const bob = await visits(plain, '', 'bob')
    const renewed = await visits(retired, ada.cookie, 'ada 2')
    expect(renewed).toMatchObject({ seen: 'ada', sent: !isScript(adapter) })
    expect(renewed.cookie === ada.cookie).toBe(isScript(adapter))
    const there = await visits(pending, renewed.cookie, 'ada 3')
    expect(there.seen).toBe('ada 2')
    expect((await visits(retired, there.cookie, 'ada 4')).cookie).toBe(renewed.cookie)
    expect((await visits(revoked, renewed.cookie)).seen).toBe(isScript(adapter) ? undefined : 'ada 4')
    expect((await visits(revoked, bob.cookie)).seen).toBeUndefined()
    expect((await visits(retired, bob.cookie)).seen).toBe('bob')
  })
})

describe.each(ours.filter(({ name }) => name !== 'Hydrogen 1'))('$name takes a function', (adapter) => {
  test('that is asked again for an unknown secret', async () => {
    let list: SecretList = SECRET
    const [changing, newer] = await site(adapter, async () => list, [NEWER_SECRET])
    const ada = await visits(changing, '', 'ada')
    const bob = await visits(newer, '', 'bob')
    list = RETIRED
    expect((await visits(changing, bob.cookie)).seen).toBe('bob')
    expect(await visits(changing, ada.cookie, 'ada 2')).toMatchObject({ seen: 'ada', sent: !isScript(adapter) })
  })
})
