import { describe, expect, test, vi } from 'vitest'
import { clockFrom, DAY } from '../../../test/helpers/clock.ts'
import { tellsNothing } from '../../../test/helpers/discretion.ts'
import { gate, settled } from '../../../test/helpers/gate.ts'
import { COOKIE, discretion, NEWER_SECRET, SECRET } from '../../../test/helpers/site.ts'
import { type Watched, watched } from '../../../test/helpers/watched.ts'
import type { SessionError } from '../../errors.ts'
import { memoryStore } from '../../stores/memory.ts'
import type { SessionEvent } from '../model/events.ts'
import type { AdapterOptions } from '../options/options.ts'
import type { LiveSession } from '../session/session.ts'
import { adapterOf, sessionsOf } from '../sessions.ts'
import type { RequestSession } from './request-session.ts'

/** One site as an adapter sees it: request sessions are opened, committed and finished by hand. */
interface Desk {
  readonly clock: ReturnType<typeof clockFrom>
  readonly store: Watched
  readonly events: SessionEvent[]
  /** The request session of a new request that presents this ticket. */
  arrive(ticket?: string): RequestSession
  /** The ticket of a session in which this was stored. */
  visit(act: (session: LiveSession) => void, ticket?: string): Promise<string>
  /** What a later request with this ticket finds. */
  look<T>(ticket: string, at: (session: LiveSession) => T): Promise<T>
  requestSessionOf(identity: object, headers: Record<string, string>): RequestSession
}

function desk(kind: 'stored' | 'sealed' = 'stored', options: Partial<AdapterOptions> = {}): Desk {
  const clock = clockFrom()
  const store = watched(memoryStore({ now: clock.now }))
  const events: SessionEvent[] = []
  const onEvent = (event: SessionEvent) => {
    discretion.tell(event)
    events.push(event)
  }
  const where = kind === 'stored' ? { store: store.store } : {}
  const adapter = adapterOf(sessionsOf({ secrets: SECRET, now: clock.now, onEvent, ...where, ...options }))
  const requestSessionOf = (identity: object, headers: Record<string, string>) =>
    adapter.requestSession(identity, new Headers(headers))
  const arrive = (ticket?: string) => requestSessionOf({}, ticket === undefined ? {} : { cookie: `${COOKIE}=${ticket}` })
  return {
    clock,
    store,
    events,
    arrive,
    requestSessionOf,
    async visit(act, ticket) {
      const requestSession = arrive(ticket)
      act(await requestSession.open())
      await requestSession.commit()
      return ticketOf(requestSession) ?? ticket ?? ''
    },
    look: async (ticket, at) => at(await arrive(ticket).open()),
  }
}

/** The ticket that this request session's response gives. */
function ticketOf(requestSession: RequestSession): string | undefined {
  const ticket = requestSession.lines[0]?.[1].split(';')[0]?.split('=')[1]
  if (ticket) discretion.hide(ticket)
  return ticket
}

const down = () => {
  throw new Error('connection refused')
}
const mend = (store: Watched) => {
  store.before = () => {}
  store.after = () => {}
}
const add = (n: unknown) => Number(n ?? 0) + 1

/** Rejections that nobody handled while this ran. */
async function unhandled(run: () => unknown): Promise<unknown[]> {
  const seen: unknown[] = []
  const note = (error: unknown) => seen.push(error)
  const others = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', note)
  try {
    await run()
    await settled()
  } finally {
    process.removeListener('unhandledRejection', note)
    for (const other of others) process.on('unhandledRejection', other)
  }
  return seen
}

/** In seconds: longer than an old ticket shows anything. */
const AN_HOUR = 3600

describe('promise 4: one request has one session', () => {
  test('opened twice at once it is read once, and is the same object', async () => {
    const site = desk()
    const ticket = await site.visit((session) => session.set('a', 1))
    site.store.forget()
    const requestSession = site.arrive(ticket)
    const [one, two] = await Promise.all([requestSession.open(), requestSession.open()])
    expect(one).toBe(two)
    expect(await requestSession.open()).toBe(one)
    expect(requestSession.session).toBe(one)
    expect(site.store.calls).toEqual(['read'])
  })

  test('is shared by those who bring the same credentials for the same request, and by nobody else', async () => {
    const site = desk()
    const ticket = await site.visit((session) => session.set('a', 1))
    const request = {}
    const requestSession = site.requestSessionOf(request, { cookie: `${COOKIE}=${ticket}` })
    expect(site.requestSessionOf(request, { cookie: `theme=dark; ${COOKIE}=${ticket}; seen=1` })).toBe(requestSession)
    expect(site.requestSessionOf(request, {}), 'an inner request without the cookie').not.toBe(requestSession)
    expect(site.requestSessionOf(request, { cookie: `${COOKIE}=other` })).not.toBe(requestSession)
    expect(site.requestSessionOf({}, { cookie: `${COOKIE}=${ticket}` })).not.toBe(requestSession)
    const inner = await site.requestSessionOf(request, {}).open()
    expect(inner.get('a')).toBeUndefined()
  })

  test('detached, is shared with nobody', async () => {
    const adapter = adapterOf(sessionsOf({ secrets: SECRET }))
    const presented = new Headers()
    expect(adapter.detached(presented)).not.toBe(adapter.detached(presented))
  })

  test('can be read again after the store was down when it was opened', async () => {
    const site = desk()
    const ticket = await site.visit((session) => session.set('a', 1))
    const requestSession = site.arrive(ticket)
    site.store.before = down
    await expect(requestSession.open()).rejects.toMatchObject({ code: 'STORE_FAILED', cause: { message: 'connection refused' } })
    mend(site.store)
    expect((await requestSession.open()).get('a')).toBe(1)
  })
})

