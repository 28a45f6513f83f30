import { describe, expect, test } from 'vitest'
import { DAY } from '../../../../test/helpers/clock.ts'
import { tellsNothing } from '../../../../test/helpers/discretion.ts'
import { gate } from '../../../../test/helpers/gate.ts'
import { attempt, down, outcome, type Place, place, type Server, ticketIn } from '../../../../test/helpers/servers.ts'
import { discretion, NEWER_SECRET, SECRET, WITHOUT_SECRETS } from '../../../../test/helpers/site.ts'
import { createSessionStorage } from '../../../adapters/remix.ts'
import type { Store } from '../../../stores/store.ts'
import type { RequestSession } from '../../request/request-session.ts'
import type { LiveSession } from '../../session/session.ts'

type Act = (session: LiveSession) => unknown

const writes: Act = (s) => s.set('late', 1)
const renews: Act = (s) => s.regenerateId()
const signsIn: Act = (s) => s.signIn('ada')
const ends: Act = (s) => s.destroy()
const WAYS_TO_MOVE: [string, Act][] = [
  ['a new id', renews],
  ['a sign-in', signsIn],
]

/** Makes a request that has read the session, done this, and commits later. */
async function underWay(server: Server, ticket: string, act: Act): Promise<RequestSession> {
  const requestSession = server.arrive(ticket)
  act(await requestSession.open())
  return requestSession
}

/** A forwarding record: what is written over an old one. */
const leads = (record: { data?: string | undefined } | undefined) => record?.data?.includes('"to":{') === true
const aliveIn = async ({ records }: Place) => {
  const { keys } = await records.list(undefined, 1000)
  const found = await Promise.all(keys.map(async (key) => ({ key, data: (await records.read(key))?.record.data })))
  return found.filter((record) => !leads(record) && !record.data?.includes('"ended":true')).map(({ key }) => key)
}

describe.each(WAYS_TO_MOVE)('a request that is under way across %s', (_, rotation) => {
  /** Ten seconds before the old record's idle end there is a new id; the request commits so many seconds later. */
  const across = async (act: Act, seconds: number, options = {}) => {
    const site = place({ idleTimeout: DAY, ...options })
    const server = site.server()
    const ticket = await server.visit((s) => s.set('a', 1))
    site.clock.advance(DAY - 10)
    const requestSession = await underWay(server, ticket, act)
    const now = await server.visit(rotation, ticket)
    site.clock.advance(seconds)
    await site.records.prune(site.clock.now(), 1000)
    return { site, server, ticket, now, requestSession, came: await outcome(requestSession) }
  }

  test('C3: and signs out after the old idle end: the session ends', async () => {
    const { server, now, came } = await across(ends, 11)
    expect(came).toEqual({ told: 'done', lines: 1 })
    expect(await server.look(now, (s) => s.isNew)).toBe(true)
  })

  test('C3: and writes after the old idle end: it is kept, and it is told nothing', async () => {
    const { server, now, came } = await across(writes, 11)
    expect(came).toEqual({ told: 'done', lines: 0 })
    expect(await server.look(now, (s) => s.keys())).toEqual(['a', 'late'])
  })

  test('C3: and signs somebody else in after the old idle end: told', async () => {
    const { server, now, came } = await across((s) => s.signIn('bob'), 11)
    expect(came).toEqual({ told: 'CONFLICT', lines: 0 })
    expect(await server.look(now, (s) => s.owner)).not.toBe('bob')
  })

  test.each<[string, Act]>([
    ['writes', writes],
    ['signs out', ends],
    ['signs in', (s) => s.signIn('ada')],
    ['takes a new id and writes', (s) => [renews(s), writes(s)]],
  ])('C3: V2: and %s when it is older than maxRequestTime: CONFLICT, and nothing is sent', async (_, act) => {
    const { server, now, came } = await across(act, 301)
    expect(came).toEqual({ told: 'CONFLICT', lines: 0 })
    expect(await server.look(now, (s) => s.keys())).toEqual(['a'])
  })

  test('C3: V3: and signs out when what led on is pruned: CONFLICT, never "done"', async () => {
    const { server, now, came } = await across(ends, DAY / 2)
    expect(came).toEqual({ told: 'CONFLICT', lines: 0 })
    expect(await server.look(now, (s) => s.keys())).toEqual(['a'])
  })

  test('C3: V5: what leads on outlives the absolute end too', async () => {
    const site = place({ idleTimeout: DAY, absoluteTimeout: DAY })
    const server = site.server()
    const ticket = await server.visit((s) => s.set('a', 1))
    site.clock.advance(DAY - 10)
    const requestSession = await underWay(server, ticket, ends)
    const now = await server.visit(signsIn, ticket)
    site.clock.advance(200)
    await site.records.prune(site.clock.now(), 1000)
    expect((await outcome(requestSession)).told).toBe('done')
    expect(await server.look(now, (s) => s.isNew)).toBe(true)
  })
})

