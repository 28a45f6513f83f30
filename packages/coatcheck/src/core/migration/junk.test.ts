import { describe, expect, it } from 'vitest'
import { watched } from '../../../test/helpers/watched.ts'
import { withSession } from '../../adapters/fetch.ts'
import { createKeyring } from '../../crypto/keyring.ts'
import { randomBytes } from '../../crypto/random.ts'
import type { SessionReader } from '../../migrate/format.ts'
import { ironSession } from '../../migrate/iron-session.ts'
import { parseJson } from '../../migrate/json.ts'
import { remixCookie } from '../../migrate/remix.ts'
import { memoryStore } from '../../stores/memory.ts'
import type { SessionEvent } from '../model/events.ts'
import type { SessionsOptions } from '../options/options.ts'
import { createSessions } from '../sessions.ts'

const SECRET = 'kq3vX0n1tWq8m2Zp5sYc7uJb4rEd6fGh'
const NAME = '__Host-Http-session'

function site(options: Partial<SessionsOptions>) {
  const events: SessionEvent[] = []
  const sessions = createSessions({ secrets: SECRET, onEvent: (event) => events.push(event), ...options })
  const handle = withSession(sessions, async (request) => {
    const session = await sessions.open(request)
    if (request.method === 'POST') session.set('name', 'ada')
    return Response.json([session.isNew, session.get('name') ?? null])
  })
  const visit = async (cookie: string, method = 'GET') => {
    events.length = 0
    const response = await handle(new Request('https://app.test/', { method, headers: cookie ? { cookie } : {} }))
    const reasons = events.flatMap((event) => (event.type === 'refused' ? [event.reason] : []))
    const [line = ''] = response.headers.getSetCookie()
    return { seen: await response.json(), reasons, pair: line.split(';', 1)[0] ?? '' }
  }
  return { visit }
}

const ended = async () => `${NAME}=${await createKeyring([SECRET]).sign('ticket', [NAME], randomBytes(24))}`

describe('tickets of one place that cost a MAC or a call of the store', () => {
  it('two are looked into, so that a flood of them asks the store twice', async () => {
    const { store, calls, forget } = watched(memoryStore())
    const { visit } = site({ store })
    const { pair } = await visit('', 'POST')
    const junk = await Promise.all([1, 2, 3, 4].map(ended))
    forget()
    const { seen, reasons } = await visit(junk.join('; '))
    expect([seen, reasons, calls.filter((call) => call.startsWith('read'))]).toMatchObject([
      [true, null],
      ['unknown', 'unknown'],
      { length: 2 },
    ])
    // The second of two is found.
    expect((await visit(`${junk[0]}; ${pair}`)).seen).toEqual([false, 'ada'])
  })

  it('what is refused by its form, version or key takes no place of a ticket', async () => {
    const { visit } = site({ store: memoryStore() })
    const { pair } = await visit('', 'POST')
    const other = await createKeyring(['nG5tRw8kLp2sVx9zQc4mHb7jFd3yTe6u']).sign('ticket', [NAME], randomBytes(24))
    const { seen, reasons } = await visit(`${NAME}=${'x'.repeat(40)}; ${NAME}=${other}; ${NAME}=B${'A'.repeat(59)}; ${pair}`)
    expect(seen).toEqual([false, 'ada'])
    expect(reasons).toEqual(['unknown-version', 'unknown-key', 'unknown-version'])
  })

  it('a genuine ticket with more after it is none', async () => {
    const { visit } = site({ store: memoryStore() })
    const { pair } = await visit('', 'POST')
    for (const more of ['A', 'AAAA', 'A'.repeat(3000)])
      expect(await visit(pair + more)).toMatchObject({ seen: [true, null], reasons: ['forged'] })
    expect(await visit(pair)).toMatchObject({ seen: [false, 'ada'], reasons: [] })
  })
})

it('a reader looks into two values of its format, and what is of another takes no place of them', async () => {
  const remix = remixCookie([SECRET])
  const { visit } = site({ migrateFrom: [remix, ironSession({ password: SECRET, cookieName: NAME })] })
  const genuine = String(await remix.write({ id: '1', createdAt: 0, now: 0, values: { name: 'ada' } }))
  const forged = (n: number) => `${genuine.slice(0, -2)}${n}A`
  const others = [1, 2, 3].map((n) => `Fe26.2*1*${'0'.repeat(63)}${n}*x~2`)
  const cookies = (...values: string[]) => values.map((value) => `${NAME}=${value}`).join('; ')
  expect((await visit(cookies(...others.slice(0, 2), forged(1), genuine))).seen).toEqual([false, 'ada'])
  expect((await visit(cookies(forged(1), forged(2), genuine))).seen).toEqual([true, null])
})

it('with a store no pieces are put together, since a ticket never comes in several', async () => {
  const pieces = (ticket: string) => `${NAME}=~2~${ticket.slice(0, 20)}; ${NAME}.1=${ticket.slice(20)}`
  for (const [options, seen] of [
    [{}, [false, 'ada']],
    [{ store: memoryStore() }, [true, null]],
  ] as const) {
    const { visit } = site(options)
    const { pair } = await visit('', 'POST')
    const ticket = pair.slice(NAME.length + 1)
    expect((await visit(`${NAME}=${ticket}`)).seen).toEqual([false, 'ada'])
    const { seen: found, reasons } = await visit(pieces(ticket))
    expect([found, reasons]).toEqual([seen, seen[0] ? ['bad-chunks'] : []])
  }
})

it('readers of other libraries are not shown what came in pieces of ours, which no other library writes', async () => {
  const shown: string[] = []
  const reader: SessionReader = { format: 'test', read: (value) => void shown.push(value) }
  const { visit } = site({ migrateFrom: [reader] })
  await visit(`${NAME}=~2~${'a'.repeat(4000)}; ${NAME}.1=${'b'.repeat(4000)}`)
  expect(shown).toEqual([])
  await visit(`${NAME}=${'a'.repeat(4000)}`)
  expect(shown).toEqual(['a'.repeat(4000)])
})

it('JSON of other libraries is parsed up to 500 levels, and brackets in its texts are none', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
  expect(parseJson(nested(501))).toBeDefined()
  expect(parseJson(nested(502))).toBeUndefined()
  expect(parseJson(nested(100_000))).toBeUndefined()
  const texts = { a: '['.repeat(2000), 'b"\\': '"[{\\'.repeat(800), c: ['\\', '\\\\"', '{'.repeat(900)] }
  expect(parseJson(JSON.stringify(texts))).toEqual(texts)
  const wide = Array.from({ length: 2000 }, () => [{}])
  expect(parseJson(JSON.stringify(wide))).toEqual(wide)
})