describe.each(['stored', 'sealed'] as const)('promise 4: a commit of a %s session is incremental', (kind) => {
  test('it stores what changed since the last one, and tells each time what it did', async () => {
    const site = desk(kind)
    const requestSession = site.arrive()
    const session = await requestSession.open()
    expect([requestSession.asked, requestSession.holdsTicket, requestSession.session]).toEqual([true, false, session])
    expect(await requestSession.commit()).toEqual({ plan: 'nothing', send: [], current: [], ticket: undefined })
    session.set('a', 1)
    const first = await requestSession.commit()
    expect(first).toMatchObject({ plan: 'create', ticket: ticketOf(requestSession) })
    expect(first.send).toEqual(first.current)
    expect(first.send).toHaveLength(1)
    const again = await requestSession.commit()
    expect(again).toEqual({ plan: 'nothing', send: [], current: first.send, ticket: first.ticket })
    session.set('b', 2)
    const second = await requestSession.commit()
    expect(second.plan).toBe('update')
    expect(second.send).toHaveLength(kind === 'stored' ? 0 : 1)
    expect(second.current).toHaveLength(1)
    session.set('b', 3)
    const third = await requestSession.commit()
    expect(third.send).toHaveLength(kind === 'stored' ? 0 : 1)
    expect(requestSession.lines).toEqual(third.current)
    expect(await site.look(ticketOf(requestSession) ?? '', (seen) => seen.entries())).toEqual([
      ['a', 1],
      ['b', 3],
    ])
  })

  test('un-awaited ones all count, in order, and give one ticket', async () => {
    const site = desk(kind)
    const requestSession = site.arrive()
    const session = await requestSession.open()
    for (const key of ['a', 'b', 'c']) {
      session.set(key, key)
      session.update('n', add)
      void requestSession.commit()
    }
    await requestSession.commit()
    expect(requestSession.lines).toHaveLength(1)
    expect(await site.look(ticketOf(requestSession) ?? '', (seen) => seen.entries())).toEqual([
      ['a', 'a'],
      ['n', 3],
      ['b', 'b'],
      ['c', 'c'],
    ])
  })

  test('a change inside a value counts again after each', async () => {
    const site = desk(kind)
    const requestSession = site.arrive()
    const session = await requestSession.open()
    const list: number[] = []
    session.set('list', list)
    for (let i = 1; i <= 3; i++) {
      list.push(i)
      await requestSession.commit()
    }
    expect((await requestSession.commit()).plan).toBe('nothing')
    expect(await site.look(ticketOf(requestSession) ?? '', (seen) => seen.get('list'))).toEqual([1, 2, 3])
  })

  test('what is ended can be begun afresh, and the response says one thing only: the new ticket', async () => {
    const site = desk(kind)
    const ticket = await site.visit((session) => session.set('a', 1))
    const requestSession = site.arrive(ticket)
    const session = await requestSession.open()
    session.destroy()
    const end = await requestSession.commit()
    expect(end.plan).toBe('end')
    expect(end.send[0]?.[1]).toContain('Max-Age=0')
    expect(requestSession.afresh()).toBe(session)
    session.set('b', 2)
    expect((await requestSession.commit()).plan).toBe('create')
    expect(requestSession.lines).toHaveLength(1)
    expect(await site.look(ticketOf(requestSession) ?? '', (seen) => seen.entries())).toEqual([['b', 2]])
  })

  test('what nobody opened can be begun afresh, without reading what there was', async () => {
    const site = desk(kind)
    const ticket = await site.visit((session) => session.set('a', 1))
    site.store.forget()
    const requestSession = site.arrive(ticket)
    const session = requestSession.afresh()
    expect(requestSession.session).toBe(session)
    session.set('b', 2)
    await requestSession.commit()
    expect(site.store.calls).toEqual(kind === 'stored' ? ['create'] : [])
    expect(await site.look(ticketOf(requestSession) ?? '', (seen) => seen.entries())).toEqual([['b', 2]])
  })

  test('what is ended and begun afresh in one commit is one step', async () => {
    const site = desk(kind)
    const ticket = await site.visit((session) => session.set('a', 1))
    const requestSession = site.arrive(ticket)
    ;(await requestSession.open()).destroy()
    requestSession.afresh().set('b', 2)
    expect((await requestSession.commit()).plan).toBe('end+create')
    expect(requestSession.lines).toHaveLength(1)
    expect(await site.look(ticketOf(requestSession) ?? '', (seen) => seen.entries())).toEqual([['b', 2]])
    if (kind === 'stored') expect(await site.look(ticket, (seen) => seen.isNew)).toBe(true)
  })

  test('what was ended after it had begun in this request gives nothing', async () => {
    const site = desk(kind)
    const requestSession = site.arrive()
    const session = await requestSession.open()
    session.set('a', 1)
    await requestSession.commit()
    const ticket = ticketOf(requestSession) ?? ''
    session.destroy()
    await requestSession.commit()
    expect(requestSession.lines).toEqual([])
    if (kind === 'stored') expect(await site.look(ticket, (seen) => seen.isNew)).toBe(true)
  })
})

test('a commit of a sealed session does not wait where nothing has to', async () => {
  const requestSession = desk('sealed').arrive()
  ;(await requestSession.open()).set('a', 1)
  expect(requestSession.commit()).toMatchObject({ plan: 'create' })
})

test('after a commit the session shows what others had stored, in the keys that this request had not looked at', async () => {
  const site = desk()
  const ticket = await site.visit((session) => {
    session.set('seen', 'old')
    session.set('other', 'old')
  })
  const requestSession = site.arrive(ticket)
  const session = await requestSession.open()
  session.get('seen')
  await site.visit((other) => {
    other.set('seen', 'new')
    other.set('other', 'new')
    other.flash('notice', 'hello')
  }, ticket)
  session.set('mine', 1)
  await requestSession.commit()
  expect([session.get('seen'), session.get('other'), session.flash('notice')]).toEqual(['old', 'new', 'hello'])
})

test('after a commit an update shows what it came to on the value that others had stored, and goes on from there', async () => {
  const site = desk()
  const ticket = await site.visit((session) => {
    session.set('n', 0)
    session.set('list', ['a'])
  })
  const requestSession = site.arrive(ticket)
  const session = await requestSession.open()
  session.update('n', add)
  session.update('list', (list) => [...(list as string[]), 'mine'])
  await site.visit((other) => {
    other.set('n', 100)
    other.set('list', ['theirs'])
  }, ticket)
  const commit = requestSession.commit()
  const mine = session.get('list') as string[]
  await commit
  expect([session.get('n'), session.get('list')]).toEqual([101, ['theirs', 'mine']])
  session.update('n', add)
  mine.push('too late: this is a copy that nobody has any more')
  await requestSession.commit()
  expect(await site.look(ticket, (s) => [s.get('n'), s.get('list')])).toEqual([102, ['theirs', 'mine']])
})