describe('S11: a guest’s request that is held open for five hours', () => {
  const loaded = async (act: Act) => {
    const site = place()
    const server = site.server()
    const ticket = await server.visit((s) => s.set('cart', ['hat']))
    const requestSession = await underWay(server, ticket, act)
    const now = await server.visit(signsIn, ticket)
    site.clock.advance(5 * 3600)
    return { site, server, ticket, now, came: await outcome(requestSession) }
  }

  test.each<[string, Act]>([
    ['writes', (s) => s.set('deliver to', 'eve')],
    ['ends', ends],
  ])('%s nothing of the session that was signed in meanwhile', async (_, act) => {
    const { server, now, came } = await loaded(act)
    expect(came).toEqual({ told: 'CONFLICT', lines: 0 })
    expect(await server.look(now, (s) => [s.owner, s.keys()])).toEqual(['ada', ['cart']])
  })

  test('nor does its ticket six hours later', async () => {
    const { site, server, ticket, now } = await loaded(() => {})
    site.clock.advance(3600)
    for (const act of [ends, (s: LiveSession) => s.signOut()]) {
      expect(await attempt(server, ticket, act)).toBe('CONFLICT, nothing sent')
    }
    await server.visit((s) => s.set('deliver to', 'eve'), ticket)
    expect(await server.look(now, (s) => [s.owner, s.keys()])).toEqual(['ada', ['cart']])
  })
})

describe('S15: a request of an attacker who planted the ticket, and waits', () => {
  const waiting = async (act: Act, victim: Act) => {
    const site = place()
    const server = site.server()
    const planted = await server.visit((s) => s.set('a', 1))
    const requestSession = await underWay(server, planted, act)
    const now = await server.visit((s) => [s.set('name', 'ada lovelace'), victim(s)], planted)
    return { site, server, requestSession, planted, now }
  }

  test.each<[string, Act, string]>([
    ['looks', (s) => s.get('a'), 'done'],
    ['writes', writes, 'done'],
    ['takes a new id', renews, 'done'],
    ['takes a new id and writes', (s) => [renews(s), writes(s)], 'CONFLICT'],
    ['signs in', (s) => s.signIn('eve'), 'CONFLICT'],
    ['signs in as the victim', signsIn, 'CONFLICT'],
  ])('is never told the id that the victim’s regenerateId makes, nor what was stored before: it %s', async (_, act, told) => {
    const { site, server, requestSession, planted, now } = await waiting(act, renews)
    expect(await outcome(requestSession)).toEqual({ told, lines: 0 })
    expect(requestSession.ticket ?? planted).toBe(planted)
    expect(requestSession.session?.get('name')).toBeUndefined()
    requestSession.session?.get('a')
    await outcome(requestSession)
    expect([requestSession.lines, requestSession.session?.get('name')]).toEqual([[], undefined])
    site.clock.advance(15)
    expect(await server.look(planted, (s) => s.keys())).toEqual([])
    expect(await server.look(now, (s) => [s.get('a'), s.get('name'), s.owner])).toEqual([1, 'ada lovelace', undefined])
  })

  test('that was overtaken by a new id stores nothing more', async () => {
    const { server, requestSession, now } = await waiting(renews, renews)
    expect((await outcome(requestSession)).told).toBe('done')
    requestSession.session?.set('late', 1)
    expect(await outcome(requestSession)).toEqual({ told: 'CONFLICT', lines: 0 })
    expect(await server.look(now, (s) => s.keys())).toEqual(['a', 'name'])
  })

  test('is told no sign-in but its own owner’s', async () => {
    for (const owner of ['eve', 'ada']) {
      const { requestSession } = await waiting((s) => s.signIn(owner), signsIn)
      const { told, lines } = await outcome(requestSession)
      expect([told, lines]).toEqual(owner === 'ada' ? ['done', 1] : ['CONFLICT', 0])
    }
  })
})

