import { afterAll, describe, expect, it } from 'vitest'
import { clockFrom, DAY } from '../../../test/helpers/clock.ts'
import { discretion, type Site, site } from '../../../test/helpers/site.ts'
import { type Watched, watched } from '../../../test/helpers/watched.ts'
import { withSession } from '../../adapters/fetch.ts'
import type { IdFormat } from '../../migrate/format.ts'
import { storedSessions } from '../../migrate/stored.ts'
import { memoryStore } from '../../stores/memory.ts'
import type { Happening } from '../model/events.ts'
import type { Session } from '../session/types.ts'

afterAll(() => discretion.check())

interface Place extends Site {
  readonly watch: Watched
  readonly cause: Error
  /** From here on no call of the store is answered with anything but an error. */
  strike(): void
  heal(): void
}

function place(options: Parameters<typeof site>[0] = {}): Place {
  const clock = clockFrom()
  const watch = watched(memoryStore({ now: clock.now }))
  const cause = new Error('connection refused')
  return {
    ...site({ clock, store: watch.store, whenStoreDown: 'read-only', ...options }),
    watch,
    cause,
    strike() {
      watch.forget()
      watch.before = () => {
        throw cause
      }
    },
    heal: () => {
      watch.before = () => {}
    },
  }
}

/** Somebody with a session, on a site whose store is down. */
async function ada(options?: Parameters<typeof site>[0]) {
  const here = place(options)
  const someone = here.person()
  await someone.does((session) => {
    session.signIn('ada')
    session.set('n', 1)
    session.flash('hello', 'Ada')
  })
  here.events.length = 0
  here.strike()
  return { ...here, someone }
}

const CHANGES: Readonly<Record<string, (session: Session) => unknown>> = {
  set: (session) => session.set('n', 2),
  'set on data': (session) => {
    session.data.n = 2
  },
  delete: (session) => session.delete('n'),
  'delete on data': (session) => delete session.data.n,
  update: (session) => session.update('n', () => 2),
  flash: (session) => session.flash('hello', 'again'),
  signIn: (session) => session.signIn('eve'),
  signOut: (session) => session.signOut(),
  'signOut that keeps something': (session) => session.signOut({ keep: ['n'] }),
  regenerateId: (session) => session.regenerateId(),
  destroy: (session) => session.destroy(),
}

describe('while its store is down, a request with `whenStoreDown: "read-only"`', () => {
  it('promise 7: gets an empty session that says what it is, and its ticket stays as it was', async () => {
    const { someone, watch } = await ada()
    const { ticket } = someone
    const seen = await someone.asks((session) =>
      Response.json({
        readOnly: session.readOnly,
        isNew: session.isNew,
        owner: session.owner ?? null,
        handle: session.handle ?? null,
        ends: session.expiresAt ?? null,
        began: session.createdAt ?? null,
        values: [session.get('n') ?? null, session.has('n'), session.keys(), session.entries(), { ...session.data }],
        flash: session.flash('hello') ?? null,
      }),
    )
    expect(await seen.json()).toEqual({
      readOnly: true,
      isNew: false,
      owner: null,
      handle: null,
      ends: null,
      began: null,
      values: [null, false, [], [], {}],
      flash: null,
    })
    expect(seen.headers.getSetCookie()).toEqual([])
    expect([watch.calls, someone.ticket]).toEqual([['read'], ticket])
  })

  it('promise 11: is answered with a page that stays out of shared caches', async () => {
    const { someone } = await ada()
    const { headers } = await someone.asks(() => new Response('page', { headers: { 'cache-control': 'public, max-age=60' } }))
    expect([headers.get('cache-control'), headers.get('vary')]).toEqual(['private, max-age=60', 'Cookie'])
  })

  it('is told by an event with the error of the store, once a request', async () => {
    const { someone, events, cause, sessions } = await ada()
    await someone.does(async (session, request) => expect(await sessions.open(request)).toBe(session))
    expect(events).toEqual([{ type: 'store-down', error: expect.objectContaining({ code: 'STORE_FAILED', cause }) }])
  })

  it.each(Object.entries(CHANGES))('throws STORE_FAILED at the call of %s, and nothing is stored', async (_, change) => {
    const { someone, watch, cause, heal } = await ada()
    const { ticket } = someone
    let thrown: unknown
    const answer = await someone.asks((session) => {
      try {
        change(session)
      } catch (error) {
        thrown = error
      }
    })
    expect(thrown).toMatchObject({ code: 'STORE_FAILED', cause: { code: 'STORE_FAILED', cause } })
    expect(String(thrown)).toMatch(/read-only.*ask `session\.readOnly` first\. Nothing was changed/s)
    expect([answer.status, answer.headers.getSetCookie(), watch.calls]).toEqual([200, [], ['read']])
    heal()
    expect(someone.ticket).toBe(ticket)
    const found = await someone.does(({ owner, get, flash, readOnly }) => [owner, get('n'), flash('hello'), readOnly])
    expect(found).toEqual(['ada', 1, 'Ada', false])
  })

  it('fails like any other when it does not catch that', async () => {
    const { someone } = await ada()
    await expect(someone.does((session) => session.set('n', 2))).rejects.toMatchObject({ code: 'STORE_FAILED' })
  })

  it('goes on in the same way until it ends, even when the store is back meanwhile', async () => {
    const { someone, heal, sessions, watch } = await ada()
    await someone.does(async (session, request) => {
      heal()
      expect((await sessions.open(request)).readOnly).toBe(true)
      expect(() => session.set('n', 2)).toThrow(expect.objectContaining({ code: 'STORE_FAILED' }))
    })
    expect(watch.calls).toEqual(['read'])
    expect(await someone.does((session) => session.get('n'))).toBe(1)
  })

  it('is the same for a store that does not answer in time', async () => {
    const { someone, events, watch } = await ada({ storeTimeout: 1 })
    watch.before = () => new Promise(() => {})
    expect(await someone.does((session) => session.readOnly)).toBe(true)
    expect(events).toMatchObject([{ type: 'store-down', error: { message: expect.stringContaining('within 1 seconds') } }])
  })

  it('is the same for what another library keeps in a store of its own', async () => {
    const ids: IdFormat = { format: 'theirs', read: (value) => value, write: (id) => id }
    const down = async () => {
      throw new Error('their store is down')
    }
    const theirs = { ...storedSessions(ids, down), cookieName: 'theirs' }
    const { sessions, events } = place({ migrateFrom: [theirs] })
    const page = withSession(sessions, async (request) => new Response(String((await sessions.open(request)).readOnly)))
    const answer = await page(new Request('https://site.test/', { headers: { cookie: 'theirs=abc' } }))
    expect([await answer.text(), events.map(({ type }) => type)]).toEqual(['true', ['store-down']])
  })
})