test('a commit that has nothing to do waits for nothing, also after one that had', async () => {
  const site = desk()
  const requestSession = site.arrive()
  const session = await requestSession.open()
  expect(requestSession.commit()).toMatchObject({ plan: 'nothing' })
  session.set('a', 1)
  await requestSession.commit()
  await settled()
  expect(requestSession.commit()).toMatchObject({ plan: 'nothing' })
})

describe('while a commit is under way', () => {
  async function loaded(start: (session: LiveSession) => void) {
    const site = desk()
    const ticket = await site.visit((session) => {
      session.set('a', 'old')
      session.set('list', ['old'])
      session.set('n', 0)
    })
    const requestSession = site.arrive(ticket)
    const session = await requestSession.open()
    start(session)
    const barrier = gate()
    site.store.before = (call) => (call === 'update' ? barrier.pass() : undefined)
    const first = requestSession.commit()
    await barrier.reached
    return { site, ticket, requestSession, session, first, open: barrier.open }
  }

  test.each<[string, (session: LiveSession) => void, (session: LiveSession) => void, Record<string, unknown>]>([
    ['another key', (s) => s.set('a', 1), (s) => s.set('b', 2), { a: 1, b: 2, list: ['old'], n: 0 }],
    ['the same key', (s) => s.set('a', 1), (s) => s.set('a', 2), { a: 2, list: ['old'], n: 0 }],
    ['the same key back to what it was', (s) => s.set('a', 1), (s) => s.set('a', 'old'), { a: 'old', list: ['old'], n: 0 }],
    [
      'its inside',
      (s) => s.set('list', ['new']),
      (s) => (s.get('list') as string[]).push('er'),
      { a: 'old', list: ['new', 'er'], n: 0 },
    ],
    ['away what is being written', (s) => s.set('a', 1), (s) => s.delete('a'), { list: ['old'], n: 0 }],
    ['back what is being deleted', (s) => s.delete('a'), (s) => s.set('a', 3), { list: ['old'], n: 0, a: 3 }],
    ['by update what is being updated', (s) => s.update('n', add), (s) => s.update('n', add), { a: 'old', list: ['old'], n: 2 }],
  ])('changing %s is kept', async (_, start, meanwhile, after) => {
    const { site, ticket, requestSession, session, first, open } = await loaded(start)
    meanwhile(session)
    open()
    await first
    await requestSession.commit()
    expect(await site.look(ticket, (seen) => Object.fromEntries(seen.entries()))).toEqual(after)
    expect((await requestSession.commit()).plan).toBe('nothing')
  })

  test('what the session shows is what the request made of it, not what is in the store', async () => {
    const { session, first, open } = await loaded((s) => s.set('a', 1))
    session.set('b', 2)
    expect(session.entries()).toContainEqual(['a', 1])
    open()
    await first
    expect([session.get('a'), session.get('b')]).toEqual([1, 2])
  })

  test('ending it waits for that commit, and ends what it wrote', async () => {
    const { site, ticket, requestSession, session, first, open } = await loaded((s) => s.set('a', 1))
    session.destroy()
    const end = requestSession.commit()
    open()
    await first
    expect((await end).plan).toBe('end')
    expect(await site.look(ticket, (seen) => seen.isNew)).toBe(true)
  })

  test('commits of one request do not overtake each other', async () => {
    const { requestSession, session, first, open } = await loaded((s) => s.set('a', 1))
    const order: number[] = []
    session.set('a', 2)
    const done = [first, requestSession.commit(), requestSession.commit()].map((commit, nth) =>
      Promise.resolve(commit).then(() => order.push(nth)),
    )
    open()
    await Promise.all(done)
    await settled()
    expect(order).toEqual([0, 1, 2])
  })
})