describe('C2: a request that only reads, with a ticket of an old secret, when its idle end is to be moved', () => {
  const stale = async (own = {}) => {
    const site = place({ secrets: [NEWER_SECRET, SECRET] })
    const ticket = await site.server({ secrets: SECRET }).visit((s) => s.set('a', 1))
    site.clock.advance(4 * DAY)
    const server = site.server(own)
    const requestSession = await underWay(server, ticket, (s) => s.get('a'))
    return { site, server, requestSession, ticket }
  }

  test('sends it signed anew when it wins', async () => {
    expect(await outcome((await stale()).requestSession)).toEqual({ told: 'done', lines: 1 })
  })

  test.each<[string, Act]>([
    ['signed in', signsIn],
    ['took a new id', renews],
    ['signed out', ends],
    ['ended it and began another', (s) => [s.signOut(), s.set('b', 2)]],
    ['wrote', writes],
  ])('says nothing to the browser when another request %s first', async (_, act) => {
    const { site, requestSession, ticket } = await stale()
    await site.server().visit(act, ticket)
    expect(await outcome(requestSession)).toEqual({ told: 'done', lines: 0 })
  })

  test.each<[string, Act]>([
    ['signed in', signsIn],
    ['signed out', ends],
  ])('nor when another request %s between its own write and its answer', async (_, act) => {
    const { site, server, requestSession, ticket } = await stale()
    server.watch.after = async (call) => {
      if (call !== 'touch') return
      server.watch.after = () => {}
      await site.server().visit(act, ticket)
    }
    expect(await outcome(requestSession)).toEqual({ told: 'done', lines: 0 })
  })

  test('nor does one that writes, when another signed in meanwhile', async () => {
    const { site, requestSession, ticket } = await stale()
    await site.server().visit(signsIn, ticket)
    requestSession.session?.set('late', 1)
    expect(await outcome(requestSession)).toEqual({ told: 'done', lines: 0 })
  })

  describe('nor when it wrote, was sent one, and another signed in before its next commit', () => {
    const sent = async () => {
      const { site, server, requestSession, ticket } = await stale()
      requestSession.session?.set('late', 1)
      expect((await outcome(requestSession)).lines).toBe(1)
      await site.server().visit(signsIn, ticket)
      return { site, server, requestSession }
    }

    test('which is refused, and does not learn why (seed 20074303)', async () => {
      const { server, requestSession } = await sent()
      server.watch.before = (call) => (call === 'read' ? down() : undefined)
      requestSession.session?.set('later', 2)
      expect(await outcome(requestSession)).toEqual({ told: 'STORE_FAILED', lines: 0 })
    })

    test('which only moves the idle end, and is refused', async () => {
      const { site, server, requestSession } = await sent()
      site.clock.advance(4 * DAY)
      server.watch.forget()
      expect(await outcome(requestSession)).toEqual({ told: 'done', lines: 0 })
      expect(server.watch.calls).toEqual(['touch'])
    })
  })

  test('what clears the cookie stays when a later commit fails', async () => {
    const { server, requestSession } = await stale()
    const session = requestSession.session as LiveSession
    session.set('late', 1)
    expect((await outcome(requestSession)).lines).toBe(1)
    session.signOut()
    expect([await outcome(requestSession), ticketIn(requestSession)]).toEqual([{ told: 'done', lines: 1 }, ''])
    server.watch.before = down
    session.set('b', 2)
    session.signOut({ keep: ['b'] })
    expect([await outcome(requestSession), ticketIn(requestSession)]).toEqual([{ told: 'STORE_FAILED', lines: 1 }, ''])
  })

  test('nor does a fetch of the page’s own script', async () => {
    const { server, ticket } = await stale()
    const requestSession = server.arrive(ticket, { 'sec-fetch-mode': 'cors' })
    await requestSession.open()
    expect((await outcome(requestSession)).lines).toBe(0)
  })
})

