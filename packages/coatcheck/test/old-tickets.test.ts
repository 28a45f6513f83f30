import { describe, expect, test } from 'vitest'
import { isIdle } from '../src/cookies/idle.ts'
import type { SessionEvent } from '../src/core/model/events.ts'
import { memoryStore } from '../src/stores/memory.ts'
import { type Visitor, visitor } from '../src/testing/visitor.ts'
import { quietly } from './helpers/adapter-stories.ts'
import { type Act, type Adapter, adapters, type Held, type Told } from './helpers/adapters.ts'
import { clockFrom } from './helpers/clock.ts'
import { gate } from './helpers/gate.ts'
import { COOKIE, NEWER_SECRET, SECRET } from './helpers/site.ts'

// What every adapter keeps of the rules for a new id, in the words of its own API.

/** What came of one request. */
interface Came {
  readonly went: 'ok' | 'failed'
  readonly cookies: number
}

async function opened(adapter: Adapter, more: Partial<Told> = {}) {
  quietly()
  const clock = clockFrom()
  const store = memoryStore({ now: clock.now })
  const events: SessionEvent[] = []
  const told = { store, secrets: [SECRET], now: clock.now, onEvent: (event: SessionEvent) => void events.push(event), ...more }
  const serve = await adapter.serve(told)
  // Hydrogen gives no new ids: another part of the site does.
  const elsewhere = await (adapters[0] as Adapter).serve({ ...told, onEvent: () => {} })
  const origin = visitor(async () => new Response('')).origin
  const ours = (name: string) => name === COOKIE
  const asks = async (who: Visitor, act: Act, by = serve): Promise<Came & { arrive(): void }> => {
    const headers = new Headers()
    const cookie = who.jar.header(origin)
    if (cookie !== '') headers.set('cookie', cookie)
    let response: Response
    try {
      response = await by(new Request(origin, { headers }), act)
    } catch (error) {
      expect(error, 'told in a way that a handler can tell').toMatchObject({
        code: expect.stringMatching(/CONFLICT|KEY_UNKNOWN/),
      })
      return { went: 'failed', cookies: 0, arrive() {} }
    }
    const lines = response.headers.getSetCookie()
    const cookies = lines.filter((line) => ours(line.split('=')[0] ?? '') && !isIdle(line)).length
    const arrive = () => {
      for (const line of lines) who.jar.set(line, origin)
    }
    return { went: response.status >= 500 ? 'failed' : 'ok', cookies, arrive }
  }
  const does = async (who: Visitor, act: Act, by = serve): Promise<Came> => {
    const { arrive, ...came } = await asks(who, act, by)
    arrive()
    return came
  }
  const person = () => visitor(async () => new Response(''), { now: clock.now })
  const get = async (who: Visitor, ...keys: string[]) => {
    let found: unknown[] = []
    await does(who, async (held) => {
      found = await Promise.all(keys.map((key) => held.get(key)))
    })
    return found
  }
  const moves = (who: Visitor, and: (held: Held) => unknown = () => {}) => {
    let hasIt = true
    const renewing: Act = async (held) => {
      hasIt = held.renew !== undefined
      await held.renew?.()
      await and(held)
    }
    return does(who, renewing).then((came) =>
      hasIt ? came : does(who, async (held) => [await held.renew?.(), await held.set('by', 'another')], elsewhere),
    )
  }
  /** Somebody with a session, and somebody with a copy of the ticket of before. */
  const moved = async () => {
    const ada = person()
    expect(await does(ada, (held) => held.set('a', 1))).toEqual({ went: 'ok', cookies: 1 })
    const thief = ada.steal()
    expect((await moves(ada)).cookies, 'a new ticket').toBe(1)
    return { ada, thief }
  }
  const replays = () => events.filter(({ type }) => type === 'replayed')
  return { clock, store, events, person, asks, does, get, moves, moved, replays }
}

const AFTER_GRACE = 75