describe('promise 7: a commit that fails', () => {
  async function failing(act: (session: LiveSession) => void) {
    const site = desk()
    const ticket = await site.visit((session) => {
      session.set('a', 'old')
      session.set('n', 10)
      session.flash('notice', 'old')
    })
    const requestSession = site.arrive(ticket)
    const session = await requestSession.open()
    act(session)
    site.store.before = (call) => (call === 'read' ? undefined : down())
    await expect(requestSession.commit()).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect(requestSession.lines, 'nobody’s cookie is touched').toEqual([])
    mend(site.store)
    return { site, ticket, requestSession, session }
  }

  test('can be made again: values, flash values, both ways', async () => {
    const { site, ticket, requestSession } = await failing((session) => {
      session.set('a', 'new')
      session.delete('n')
      session.flash('notice')
      session.flash('more', 1)
    })
    await requestSession.commit()
    expect(await site.look(ticket, (s) => [s.entries(), s.flash('notice'), s.flash('more')])).toEqual([
      [['a', 'new']],
      undefined,
      1,
    ])
  })

  test('can be made again with what was changed since, which is newer', async () => {
    const { site, ticket, requestSession, session } = await failing((s) => {
      s.set('a', 1)
      s.set('b', [1])
      s.update('n', add)
    })
    session.set('a', 2)
    ;(session.get('b') as number[]).push(2)
    session.update('n', add)
    await requestSession.commit()
    expect(await site.look(ticket, (s) => s.entries())).toEqual([
      ['a', 2],
      ['n', 12],
      ['b', [1, 2]],
    ])
  })

  test('is made again on what others have written meanwhile: updates of both commits run on it', async () => {
    const { site, ticket, requestSession, session } = await failing((s) => s.update('n', add))
    session.update('n', add)
    await site.visit((other) => other.set('n', 100), ticket)
    await requestSession.commit()
    expect(await site.look(ticket, (s) => s.get('n'))).toBe(102)
  })

  test.each<[string, (session: LiveSession) => void, (session: LiveSession) => unknown, unknown]>([
    ['a sign-in', (s) => s.signIn('ada'), (s) => [s.owner, s.get('a')], ['ada', 'old']],
    ['a new id', (s) => s.regenerateId(), (s) => [s.isNew, s.get('a')], [false, 'old']],
    ['a sign-out that keeps something', (s) => s.signOut({ keep: ['a'] }), (s) => s.entries(), [['a', 'old']]],
  ])('can be made again: %s', async (_, act, look, expected) => {
    const { site, ticket, requestSession } = await failing(act)
    await requestSession.commit()
    const next = ticketOf(requestSession) ?? ''
    expect(next).not.toBe(ticket)
    expect(await site.look(next, look)).toEqual(expected)
    site.clock.advance(AN_HOUR)
    expect(await site.look(ticket, (s) => s.isNew)).toBe(true)
  })

  test('can be made again: an end', async () => {
    const { site, ticket, requestSession } = await failing((s) => s.destroy())
    expect(await requestSession.commit()).toMatchObject({ plan: 'end' })
    expect(await site.look(ticket, (s) => s.isNew)).toBe(true)
  })

  test.each<[string, (session: LiveSession) => void, (session: LiveSession) => void, Record<string, unknown>]>([
    ['an update in it and one during it', (s) => s.update('n', add), (s) => s.update('n', add), { a: 'old', n: 102 }],
    ['a set in it and an update during it', (s) => s.set('n', 50), (s) => s.update('n', add), { a: 'old', n: 51 }],
    ['an update in it and a set during it', (s) => s.update('n', add), (s) => s.set('n', 7), { a: 'old', n: 7 }],
    ['a change in it and a delete during it', (s) => s.set('a', 'new'), (s) => s.delete('a'), { n: 100 }],
    ['a delete in it and a set during it', (s) => s.delete('a'), (s) => s.set('a', 'again'), { n: 100, a: 'again' }],
  ])('while the session changes is made again with both: %s', async (_, before, during, after) => {
    const site = desk()
    const ticket = await site.visit((session) => {
      session.set('a', 'old')
      session.set('n', 10)
    })
    const requestSession = site.arrive(ticket)
    const session = await requestSession.open()
    before(session)
    const barrier = gate()
    site.store.before = async (call) => {
      if (call !== 'update') return
      await barrier.pass()
      down()
    }
    const failed = (async () => requestSession.commit())().catch((error: SessionError) => error.code)
    await barrier.reached
    during(session)
    barrier.open()
    expect(await failed).toBe('STORE_FAILED')
    mend(site.store)
    await site.visit((other) => other.set('n', 100), ticket)
    await requestSession.commit()
    expect(await site.look(ticket, (s) => Object.fromEntries(s.entries()))).toEqual(after)
  })

  test('un-awaited, stops no process, and the commit at the end of the request stores or tells', async () => {
    const site = desk()
    const ticket = await site.visit((session) => session.set('a', 'old'))
    const requestSession = site.arrive(ticket)
    const session = await requestSession.open()
    const seen = await unhandled(async () => {
      site.store.before = down
      session.set('a', 1)
      void requestSession.commit()
      session.set('b', 2)
      void requestSession.commit()
      await settled()
    })
    expect(seen).toEqual([])
    await expect(requestSession.commit()).rejects.toMatchObject({ code: 'STORE_FAILED' })
    mend(site.store)
    await requestSession.commit()
    expect(await site.look(ticket, (s) => s.entries())).toEqual([
      ['a', 1],
      ['b', 2],
    ])
  })

  test('because the answer was lost, was kept: made again it counts once', async () => {
    const site = desk()
    const ticket = await site.visit((session) => session.set('n', 0))
    const requestSession = site.arrive(ticket)
    const session = await requestSession.open()
    session.update('n', add)
    site.store.after = (call) => (call === 'update' ? down() : undefined)
    await expect(requestSession.commit()).rejects.toMatchObject({
      code: 'STORE_FAILED',
      fix: expect.stringContaining('may or may not'),
    })
    mend(site.store)
    await requestSession.commit()
    expect(await site.look(ticket, (s) => s.get('n'))).toBe(1)
  })

  test('because a value cannot be stored leaves the others to be stored once it is put right', async () => {
    const site = desk()
    const requestSession = site.arrive()
    const session = await requestSession.open()
    const list: unknown[] = []
    session.set('list', list)
    session.set('a', 1)
    list.push(() => {})
    await expect((async () => requestSession.commit())()).rejects.toMatchObject({ code: 'BAD_VALUE' })
    list.length = 0
    await requestSession.commit()
    expect(await site.look(ticketOf(requestSession) ?? '', (s) => s.entries())).toEqual([
      ['list', []],
      ['a', 1],
    ])
  })
})

describe('a change that does not wait for the session to be open', () => {
  test('is made when it is, in order; until then nothing is read', async () => {
    const site = desk()
    const ticket = await site.visit((session) => session.set('list', ['a']))
    const requestSession = site.arrive(ticket)
    site.store.forget()
    expect(requestSession.asked).toBe(false)
    requestSession.later((session) => session.update('list', (list) => [...(list as string[]), 'b']))
    requestSession.later((session) => session.update('list', (list) => [...(list as string[]), 'c']))
    expect([requestSession.asked, requestSession.session, site.store.calls]).toEqual([true, undefined, []])
    await requestSession.commit()
    requestSession.later((session) => session.update('list', (list) => [...(list as string[]), 'd']))
    await requestSession.commit()
    expect(await site.look(ticket, (s) => s.get('list'))).toEqual(['a', 'b', 'c', 'd'])
  })

  test('survives a store that was down when the session was to be opened', async () => {
    const site = desk()
    const ticket = await site.visit((session) => session.set('a', 1))
    const requestSession = site.arrive(ticket)
    requestSession.later((session) => session.set('b', 2))
    site.store.before = down
    await expect(requestSession.commit()).rejects.toMatchObject({ code: 'STORE_FAILED' })
    mend(site.store)
    await requestSession.commit()
    expect(await site.look(ticket, (s) => s.get('b'))).toBe(2)
  })

  test('fails the commit when it throws, without undoing the others or opening a second session', async () => {
    const site = desk()
    const requestSession = site.arrive()
    requestSession.later((session) => session.set('a', 1))
    requestSession.later((session) => session.set('bad', () => {}))
    requestSession.later((session) => session.set('b', 2))
    await expect((async () => requestSession.commit())()).rejects.toMatchObject({ code: 'BAD_VALUE' })
    const session = await requestSession.open()
    expect(requestSession.session).toBe(session)
    await requestSession.commit()
    expect(session.keys()).toEqual(['a', 'b'])
  })
})