describe.each<[string, object]>([
  ['with secrets', {}],
  ['without secrets', WITHOUT_SECRETS],
])('the answer to the write that leads to a new id is lost, %s', (_, secrets) => {
  /** The write is carried out or not; then nothing answers until `mend` is called. */
  const lost = async (rotation: Act, isCarriedOut: boolean) => {
    const site = place(secrets)
    const server = site.server()
    const ticket = await server.visit((s) => s.set('a', 1))
    const requestSession = await underWay(server, ticket, (s) => [s.set('b', 2), rotation(s)])
    const mend = () => Object.assign(server.watch, { before: () => {}, after: () => {} })
    const cut = (call: string) => {
      if (call !== 'update') return
      server.watch.before = down
      down()
    }
    Object.assign(server.watch, isCarriedOut ? { after: cut } : { before: cut })
    return { site, server, ticket, requestSession, mend }
  }

  describe.each(WAYS_TO_MOVE)('%s', (_, rotation) => {
    test('C5: but the store is there: the visitor is given the new ticket', async () => {
      const { server, requestSession, mend, ticket } = await lost(rotation, true)
      server.watch.after = (call) => {
        if (call !== 'update') return
        mend()
        down()
      }
      expect(await outcome(requestSession)).toEqual({ told: 'done', lines: 1 })
      const now = ticketIn(requestSession) ?? ''
      expect(now).not.toBe(ticket)
      expect(await server.look(now, (s) => s.keys())).toEqual(['a', 'b'])
    })

    test.each([
      ['was kept', true],
      ['was not', false],
    ])(
      'C5: and the store is down right after; it %s: the same request’s next commit gives the new ticket',
      async (_, isCarriedOut) => {
        const { site, server, requestSession, mend, ticket } = await lost(rotation, isCarriedOut)
        const error = await Promise.resolve(requestSession.commit()).catch((error) => error)
        expect(error).toMatchObject({ code: 'STORE_FAILED', fix: expect.stringMatching(/old ticket or the new one/) })
        expect(requestSession.lines).toEqual([])
        mend()
        expect(await outcome(requestSession)).toEqual({ told: 'done', lines: 1 })
        const now = ticketIn(requestSession) ?? ''
        expect(now).not.toBe(ticket)
        expect(await server.look(now, (s) => [s.keys(), s.owner])).toEqual([['a', 'b'], rotation === signsIn ? 'ada' : undefined])
        expect(await aliveIn(site), 'nothing else is left that opens').toHaveLength(1)
        site.clock.advance(400)
        expect(await server.look(ticket, (s) => s.isNew)).toBe(true)
      },
    )

    test('C5: and another’s write went in between: the next commit keeps both', async () => {
      const { site, server, requestSession, mend, ticket } = await lost(rotation, false)
      expect((await outcome(requestSession)).told).toBe('STORE_FAILED')
      mend()
      await site.server(secrets).visit((s) => s.set('c', 3), ticket)
      expect(await outcome(requestSession)).toEqual({ told: 'done', lines: 1 })
      expect(await server.look(ticketIn(requestSession) ?? '', (s) => s.keys().toSorted())).toEqual(['a', 'b', 'c'])
    })

    test('C5: and the handler changes its mind: what it ends is ended under both ids', async () => {
      const { site, requestSession, mend } = await lost(rotation, true)
      expect((await outcome(requestSession)).told).toBe('STORE_FAILED')
      mend()
      requestSession.session?.destroy()
      expect((await outcome(requestSession)).told).toBe('done')
      expect(await aliveIn(site)).toEqual([])
    })

    test('V8: it lands after it was fenced off: nothing changes, and the visitor has what there was', async () => {
      const site = place(secrets)
      let land: (() => Promise<unknown>) | undefined
      const store: Store = {
        ...site.records,
        async update(key, record, version) {
          if (!leads(record) || land) return site.records.update(key, record, version)
          land = () => site.records.update(key, record, version)
          throw new Error('timed out')
        },
      }
      const server = site.server({ store })
      const ticket = await server.visit((s) => s.set('a', 1))
      const requestSession = await underWay(server, ticket, (s) => [s.set('b', 2), rotation(s)])
      const error = await Promise.resolve(requestSession.commit()).catch((error) => error)
      expect(error).toMatchObject({ code: 'STORE_FAILED', message: expect.stringMatching(/as before/) })
      await land?.()
      expect(await aliveIn(site), 'the new record is gone').toHaveLength(1)
      expect(await server.look(ticket, (s) => [s.keys(), s.owner])).toEqual([['a'], undefined])
      expect(await outcome(requestSession), 'and can be tried again').toEqual({ told: 'done', lines: 1 })
      expect(await server.look(ticketIn(requestSession) ?? '', (s) => s.keys())).toEqual(['a', 'b'])
    })

    test.each<[string, Act, string]>([
      ['a new id', renews, 'CONFLICT'],
      ['a sign-in of the same person', signsIn, rotation === signsIn ? 'done' : 'CONFLICT'],
      ['an end', ends, rotation === signsIn ? 'CONFLICT' : 'done'],
    ])(
      'V8: it is lost, and another request was first with %s: nothing is as before, and nobody says so',
      async (_, act, told) => {
        const site = place(secrets)
        let meanwhile: (() => Promise<unknown>) | undefined
        const store: Store = {
          ...site.records,
          async update(key, record, version) {
            if (!leads(record) || !meanwhile) return site.records.update(key, record, version)
            await meanwhile()
            throw new Error('timed out')
          },
        }
        const server = site.server({ store })
        const ticket = await server.visit((s) => s.set('a', 1))
        const requestSession = await underWay(server, ticket, (s) => [s.set('b', 2), rotation(s)])
        meanwhile = () => site.server().visit(act, ticket)
        expect((await outcome(requestSession)).told).toBe(told)
      },
    )

    test('V8: it lands while it is about to be fenced off: it counts', async () => {
      const site = place(secrets)
      let land: (() => Promise<unknown>) | undefined
      const store: Store = {
        ...site.records,
        async update(key, record, version) {
          if (!land) {
            land = () => site.records.update(key, record, version)
            throw new Error('timed out')
          }
          await land()
          return site.records.update(key, record, version)
        },
      }
      const server = site.server({ store })
      const ticket = await site.server(secrets).visit((s) => s.set('a', 1))
      const requestSession = await underWay(server, ticket, (s) => [s.set('b', 2), rotation(s)])
      expect(await outcome(requestSession)).toEqual({ told: 'done', lines: 1 })
      expect(await server.look(ticketIn(requestSession) ?? '', (s) => s.keys())).toEqual(['a', 'b'])
      expect(await aliveIn(site)).toHaveLength(1)
    })
  })
})

