import { describe, expect, it } from 'vitest'
import { withSession } from '../../../adapters/fetch.ts'
import { memoryStore } from '../../../stores/memory.ts'
import type { Found, SessionRecord, Store } from '../../../stores/store.ts'
import type { SessionEvent } from '../../model/events.ts'
import { createSessions } from '../../sessions.ts'

const SECRET = 'kq3vX0n1tWq8m2Zp5sYc7uJb4rEd6fGh'

/** A site, and a visitor of it whose record is something else when the store is asked again. */
async function site(change: (record: SessionRecord) => unknown) {
  const inner = memoryStore()
  const events: SessionEvent[] = []
  let isChanged = false
  const store: Store = {
    ...inner,
    async read(key) {
      const found = await inner.read(key)
      return found && isChanged ? ({ ...found, record: change(found.record) } as Found) : found
    },
  }
  const sessions = createSessions({ secrets: SECRET, store, encryptRecords: true, onEvent: (event) => events.push(event) })
  const handle = withSession(sessions, async (request) => {
    const session = await sessions.open(request)
    if (session.isNew) session.set('name', 'ada')
    return Response.json([session.isNew, session.get('name')])
  })
  const first = await handle(new Request('https://app.test/'))
  const [pair = ''] = first.headers.getSetCookie().map((line) => line.split(';', 1)[0] ?? '')
  isChanged = true
  events.length = 0
  const again = await handle(new Request('https://app.test/', { headers: { cookie: pair } }))
  return { seen: await again.json(), reasons: events.flatMap((event) => (event.type === 'refused' ? [event.reason] : [])) }
}

const strange: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['a symbol', Symbol('a')],
  ['an object', {}],
  ['a BigInt', 1n],
  [
    'what cannot be a text',
    {
      toString() {
        throw new TypeError('boom')
      },
    },
  ],
]

describe('a record that a store makes up is corrupt, and its visitor goes on without it', () => {
  const fields = ['owner', 'createdAt', 'endsAt', 'expiresAt', 'data'] as const
  it.each(fields.flatMap((field) => strange.map(([what, value]) => [field, what, value] as const)))(
    '%s is %s',
    async (field, _, value) => {
      const { seen, reasons } = await site((record) => ({ ...record, [field]: value }))
      expect([seen, reasons]).toEqual([[true, 'ada'], ['corrupt']])
    },
  )

  it('the record cannot even be looked at', async () => {
    const boom = () => {
      throw new TypeError('boom')
    }
    const { seen, reasons } = await site((record) => new Proxy(record, { get: boom, ownKeys: boom }))
    expect([seen, reasons]).toEqual([[true, 'ada'], ['corrupt']])
  })

  it('what is right is opened', async () => {
    expect(await site((record) => ({ ...record, of: 'the store' }))).toEqual({ seen: [false, 'ada'], reasons: [] })
  })
})

it.each([false, true])(
  'each write comes with a text of its own that may be its version; encrypted: %s',
  async (encryptRecords) => {
    const inner = memoryStore()
    const given: unknown[] = []
    const store: Store = {
      ...inner,
      update(key, record, version, next) {
        given.push(next)
        return inner.update(key, record, version)
      },
    }
    const sessions = createSessions({ secrets: SECRET, store, encryptRecords })
    const handle = withSession(sessions, async (request) => {
      const session = await sessions.open(request)
      session.update('count', (count) => Number(count ?? 0) + 1)
      return Response.json(session.get('count'))
    })
    const first = await handle(new Request('https://app.test/'))
    const cookie = first.headers.getSetCookie()[0]?.split(';', 1)[0] ?? ''
    for (let n = 0; n < 5; n++) await handle(new Request('https://app.test/', { headers: { cookie } }))
    expect(new Set(given).size).toBe(5)
    expect(given).toEqual(Array(5).fill(expect.stringMatching(/^[\w-]{12}$/)))
  },
)