describe('after the headers have left', () => {
  test('a change of a stored session is stored by itself', async () => {
    const site = desk()
    const ticket = await site.visit((session) => session.set('a', 1))
    const requestSession = site.arrive(ticket)
    const session = await requestSession.open()
    requestSession.finish()
    session.set('b', 2)
    session.update('n', add)
    session.delete('a')
    session.flash('notice', 'late')
    session.data.c = 3
    await settled()
    expect(await site.look(ticket, (s) => [s.entries(), s.flash('notice')])).toEqual([
      [
        ['b', 2],
        ['n', 1],
        ['c', 3],
      ],
      'late',
    ])
    session.set('b', 4)
    await settled()
    expect(await site.look(ticket, (s) => s.get('b'))).toBe(4)
  })

  test.each<[string, (session: LiveSession) => void]>([
    ['"a"', (s) => s.set('a', 1)],
    ['"a"', (s) => s.update('a', () => 1)],
    ['"a"', (s) => s.flash('a', 1)],
    ['signIn()', (s) => s.signIn('ada')],
  ])('a session cannot begin any more: TOO_LATE names %s', async (what, act) => {
    const site = desk()
    const requestSession = site.arrive()
    const session = await requestSession.open()
    requestSession.finish()
    expect(() => act(session)).toThrow(
      expect.objectContaining({ code: 'TOO_LATE', message: expect.stringContaining(what.replaceAll('"', '')) }),
    )
    expect(session.keys()).toEqual([])
    await settled()
    expect(site.store.writes).toBe(0)
  })

  test.each<[string, (session: LiveSession) => void]>([
    ['set', (s) => s.set('b', 1)],
    ['delete', (s) => s.delete('a')],
    ['flash', (s) => s.flash('b', 1)],
    ['destroy', (s) => s.destroy()],
    ['signOut', (s) => s.signOut()],
    ['regenerateId', (s) => s.regenerateId()],
  ])('a sealed session cannot change any more: %s throws TOO_LATE', async (_, act) => {
    const site = desk('sealed')
    const requestSession = site.arrive(await site.visit((session) => session.set('a', 1)))
    const session = await requestSession.open()
    requestSession.finish()
    expect(() => act(session)).toThrow(expect.objectContaining({ code: 'TOO_LATE' }))
    expect(session.get('a')).toBe(1)
  })

  test.each<[string, (session: LiveSession) => void]>([
    ['a sign-in', (s) => s.signIn('ada')],
    ['a new id', (s) => s.regenerateId()],
    ['a sign-out that keeps something', (s) => s.signOut({ keep: ['a'] })],
  ])('%s needs a new cookie: TOO_LATE, and nothing has changed', async (_, act) => {
    const site = desk()
    const ticket = await site.visit((session) => session.set('a', 1))
    const requestSession = site.arrive(ticket)
    const session = await requestSession.open()
    requestSession.finish()
    expect(() => act(session)).toThrow(expect.objectContaining({ code: 'TOO_LATE' }))
    await settled()
    expect(await site.look(ticket, (s) => [s.owner, s.get('a')])).toEqual([undefined, 1])
  })

  test.each<[string, (session: LiveSession) => void]>([
    ['destroy', (s) => s.destroy()],
    ['signOut', (s) => s.signOut()],
    ['signOut that keeps nothing', (s) => s.signOut({ keep: [] })],
  ])('promise 2: %s still ends a stored session', async (_, act) => {
    const site = desk()
    const ticket = await site.visit((session) => session.signIn('ada'))
    const requestSession = site.arrive(ticket)
    const session = await requestSession.open()
    requestSession.finish()
    act(session)
    await settled()
    expect(await site.look(ticket, (s) => s.isNew)).toBe(true)
  })

  test('a flash value is read and gone, or cannot be read: it is never shown again', async () => {
    const site = desk()
    const ticket = await site.visit((session) => session.flash('notice', 'hello'))
    const requestSession = site.arrive(ticket)
    const session = await requestSession.open()
    requestSession.finish()
    expect(session.flash('notice')).toBe('hello')
    await settled()
    expect(await site.look(ticket, (s) => s.flash('notice'))).toBeUndefined()

    const sealed = desk('sealed')
    const other = sealed.arrive(await sealed.visit((s) => s.flash('notice', 'hello')))
    const late = await other.open()
    other.finish()
    expect(() => late.flash('notice')).toThrow(expect.objectContaining({ code: 'TOO_LATE' }))
    expect(late.flash('none')).toBeUndefined()
  })

  test('nothing can be begun after a late end: it is told, not lost', async () => {
    const site = desk()
    const ticket = await site.visit((session) => session.set('a', 1))
    const requestSession = site.arrive(ticket)
    const session = await requestSession.open()
    requestSession.finish()
    session.signOut()
    expect(() => session.set('b', 2)).toThrow(expect.objectContaining({ code: 'TOO_LATE' }))
    await settled()
    expect(site.store.calls.filter((call) => call === 'create')).toHaveLength(1)
  })

  test('a queued change to a session that nobody opened is stored too, or told', async () => {
    const site = desk()
    const ticket = await site.visit((session) => session.set('a', 1))
    const known = site.arrive(ticket)
    known.finish()
    known.later((session) => session.set('b', 2))
    await settled()
    expect(await site.look(ticket, (s) => s.get('b'))).toBe(2)

    const stranger = site.arrive()
    stranger.finish()
    let told: unknown
    try {
      stranger.later((session) => session.set('b', 2))
    } catch (error) {
      told = error
    }
    await settled()
    const late = site.events.flatMap((event) => (event.type === 'late-failed' ? [event.error] : []))
    expect([told, ...late].filter((error) => (error as SessionError | undefined)?.code === 'TOO_LATE')).toHaveLength(1)
  })

  test('a store that fails is told by an event, and stops no process', async () => {
    const site = desk()
    const ticket = await site.visit((session) => session.set('a', 1))
    const requestSession = site.arrive(ticket)
    const session = await requestSession.open()
    requestSession.finish()
    const seen = await unhandled(() => {
      site.store.before = down
      session.set('b', 2)
    })
    expect(seen).toEqual([])
    expect(site.events).toContainEqual(
      expect.objectContaining({ type: 'late-failed', error: expect.objectContaining({ code: 'STORE_FAILED' }) }),
    )
  })

  test('an update that throws when it is run again is told by an event, and stops no process', async () => {
    const site = desk()
    const ticket = await site.visit((session) => session.set('n', 1))
    const requestSession = site.arrive(ticket)
    const session = await requestSession.open()
    session.get('n')
    await site.visit((other) => other.set('n', 2), ticket)
    requestSession.finish()
    const seen = await unhandled(() => {
      let runs = 0
      session.update('n', (n) => {
        if (++runs > 1) throw new Error('sold out')
        return n
      })
      session.update('n', add)
    })
    expect(seen).toEqual([])
    expect(site.events.map(({ type }) => type)).toContain('late-failed')
    expect(await site.look(ticket, (s) => s.get('n'))).toBe(2)
  })
})