test('C5: commitSession of Remix without secrets, made again after the answer was lost, gives the new ticket', async () => {
  const site = place()
  let isLost = false
  const store: Store = {
    ...site.records,
    async update(...args) {
      const saved = await site.records.update(...args)
      if (leads(args[1]) && !isLost) {
        isLost = true
        throw new Error('connection lost')
      }
      return saved
    },
    read: (...args) => (isLost && !isMended ? down() : site.records.read(...args)),
  }
  let isMended = false
  const { getSession, commitSession } = createSessionStorage({
    cookie: { name: 'sid', secure: true, path: '/' },
    store,
    now: site.clock.now,
    onEvent: () => {},
  } as never)
  const first = await getSession()
  first.set('a', 1)
  const line = await commitSession(first)
  const session = await getSession(line.split(';')[0])
  session.set('b', 2)
  const { regenerateId } = session as unknown as { regenerateId(): void }
  regenerateId()
  await expect(commitSession(session)).rejects.toMatchObject({ code: 'STORE_FAILED' })
  isMended = true
  const again = await commitSession(session)
  expect(again.split(';')[0]).not.toBe(line.split(';')[0])
  expect(again).toMatch(/^sid=.+/)
  const later = await getSession(again.split(';')[0])
  expect([later.get('a'), later.get('b')]).toEqual([1, 2])
})

describe('V5: a record that leads on', () => {
  test.each([false, true])(
    'finds room in a store with a limit, however full its session is (encryptRecords: %s)',
    async (encryptRecords) => {
      const most = 4000
      const site = place({ encryptRecords })
      const server = site.server({ store: { ...site.records, maxBytes: most } })
      let ticket = await server.visit((s) => s.set('a', 1))
      const fill = async (n: number) => {
        site.clock.advance(100) // the record remembers no write that is longer ago
        return attempt(server, ticket, (s) => s.set('essay', 'x'.repeat(n)))
      }
      let size = 0
      for (let step = 2048; step >= 1; step /= 2) if ((await fill(size + step)).startsWith('done')) size += step
      size -= 3 // a count of writes that gets longer
      expect(await fill(size)).toMatch('done')
      expect(await fill(size + 12), 'it is as full as it gets').toMatch('RECORD_TOO_LARGE')
      const tickets = []
      for (let i = 0; i < 3; i++) {
        site.clock.advance(100)
        tickets.push(ticket)
        ticket = await server.visit(renews, ticket)
      }
      expect(await server.look(ticket, (s) => [s.get('a'), (s.get('essay') as string).length])).toEqual([1, size])
      site.clock.advance(400)
      for (const old of tickets) await server.look(old, (s) => expect(s.isNew).toBe(true))
      expect(server.events.filter(({ type }) => type === 'replayed')).toHaveLength(3)
      expect(server.events.filter(({ type }) => type === 'late-failed')).toEqual([])
    },
  )
})