describe.each(adapters)('$name', (adapter) => {
  test('V4: an old ticket shows what there was for a while, and its write is kept; nobody is told the new one', async () => {
    const site = await opened(adapter)
    const { ada, thief } = await site.moved()
    await site.does(ada, (held) => held.set('secret', 1))
    expect(await site.get(thief, 'a', 'secret')).toEqual([1, undefined])
    expect(await site.does(thief, (held) => held.set('late', 1))).toEqual({ went: 'ok', cookies: 0 })
    expect(await site.get(ada, 'a', 'secret', 'late')).toEqual([1, 1, 1])
  })

  test('V4: a sign-out with an old ticket within its time is one', async () => {
    const site = await opened(adapter)
    const { ada, thief } = await site.moved()
    expect((await site.does(thief, (held) => held.end())).went).toBe('ok')
    expect(await site.get(ada, 'a')).toEqual([undefined])
  })

  test('V9: afterwards it shows nothing; a write and a sign-out are errors that send no cookie, and the session lives', async () => {
    const site = await opened(adapter)
    const { ada, thief } = await site.moved()
    site.clock.advance(AFTER_GRACE)
    expect(await site.get(thief, 'a')).toEqual([undefined])
    expect(await site.does(thief, (held) => held.set('late', 1))).toEqual({ went: 'failed', cookies: 0 })
    expect(await site.does(thief, (held) => held.end())).toEqual({ went: 'failed', cookies: 0 })
    site.clock.advance(400)
    expect(await site.does(thief, (held) => held.end()), 'as long as it lives').toEqual({ went: 'failed', cookies: 0 })
    expect(await site.get(ada, 'a', 'late')).toEqual([1, undefined])
    expect((await site.does(ada, (held) => held.end())).went).toBe('ok')
    expect((await site.does(thief, (held) => held.end())).went).toBe('ok')
  })

  test('V9: whoever asks for a new id with it begins a session of their own, and can log in', async () => {
    const site = await opened(adapter)
    const { ada, thief } = await site.moved()
    site.clock.advance(AFTER_GRACE)
    let hasIt = false
    const logsIn: Act = async (held) => {
      hasIt = held.renew !== undefined
      await held.renew?.()
      if (hasIt) await held.set('user', 'eve')
    }
    const came = await site.does(thief, logsIn)
    if (hasIt) {
      expect(came).toEqual({ went: 'ok', cookies: 1 })
      expect(await site.get(thief, 'a', 'user')).toEqual([undefined, 'eve'])
    }
    expect(await site.get(ada, 'a', 'user')).toEqual([1, undefined])
  })

  test('V12: that it was used after its time is told once', async () => {
    const site = await opened(adapter)
    const { thief } = await site.moved()
    site.clock.advance(AFTER_GRACE)
    for (let i = 0; i < 3; i++) await site.get(thief, 'a')
    expect(site.replays()).toHaveLength(1)
  })

  test('V12: that is told with what the sign-in noted', async () => {
    const site = await opened(adapter)
    const ada = site.person()
    let hasIt = false
    await site.does(ada, (held) => held.set('a', 1))
    const thief = ada.steal()
    await site.does(ada, async (held) => {
      hasIt = held.signIn !== undefined
      await held.signIn?.('ada', { note: 'request 7' })
    })
    site.clock.advance(AFTER_GRACE)
    await site.get(thief, 'a')
    expect(site.replays()).toEqual(hasIt ? [expect.objectContaining({ note: 'request 7' })] : [])
  })

  test('V2: a write in flight across a new id is kept, and told nothing', async () => {
    const site = await opened(adapter)
    const ada = site.person()
    await site.does(ada, (held) => held.set('a', 1))
    const barrier = gate()
    const late = site.asks(ada, async (held) => {
      await held.get('a')
      await barrier.pass()
      await held.set('late', 1)
    })
    await barrier.reached
    await site.moves(ada)
    site.clock.advance(AFTER_GRACE)
    barrier.open()
    expect(await late).toMatchObject({ went: 'ok', cookies: 0 })
    expect(await site.get(ada, 'a', 'late')).toEqual([1, 1])
  })

  test.each([
    ['is kept', 0],
    ['is too late', 301],
  ])(
    'V7: a ticket that it was about to send again is withdrawn when it meets a new id; what it writes then %s',
    async (_, seconds) => {
      const site = await opened(adapter, { secrets: [NEWER_SECRET, SECRET] })
      const { store, clock } = site
      const before = await adapter.serve({ store, secrets: [SECRET], now: clock.now, onEvent: () => {} })
      const ada = site.person()
      await site.does(ada, (held) => held.set('a', 1), before)
      const barrier = gate()
      const late = site.asks(ada, async (held) => {
        await held.set('b', 1)
        await barrier.pass()
        await held.set('late', 1)
      })
      await barrier.reached
      await site.moves(ada)
      clock.advance(seconds)
      barrier.open()
      expect(await late).toMatchObject({ went: seconds === 0 ? 'ok' : 'failed', cookies: 0 })
      expect(await site.get(ada, 'a', 'late')).toEqual([1, seconds === 0 ? 1 : undefined])
    },
  )

  test('V2: one that is older than maxRequestTime is an error, its sign-out too', async () => {
    for (const act of [(held: Held) => held.set('late', 1), (held: Held) => held.end()]) {
      const site = await opened(adapter, { maxRequestTime: 30 })
      const ada = site.person()
      await site.does(ada, (held) => held.set('a', 1))
      const barrier = gate()
      const late = site.asks(ada, async (held) => {
        await held.get('a')
        await barrier.pass()
        await act(held)
      })
      await barrier.reached
      await site.moves(ada)
      site.clock.advance(31)
      barrier.open()
      expect(await late).toMatchObject({ went: 'failed', cookies: 0 })
      expect(await site.get(ada, 'a', 'late')).toEqual([1, undefined])
    }
  })

  test('two sign-ins at once: one person is one session; two are not', async () => {
    for (const owners of [
      ['ada', 'ada'],
      ['ada', 'eve'],
    ]) {
      const site = await opened(adapter)
      const ada = site.person()
      await site.does(ada, (held) => held.set('a', 1))
      const adapters = [gate(), gate()]
      let hasIt = true
      const answers = owners.map((owner, at) =>
        site.asks(ada, async (held) => {
          await held.get('a')
          await adapters[at]?.pass()
          hasIt = held.signIn !== undefined
          await held.signIn?.(owner)
        }),
      )
      await Promise.all(adapters.map(({ reached }) => reached))
      for (const [at, barrier] of adapters.entries()) {
        barrier.open()
        await answers[at]
      }
      if (!hasIt) continue
      const [first, second] = await Promise.all(answers)
      expect(first).toMatchObject({ went: 'ok', cookies: 1 })
      expect(second).toMatchObject(owners[1] === 'ada' ? { went: 'ok', cookies: 1 } : { went: 'failed', cookies: 0 })
      for (const answer of [second, first]) answer?.arrive()
      expect(await site.get(ada, 'a')).toEqual([1])
    }
  })

  test('two new ids at once: one of them counts, and the other request is not told it', async () => {
    const site = await opened(adapter)
    const ada = site.person()
    await site.does(ada, (held) => held.set('a', 1))
    const adapters = [gate(), gate()]
    let hasIt = true
    const answers = adapters.map((barrier) =>
      site.asks(ada, async (held) => {
        await held.get('a')
        await barrier.pass()
        hasIt = held.renew !== undefined
        await held.renew?.()
      }),
    )
    await Promise.all(adapters.map(({ reached }) => reached))
    for (const [at, barrier] of adapters.entries()) {
      barrier.open()
      await answers[at]
    }
    const [first, second] = await Promise.all(answers)
    expect([first?.cookies, second?.cookies]).toEqual([hasIt ? 1 : 0, 0])
    expect([first?.went, second?.went]).toEqual(['ok', 'ok'])
    for (const answer of [first, second]) answer?.arrive()
    expect(await site.get(ada, 'a')).toEqual([1])
  })

  test('C8: a ticket of a secret that this server does not have yet: reading leaves it alone, a write and a sign-out are errors', async () => {
    const site = await opened(adapter)
    const { store, clock } = site
    const newer = await adapter.serve({ store, secrets: [NEWER_SECRET], now: clock.now, onEvent: () => {} })
    const ada = site.person()
    expect(await site.does(ada, (held) => held.set('a', 1), newer)).toEqual({ went: 'ok', cookies: 1 })
    expect(await site.does(ada, (held) => held.get('a'))).toEqual({ went: 'ok', cookies: 0 })
    if (!adapter.namesNoSecret) {
      expect(await site.does(ada, (held) => held.set('b', 1))).toEqual({ went: 'failed', cookies: 0 })
      expect(await site.does(ada, (held) => held.end())).toEqual({ went: 'failed', cookies: 0 })
    }
    let found: unknown
    await site.does(ada, async (held) => (found = await held.get('a')), newer)
    expect(found).toBe(1)
  })

  test('V13: takes grace, maxRequestTime and onReplay in its own configuration', async () => {
    const short = await opened(adapter, { grace: 0 })
    const one = await short.moved()
    short.clock.advance(70)
    expect(await short.get(one.thief, 'a')).toEqual([undefined])
    const long = await opened(adapter, { grace: 200 })
    const two = await long.moved()
    long.clock.advance(190)
    expect(await long.get(two.thief, 'a')).toEqual([1])
    await expect(opened(adapter, { maxRequestTime: 5, grace: 6 }).then((site) => site.moved())).rejects.toThrow()
  })

  test('V12: takes onReplay in its own configuration', async () => {
    const site = await opened(adapter, { onReplay: 'endSession' })
    const ada = site.person()
    let hasIt = false
    await site.does(ada, async (held) => {
      hasIt = held.signIn !== undefined
      await held.signIn?.('ada')
      await held.set('a', 1)
    })
    const thief = ada.steal()
    await site.moves(ada)
    site.clock.advance(AFTER_GRACE)
    await site.get(thief, 'a')
    expect(await site.get(ada, 'a'), 'only where the session is somebody’s').toEqual([hasIt ? undefined : 1])
    await expect(opened(adapter, { onReplay: 'never' as never }).then((wrong) => wrong.moved())).rejects.toThrow()
  })
})