describe('when the headers leave', () => {
  test('what was changed while the last commit ran is stored too, or told', async () => {
    const site = desk()
    const ticket = await site.visit((session) => session.set('a', 1))
    const requestSession = site.arrive(ticket)
    const session = await requestSession.open()
    session.set('a', 2)
    const barrier = gate()
    site.store.before = (call) => (call === 'update' ? barrier.pass() : undefined)
    const last = requestSession.commit()
    await barrier.reached
    session.set('b', 3)
    mend(site.store)
    barrier.open()
    await last
    requestSession.finish()
    await settled()
    expect(await site.look(ticket, (s) => s.entries())).toEqual([
      ['a', 2],
      ['b', 3],
    ])
  })

  test('a value that became one that cannot be stored is told by an event: nothing is thrown where nobody can catch it', async () => {
    const site = desk()
    const ticket = await site.visit((session) => session.set('list', []))
    const requestSession = site.arrive(ticket)
    const session = await requestSession.open()
    await requestSession.commit()
    ;(session.get('list') as unknown[]).push(() => {})
    expect(await unhandled(() => requestSession.finish())).toEqual([])
    expect(site.events).toContainEqual(
      expect.objectContaining({ type: 'late-failed', error: expect.objectContaining({ code: 'BAD_VALUE' }) }),
    )
    expect(await site.look(ticket, (s) => s.get('list'))).toEqual([])
  })

  test('nothing is told, stored or read when there is nothing', async () => {
    const site = desk()
    const requestSession = site.arrive(await site.visit((session) => session.set('a', 1)))
    await requestSession.open()
    await requestSession.commit()
    site.store.forget()
    const told = site.events.length
    requestSession.finish()
    await settled()
    expect([site.store.calls, site.events.length]).toEqual([[], told])
  })
})

describe('a handler that failed', () => {
  test('changes nothing more: what it had not committed is forgotten, what it had stands', async () => {
    const site = desk()
    const ticket = await site.visit((session) => {
      session.set('a', 'old')
      session.set('list', ['old'])
      session.flash('notice', 'old')
    })
    const requestSession = site.arrive(ticket)
    const session = await requestSession.open()
    session.set('kept', 1)
    await requestSession.commit()
    session.set('a', 'new')
    ;(session.get('list') as string[]).push('new')
    session.flash('notice')
    session.flash('more', 1)
    session.signIn('ada')
    requestSession.later((s) => s.set('later', 1))
    requestSession.fail()
    expect((await requestSession.commit()).plan).toBe('nothing')
    expect(requestSession.lines).toEqual([])
    expect(await site.look(ticket, (s) => [s.entries(), s.flash('notice'), s.flash('more'), s.owner])).toEqual([
      [
        ['a', 'old'],
        ['list', ['old']],
        ['kept', 1],
      ],
      'old',
      undefined,
      undefined,
    ])
  })

  test('promise 2: has still ended what it ended, and begins nothing', async () => {
    const site = desk()
    for (const end of [
      (s: LiveSession) => s.destroy(),
      (s: LiveSession) => s.signOut(),
      (s: LiveSession) => s.signOut({ keep: ['a'] }),
      (s: LiveSession) => {
        s.signOut()
        s.set('b', 1)
      },
    ]) {
      const ticket = await site.visit((session) => session.set('a', 1))
      const requestSession = site.arrive(ticket)
      end(await requestSession.open())
      await requestSession.abandon()
      expect(requestSession.lines[0]?.[1]).toContain('Max-Age=0')
      expect(await site.look(ticket, (s) => s.isNew)).toBe(true)
      expect(site.events.at(-2)).toMatchObject({ type: 'committed', plan: 'end' })
    }
  })

  test('has its own error told, not one of the store, which becomes an event', async () => {
    const site = desk()
    const requestSession = site.arrive(await site.visit((session) => session.set('a', 1)))
    ;(await requestSession.open()).destroy()
    site.store.before = down
    await requestSession.abandon()
    expect(site.events).toContainEqual(
      expect.objectContaining({ type: 'late-failed', error: expect.objectContaining({ code: 'STORE_FAILED' }) }),
    )
  })

  test('has had its answer: what it changes afterwards is too late', async () => {
    const site = desk()
    const requestSession = site.arrive()
    const session = await requestSession.open()
    await requestSession.abandon()
    expect(() => session.set('a', 1)).toThrow(expect.objectContaining({ code: 'TOO_LATE' }))
  })

  test('reads nothing when it had only queued something', async () => {
    const site = desk()
    const requestSession = site.arrive(await site.visit((session) => session.set('a', 1)))
    site.store.forget()
    requestSession.later((session) => session.set('b', 2))
    await requestSession.abandon()
    expect(site.store.calls).toEqual([])
  })
})