describe('V4: an old ticket within its time, at another process', () => {
  test('shows the frozen copy through a chain of new ids, lands its writes in the last one, and ends that', async () => {
    const site = place()
    const [one, two] = [site.server(), site.server()]
    const first = await one.visit((s) => s.set('a', 1))
    const second = await one.visit(signsIn, first)
    const third = await two.visit((s) => [s.set('secret', 1), renews(s)], second)
    expect(await two.look(first, (s) => [s.owner, s.keys()])).toEqual([undefined, ['a']])
    expect(await attempt(two, first, (s) => s.set('b', 2))).toBe('done, nothing sent')
    expect(await one.look(third, (s) => s.keys().toSorted())).toEqual(['a', 'b', 'secret'])
    expect(await attempt(two, first, ends)).toBe('done, cleared')
    expect(await one.look(third, (s) => s.isNew)).toBe(true)
  })

  test('V4: is judged once: a request that arrived in time keeps what it writes when its time is over', async () => {
    const site = place()
    const server = site.server()
    const old = await server.visit((s) => s.set('a', 1))
    const now = await server.visit(signsIn, old)
    site.clock.advance(9)
    const requestSession = await underWay(server, old, writes)
    site.clock.advance(100)
    expect(await outcome(requestSession)).toEqual({ told: 'done', lines: 0 })
    expect(await server.look(now, (s) => s.keys())).toEqual(['a', 'late'])
  })

  test('V4: grace 0 leaves only what a lost answer takes', async () => {
    const site = place({ grace: 0 })
    const server = site.server()
    const old = await server.visit((s) => s.set('a', 1))
    await server.visit(signsIn, old)
    site.clock.advance(5)
    expect(await server.look(old, (s) => [s.isNew, s.readOnly])).toEqual([true, true])
  })
})

describe('V7: a request that has given a ticket, and goes on', () => {
  /** It was sent again, signed anew; or is of this request's own new id. Then another request gives the session a new id. */
  const gave = async (first: Act, meanwhile: Act, seconds: number, act: Act, before: Server['watch']['before'] = () => {}) => {
    const site = place({ secrets: [NEWER_SECRET, SECRET] })
    const ticket = await site.server({ secrets: SECRET }).visit((s) => s.set('a', 1))
    const server = site.server()
    const requestSession = await underWay(server, ticket, (s) => [s.set('b', 2), first(s)])
    expect(await outcome(requestSession)).toEqual({ told: 'done', lines: 1 })
    await site.server().visit(meanwhile, ticketIn(requestSession))
    site.clock.advance(seconds)
    act(requestSession.session as LiveSession)
    server.watch.before = before
    return outcome(requestSession)
  }

  describe.each<[string, Act]>([
    ['again', () => {}],
    ['of its own new id', renews],
  ])('%s', (_, first) => {
    test.each<[string, Act, number, Act, string]>([
      ['a new id', renews, 0, renews, 'done'],
      ['a new id', renews, 0, (s) => [renews(s), writes(s)], 'CONFLICT'],
      ['a sign-in', signsIn, 0, (s) => s.signIn('eve'), 'CONFLICT'],
      ['a sign-in', signsIn, 301, writes, 'CONFLICT'],
      ['a sign-in', signsIn, 301, ends, 'CONFLICT'],
    ])('withdraws it when it meets %s: #%#', async (_, meanwhile, seconds, act, told) => {
      expect(await gave(first, meanwhile, seconds, act)).toEqual({ told, lines: 0 })
    })

    test.each<[string, string, Act, Act]>([
      ['a write', 'a new id', renews, writes],
      ['a write', 'a sign-in', signsIn, writes],
      ['a sign-out', 'a new id', renews, ends],
      ['a sign-out', 'a sign-in', signsIn, ends],
    ])('withdraws it when %s meets %s, and the store does not say where that is', async (_, __, meanwhile, act) => {
      let reads = 0
      const second = (call: string) => (call === 'read' && ++reads === 2 ? down() : undefined)
      expect(await gave(first, meanwhile, 0, act, second)).toEqual({ told: 'STORE_FAILED', lines: 0 })
    })

    test.each<[string, Act]>([
      ['a write', writes],
      ['a sign-out', ends],
    ])('withdraws what the visitor has already when %s is refused, and the store does not say why', async (_, act) => {
      const atOnce = (call: string) => (call === 'read' ? down() : undefined)
      const lines = first === renews ? 1 : 0
      expect(await gave(first, signsIn, 0, act, atOnce)).toEqual({ told: 'STORE_FAILED', lines })
    })

    test('keeps it where the commit failed for something else', async () => {
      expect(
        await gave(
          first,
          (s) => s.set('c', 1),
          0,
          (s) => s.set('essay', 'x'.repeat(5_000_000)),
        ),
      ).toEqual({
        told: 'RECORD_TOO_LARGE',
        lines: 1,
      })
    })
  })
})