describe('what `whenStoreDown` changes nothing of', () => {
  it('a visitor without a ticket has an ordinary session, since nothing is asked of the store', async () => {
    const { person, strike, watch } = place()
    strike()
    expect(await person().does(({ readOnly, isNew }) => [readOnly, isNew])).toEqual([false, true])
    expect(watch.calls).toEqual([])
  })

  it('promise 7: a commit that fails although the read did not rejects with STORE_FAILED', async () => {
    const { someone, watch, cause, events } = await ada()
    const { ticket } = someone
    watch.before = (call) => {
      if (call !== 'read') throw cause
    }
    await expect(someone.does((session) => session.set('n', 2))).rejects.toMatchObject({ code: 'STORE_FAILED', cause })
    expect(someone.ticket).toBe(ticket)
    expect(events.map(({ type }) => type)).toEqual(['loaded'])
  })

  it.each([{ whenStoreDown: 'fail' as const }, {}])('the default is to fail: %o', async (options) => {
    const clock = clockFrom()
    const watch = watched(memoryStore({ now: clock.now }))
    const { person, events } = site({ clock, store: watch.store, ...options })
    const someone = person()
    await someone.does((session) => session.set('n', 1))
    const { ticket } = someone
    events.length = 0
    watch.before = () => {
      throw new Error('connection refused')
    }
    await expect(someone.does((session) => session.get('n'))).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect([events, someone.ticket]).toEqual([[], ticket])
  })

  it('what is no failure of the store is none here', async () => {
    const { someone, watch, events, clock } = await ada()
    watch.before = () => {}
    clock.advance(8 * DAY)
    expect(await someone.does(({ readOnly, isNew }) => [readOnly, isNew])).toEqual([false, true])
    expect(events).toMatchObject([{ type: 'refused' }])
  })

  it.each(['readonly', true, null])('%j is refused', (whenStoreDown) => {
    expect(() => place({ whenStoreDown: whenStoreDown as 'fail' })).toThrow(
      expect.objectContaining({ code: 'BAD_OPTIONS', message: expect.stringContaining('whenStoreDown') }),
    )
  })
})

describe('a store that promises less than others', () => {
  const told = (consistency?: 'strong' | 'last-write-wins' | 'eventual'): Happening[] => {
    const store = { ...memoryStore(), ...(consistency && { consistency }) }
    return site({ store }).events
  }

  it.each(['last-write-wins', 'eventual'] as const)('is told of when the sessions are made: %s', (consistency) => {
    expect(told(consistency)).toEqual([{ type: 'weaker-store', consistency }])
  })

  it('is told of no more when requests come', async () => {
    const { person, events } = site({ store: { ...memoryStore(), consistency: 'eventual' } })
    await person().does((session) => session.set('n', 1))
    expect(events.map(({ type }) => type)).toEqual(['weaker-store', 'created', 'committed'])
  })

  it('is not a strong one, and not a sealed session', () => {
    expect([told(), told('strong'), site().events]).toEqual([[], [], []])
  })
})