describe('promise 2: a session that another request ended', () => {
  test('takes nothing more, gives no ticket, and withdraws one it was about to give', async () => {
    const site = desk()
    const ticket = await site.visit((session) => session.set('a', 1))
    const requestSession = site.arrive(ticket)
    const session = await requestSession.open()
    session.regenerateId()
    await requestSession.commit()
    const given = ticketOf(requestSession) ?? ''
    expect(given).not.toBe('')
    await site.visit((other) => other.destroy(), ticket)
    session.set('b', 2)
    await requestSession.commit()
    expect(requestSession.lines, 'a late cookie would bring it back').toEqual([])
    session.set('c', 3)
    await requestSession.commit()
    expect(requestSession.lines).toEqual([])
    expect(
      site.events.filter(({ type }) => type === 'dropped'),
      'one for each commit that was not kept',
    ).toHaveLength(2)
    for (const dead of [ticket, given]) expect(await site.look(dead, (s) => s.isNew)).toBe(true)
  })

  test.each<[string, (session: LiveSession) => void]>([
    ['writes', (s) => s.set('b', 2)],
    ['updates', (s) => s.update('n', add)],
    ['takes a new id', (s) => s.regenerateId()],
    ['reads a flash value', (s) => s.flash('notice')],
  ])('stays ended when a request in flight %s', async (_, act) => {
    const site = desk()
    const ticket = await site.visit((session) => {
      session.set('a', 1)
      session.flash('notice', 'x')
    })
    const requestSession = site.arrive(ticket)
    act(await requestSession.open())
    await site.visit((other) => other.destroy(), ticket)
    await requestSession.commit()
    expect(requestSession.lines).toEqual([])
    expect(site.events.at(-1)).toMatchObject({
      type: 'dropped',
      reason: 'ended',
      handle: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect(await site.look(ticket, (s) => s.isNew)).toBe(true)
  })

  test('C8: stays ended when a request in flight signs in, which is told: nobody is signed in without knowing', async () => {
    const site = desk()
    const ticket = await site.visit((session) => session.set('a', 1))
    const requestSession = site.arrive(ticket)
    const session = await requestSession.open()
    session.signIn('ada')
    await site.visit((other) => other.destroy(), ticket)
    await expect((async () => requestSession.commit())()).rejects.toMatchObject({ code: 'CONFLICT' })
    expect(requestSession.lines).toEqual([])
    expect(await site.look(ticket, (s) => s.isNew)).toBe(true)
  })

  test('can be signed out of once more, and the visitor goes on', async () => {
    const site = desk()
    const ticket = await site.visit((session) => session.set('a', 1))
    const requestSession = site.arrive(ticket)
    const session = await requestSession.open()
    session.set('b', 2)
    await site.visit((other) => other.destroy(), ticket)
    await requestSession.commit()
    session.signOut()
    session.set('c', 3)
    expect((await requestSession.commit()).plan).toBe('create')
    expect(await site.look(ticketOf(requestSession) ?? '', (s) => s.entries())).toEqual([['c', 3]])
  })
})

describe('C7: a session that ended by time while a request was under way', () => {
  const HALF_A_DAY = 43_200

  test.each<[string, (session: LiveSession) => void]>([
    ['reads', (s) => s.get('a')],
    ['writes', (s) => s.set('b', 2)],
    ['takes a new id', (s) => s.regenerateId()],
  ])('does not come back when that request %s', async (_, act) => {
    const site = desk('stored', { idleTimeout: 86_400 })
    const ticket = await site.visit((session) => session.set('a', 1))
    site.clock.advance(HALF_A_DAY + 60)
    const requestSession = site.arrive(ticket)
    act(await requestSession.open())
    site.clock.advance(HALF_A_DAY)
    await requestSession.commit()
    expect(requestSession.lines).toEqual([])
    expect(await site.look(ticket, (s) => s.isNew)).toBe(true)
  })

  test('is told when somebody signs in with it: nobody is', async () => {
    const site = desk('stored', { idleTimeout: 86_400 })
    const ticket = await site.visit((session) => session.set('a', 1))
    const requestSession = site.arrive(ticket)
    const session = await requestSession.open()
    session.signIn('ada')
    site.clock.advance(2 * HALF_A_DAY)
    await expect((async () => requestSession.commit())()).rejects.toMatchObject({ code: 'CONFLICT' })
  })

  test('has not, when another request saw it meanwhile: what the slow one writes is kept', async () => {
    const site = desk('stored', { idleTimeout: 86_400 })
    const ticket = await site.visit((session) => session.set('a', 1))
    const requestSession = site.arrive(ticket)
    ;(await requestSession.open()).set('b', 2)
    site.clock.advance(HALF_A_DAY)
    const options = { secrets: SECRET, store: site.store.store, now: site.clock.now, idleTimeout: 86_400 }
    const elsewhere = adapterOf(sessionsOf(options)).requestSession({}, new Headers({ cookie: `${COOKIE}=${ticket}` }))
    ;(await elsewhere.open()).set('c', 3)
    await elsewhere.commit()
    site.clock.advance(HALF_A_DAY + 60)
    await requestSession.commit()
    expect(await site.look(ticket, (s) => s.keys())).toEqual(['a', 'c', 'b'])
  })
})

describe('a ticket that was given up for a new one', () => {
  const AFTER_GRACE = 15
  const AFTER_REQUESTS = 400

  test('promise 8: V4: shows what there was for ten seconds, then nothing, and says so', async () => {
    const site = desk()
    const ticket = await site.visit((session) => session.set('a', 1))
    await site.visit((session) => {
      session.signIn('ada')
      session.set('secret', 1)
    }, ticket)
    expect(await site.look(ticket, (s) => [s.owner, s.keys()])).toEqual([undefined, ['a']])
    site.clock.advance(AFTER_GRACE)
    expect(await site.look(ticket, (s) => [s.isNew, s.readOnly, s.keys()])).toEqual([true, true, []])
    expect(site.events.slice(-2)).toMatchObject([{ type: 'replayed' }, { type: 'refused', reason: 'replaced' }])
  })

  test('promise 8: V4: what is stored with it within ten seconds is kept, and its sign-out is one', async () => {
    const site = desk()
    const old = await site.visit((session) => session.set('a', 1))
    const now = await site.visit((session) => session.signIn('ada'), old)
    expect(await site.visit((session) => session.set('b', 2), old)).toBe(old)
    expect(await site.look(now, (s) => [s.owner, s.keys()])).toEqual(['ada', ['a', 'b']])
    await site.visit((session) => session.destroy(), old)
    expect(await site.look(now, (s) => s.isNew)).toBe(true)
    expect(await site.look(old, (s) => [s.isNew, s.readOnly]), 'nothing is left to be shown').toEqual([true, false])
  })

  test('promise 8: V3: an alarm does not make the old record one that a full store may drop: a sign-out under way finds the session', async () => {
    const clock = clockFrom()
    const site = { ...desk('stored', { store: memoryStore({ maxSessions: 3, now: clock.now }), now: clock.now }), clock }
    const old = await site.visit((session) => session.set('a', 1))
    const slow = site.arrive(old)
    const session = await slow.open()
    const now = await site.visit((s) => s.signIn('ada'), old)
    site.clock.advance(AFTER_GRACE)
    await site.look(old, (s) => s.isNew)
    expect(site.events).toContainEqual(expect.objectContaining({ type: 'replayed' }))
    for (let guest = 0; guest < 5; guest++) await site.visit((s) => s.set('guest', guest))
    expect(await site.look(now, (s) => s.owner)).toBe('ada')
    session.destroy()
    await slow.commit()
    expect(await site.look(now, (s) => s.owner)).toBeUndefined()
  })

  test('promise 8: V9: afterwards a change and a sign-out are refused, and no cookie is sent, as long as the session lives', async () => {
    const site = desk()
    const old = await site.visit((session) => session.set('a', 1))
    const now = await site.visit((session) => session.signIn('ada'), old)
    site.clock.advance(AFTER_GRACE)
    for (const act of [(s: LiveSession) => s.set('b', 2), (s: LiveSession) => s.destroy(), (s: LiveSession) => s.signOut()]) {
      const requestSession = site.arrive(old)
      act(await requestSession.open())
      await expect((async () => requestSession.close(200))()).rejects.toMatchObject({ code: 'CONFLICT' })
      expect(requestSession.lines).toEqual([])
      requestSession.finish()
      await settled()
    }
    expect(
      site.events.map(({ type }) => type),
      'told once',
    ).not.toContain('late-failed')
    expect(await site.look(now, (s) => [s.owner, s.keys()])).toEqual(['ada', ['a']])
  })

  test('promise 8: V9: whoever signs in with it begins a session of their own', async () => {
    const site = desk()
    const old = await site.visit((session) => session.set('a', 1))
    const now = await site.visit((session) => session.signIn('ada'), old)
    site.clock.advance(AFTER_GRACE)
    const again = await site.visit((session) => session.signIn('bob'), old)
    expect(await site.look(again, (s) => [s.owner, s.keys()])).toEqual(['bob', []])
    expect(await site.look(now, (s) => [s.owner, s.keys()])).toEqual(['ada', ['a']])
  })

  test('promise 8: whoever asks for a new id with it begins a session of their own, in a later commit as well', async () => {
    const site = desk()
    const old = await site.visit((session) => session.set('a', 1))
    const now = await site.visit((session) => session.signIn('ada'), old)
    site.clock.advance(AFTER_GRACE)
    const requestSession = site.arrive(old)
    const session = await requestSession.open()
    session.regenerateId()
    await requestSession.commit()
    session.set('user', 'bob')
    await requestSession.commit()
    expect(await site.look(ticketOf(requestSession) ?? '', (s) => s.entries())).toEqual([['user', 'bob']])
    expect(await site.look(now, (s) => [s.owner, s.keys()])).toEqual(['ada', ['a']])
  })

  test('promise 8: whoever signed in with it can sign out in the same request', async () => {
    const site = desk()
    const old = await site.visit((session) => session.set('a', 1))
    await site.visit((session) => session.signIn('ada'), old)
    site.clock.advance(AFTER_GRACE)
    const requestSession = site.arrive(old)
    const session = await requestSession.open()
    session.signIn('bob')
    await requestSession.commit()
    const bobs = ticketOf(requestSession) ?? ''
    session.destroy()
    await requestSession.commit()
    expect(await site.look(bobs, (s) => s.isNew)).toBe(true)
  })

  test('promise 8: once no request of that time is under way it is a stranger’s, but still no sign-out', async () => {
    const site = desk()
    const old = await site.visit((session) => session.set('a', 1))
    const now = await site.visit((session) => session.signIn('ada'), old)
    site.clock.advance(AFTER_REQUESTS)
    await expect(site.visit((session) => session.destroy(), old)).rejects.toMatchObject({ code: 'CONFLICT' })
    const other = await site.visit((session) => session.set('b', 2), old)
    expect(new Set([old, now, other]).size).toBe(3)
    expect(await site.look(now, (s) => [s.owner, s.keys()])).toEqual(['ada', ['a']])
    expect(await site.look(other, (s) => [s.owner, s.keys()])).toEqual([undefined, ['b']])
  })

  test('V7: a request that was about to send it again, signed anew, withdraws it once it meets the sign-in', async () => {
    const site = desk('stored', { secrets: [NEWER_SECRET, SECRET] })
    const before = adapterOf(sessionsOf({ secrets: SECRET, store: site.store.store, now: site.clock.now })).requestSession(
      {},
      new Headers(),
    )
    ;(await before.open()).set('a', 1)
    await before.commit()
    const requestSession = site.arrive(ticketOf(before))
    const session = await requestSession.open()
    session.set('b', 2)
    await requestSession.commit()
    expect(requestSession.lines).toHaveLength(1)
    await site.visit((other) => other.signIn('ada'), ticketOf(before))
    session.set('c', 3)
    await requestSession.commit()
    expect(requestSession.lines, 'it would undo the sign-in in the browser').toEqual([])
  })

  test('promise 8: a request in flight with it keeps what it writes, and is told nothing of the sign-in', async () => {
    const site = desk()
    const old = await site.visit((session) => session.set('a', 1))
    const requestSession = site.arrive(old)
    const session = await requestSession.open()
    const now = await site.visit((other) => {
      other.signIn('ada')
      other.set('secret', 'hush-hush')
    }, old)
    session.set('b', 2)
    await requestSession.commit()
    expect(requestSession.lines).toEqual([])
    expect([session.owner, session.get('secret'), session.get('b')]).toEqual([undefined, undefined, 2])
    expect(await site.look(now, (s) => [s.owner, s.get('b')])).toEqual(['ada', 2])
  })
})

test('a slide of the idle end is made by whichever request comes first, and by the answer that sends nothing', async () => {
  const site = desk()
  const ticket = await site.visit((session) => session.set('a', 1))
  site.clock.advance(4 * DAY)
  const [one, two] = [site.arrive(ticket), site.arrive(ticket)]
  await Promise.all([one.open(), two.open()])
  expect(await one.commit()).toMatchObject({ plan: 'touch', send: [] })
  expect(await two.commit()).toMatchObject({ plan: 'touch', send: [] })
  site.clock.advance(4 * DAY)
  expect(await site.look(ticket, (s) => s.get('a'))).toBe(1)
})

test('an observer that throws breaks no request', async () => {
  const said = vi.spyOn(console, 'error').mockImplementation(() => {})
  try {
    const site = desk('stored', {
      onEvent: () => {
        throw new Error('observer')
      },
    })
    const ticket = await site.visit((session) => session.set('a', 1))
    expect(await site.look(ticket, (s) => s.get('a'))).toBe(1)
    expect(said).toHaveBeenCalledTimes(3) // created, committed, loaded
  } finally {
    said.mockRestore()
  }
})

tellsNothing(discretion)