describe('V7: where each commit gives a line, as with Remix', () => {
  const storageOf = (store: Store, { clock }: Place, secrets: string[] = [SECRET], options: object = {}) => {
    const cookie = { name: 'sid', secure: true, secrets }
    return createSessionStorage<{ a?: number }>({ cookie, store, now: clock.now, onEvent: () => {}, ...options } as never)
  }
  const SAYS_NOTHING = /; Max-Age=0; Path=\/\.nothing$/
  const cookieIn = (line: string) => line.split(';')[0]
  const begun = async (storage: ReturnType<typeof storageOf>) => {
    const session = await storage.getSession()
    session.set('a', 1)
    return cookieIn(await storage.commitSession(session))
  }

  test.each([
    ['while it joined', 2],
    ['before (seeds 229633, 529829)', 1],
  ])('a double click that joined a sign-in, whose id was given up %s, is sent no old ticket', async (_, nth) => {
    const site = place()
    const other = storageOf(site.records, site)
    const cookie = await begun(other)
    const { watch } = site.server()
    const mine = storageOf(watch.store, site)
    const late = await mine.getSession(cookie)
    const first = await other.getSession(cookie)
    first.signIn('ada')
    const signedIn = cookieIn(await other.commitSession(first))
    const key = (await other.getSession(signedIn)).id
    let latest = ''
    let reads = 0
    watch.before = async (call, at) => {
      if (call !== 'read' || at !== key || ++reads !== nth) return
      const next = await other.getSession(signedIn)
      next.regenerateId()
      latest = cookieIn(await other.commitSession(next)) ?? ''
    }
    late.signIn('ada')
    expect(await mine.commitSession(late)).toMatch(SAYS_NOTHING)
    expect(reads).toBeGreaterThan(1)
    late.set('a', 2)
    expect(await mine.commitSession(late), 'in a later commit neither').toMatch(SAYS_NOTHING)
    expect((await other.getSession(latest)).get('a')).toBe(2)
  })

  test('a record that nobody can read here any more may lead on: its ticket is not sent again (seed 346766)', async () => {
    const site = place()
    const older = storageOf(site.records, site, [SECRET], { encryptRecords: true })
    const newer = storageOf(site.records, site, [NEWER_SECRET, SECRET], { encryptRecords: true })
    const cookie = await begun(older)
    const late = await older.getSession(cookie)
    const session = await newer.getSession(cookie)
    session.signIn('ada')
    await newer.commitSession(session)
    expect(await older.commitSession(late)).toMatch(SAYS_NOTHING)
  })

  test('nor is it where the store does not say whether it leads on (seed 1727047)', async () => {
    const site = place()
    const other = storageOf(site.records, site)
    const { watch } = site.server()
    const mine = storageOf(watch.store, site)
    const cookie = await begun(other)
    const late = await mine.getSession(cookie)
    const session = await other.getSession(cookie)
    session.signIn('ada')
    await other.commitSession(session)
    watch.before = down
    expect(await mine.commitSession(late)).toMatch(SAYS_NOTHING)
  })
})

test('V7: a ticket that an early commit sends again is not sent when the session has a new id by the end (seed 40933064)', async () => {
  const site = place()
  const old = await site.server().visit((s) => s.set('a', 1))
  const server = site.server({ secrets: [NEWER_SECRET, SECRET] })
  const early = await underWay(server, old, writes)
  await early.commit()
  expect(early.lines).toHaveLength(1)
  const now = await server.visit(renews, old)
  await early.close(200)
  expect(early.lines).toHaveLength(0)
  expect(await server.look(now, (s) => s.keys())).toEqual(['a', 'late'])
})

test('C8: a double click that joins a sign-in whose session ends before it is written is told, never "done" (seed 40210826)', async () => {
  const site = place()
  const [server, other] = [site.server(), site.server()]
  const guest = await server.visit((s) => s.set('a', 1))
  const requestSession = await underWay(server, guest, (s) => [signsIn(s), writes(s)])
  const now = await other.visit(signsIn, guest)
  const key = await other.look(now, (s) => s.handle)
  server.watch.before = async (call, at) => {
    if (call === 'update' && at === key) await other.visit(ends, now)
  }
  expect(await outcome(requestSession)).toEqual({ told: 'CONFLICT', lines: 0 })
})

test('V9: whoever signs in or renews with an old ticket after its time has a session of their own, which can be written to', async () => {
  for (const rotation of [signsIn, renews, (s: LiveSession) => s.renew()]) {
    const site = place()
    const server = site.server()
    const old = await server.visit((s) => s.set('a', 1))
    const now = await server.visit(signsIn, old)
    site.clock.advance(75)
    const seen: boolean[] = []
    const requestSession = await underWay(server, old, (s) => {
      seen.push(s.readOnly)
      rotation(s)
      s.begin()
    })
    const session = requestSession.session as LiveSession
    expect([...seen, session.readOnly]).toEqual([true, false])
    expect(await outcome(requestSession)).toEqual({ told: 'done', lines: 1 })
    expect(session.readOnly).toBe(false)
    session.set('b', 2)
    expect((await outcome(requestSession)).told).toBe('done')
    expect(await server.look(ticketIn(requestSession) ?? '', (s) => s.keys())).toEqual(['b'])
    expect(await server.look(now, (s) => [s.owner, s.keys()])).toEqual(['ada', ['a']])
  }
})

test('V7: a new id that may have been made is told of as such, however often the commit is tried and fails', async () => {
  const site = place()
  const server = site.server()
  const requestSession = await underWay(server, await server.visit((s) => s.set('a', 1)), renews)
  const tried = async () => {
    try {
      return (await requestSession.commit()).plan
    } catch (error) {
      return (error as Error).message
    }
  }
  server.watch.after = (call) => (call === 'update' ? down() : undefined)
  server.watch.before = (call) => (call === 'read' ? down() : undefined)
  const unknown = expect.stringMatching(/not known whether the old ticket or the new one is good/)
  expect([await tried(), await tried()]).toEqual([unknown, unknown])
  let reads = 0
  server.watch.before = (call) => (call === 'read' && reads++ > 0 ? down() : undefined)
  expect(await tried(), 'it is seen that the old one leads on, and not where to').toEqual(unknown)
  server.watch.before = () => {}
  server.watch.after = () => {}
  expect(await outcome(requestSession)).toEqual({ told: 'done', lines: 1 })
  expect(await server.look(ticketIn(requestSession) ?? '', (s) => s.keys())).toEqual(['a'])
})

test.each([signsIn, renews])(
  'C3: who made a new id keeps its line when a write fails that another request has joined',
  async (rotation) => {
    const site = place()
    const [server, other] = [site.server(), site.server()]
    const old = await server.visit((s) => s.set('a', 1))
    const mover = await underWay(server, old, rotation)
    await mover.commit()
    const now = ticketIn(mover) as string
    const follower = await underWay(server, old, writes)
    const barrier = gate()
    server.watch.before = (call) => (call === 'update' ? barrier.pass() : undefined)
    mover.session?.set('b', 2)
    const movers = outcome(mover)
    await barrier.reached
    const followers = outcome(follower)
    await new Promise((resolve) => setImmediate(resolve)) // it has joined
    await other.visit((s) => s.set('c', 3), now)
    server.watch.before = (call) => (call === 'read' ? down() : undefined)
    barrier.open()
    expect(await movers).toEqual({ told: 'STORE_FAILED', lines: 1 })
    expect(await followers).toEqual({ told: 'STORE_FAILED', lines: 0 })
    expect(await other.look(ticketIn(mover) ?? '', (s) => s.keys().sort())).toEqual(['a', 'c'])
  },
)

test('V1: a write that waits at the store while its session gets two new ids lands in the last one', async () => {
  const site = place()
  const [server, other] = [site.server(), site.server()]
  const ticket = await server.visit((s) => s.set('n', 0))
  const barrier = gate()
  const requestSession = await underWay(server, ticket, (s) => s.update('n', (n) => Number(n) + 1))
  server.watch.before = (call) => (call === 'update' ? barrier.pass() : undefined)
  const late = outcome(requestSession)
  await barrier.reached
  const second = await other.visit(renews, ticket)
  const third = await other.visit((s) => [s.update('n', (n) => Number(n) + 1), signsIn(s)], second)
  barrier.open()
  expect(await late).toEqual({ told: 'done', lines: 0 })
  expect(await other.look(third, (s) => s.get('n'))).toBe(2)
})

tellsNothing(discretion)
