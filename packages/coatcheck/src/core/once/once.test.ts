import { beforeAll, describe, expect, it } from 'vitest'
import { tellsNothing } from '../../../test/helpers/discretion.ts'
import { gate, settled } from '../../../test/helpers/gate.ts'
import { passing } from '../../../test/helpers/passing.ts'
import { Provider, type Tokens } from '../../../test/helpers/provider.ts'
import { COOKIE, discretion, type Person, type Site, site } from '../../../test/helpers/site.ts'
import { SessionError } from '../../errors.ts'
import { memoryStore } from '../../stores/memory.ts'
import type { Store } from '../../stores/store.ts'
import type { Session } from '../session/types.ts'

tellsNothing(discretion)
// It is loaded when it is first called: what waits for that waits for no time of a test.
beforeAll(() => import('../later.ts'))

interface Given {
  readonly store?: Store
  /** How far the clock of each process is ahead, in milliseconds. */
  readonly ahead?: readonly number[]
  /** Processes whose timers never fire. */
  readonly frozen?: readonly number[]
}

const never = new Promise<never>(() => {})

/** Several processes that share a store. */
function processes(count: number, { store = memoryStore(), ahead = [], frozen = [] }: Given = {}) {
  const time = passing()
  const sites = Array.from({ length: count }, (_, nth) => {
    const now = () => time.now() + (ahead[nth] ?? 0)
    const sleep = frozen.includes(nth) ? () => never : time.sleep
    return site({ store, now }, { sleep, storeTimeout: Number.POSITIVE_INFINITY })
  })
  const at = (nth: number): Site => sites[nth] as Site
  /** Somebody signed in, whose session holds the first tokens: the same browser at each process. */
  async function ada(values: object = { tokens: new Provider().newest }): Promise<Person[]> {
    const first = at(0).person()
    await first.does((session) => {
      session.signIn('ada')
      for (const [key, value] of Object.entries(values)) session.set(key, value)
    })
    return sites.map((each) => twin(first, each))
  }
  return { store, time, at, ada }
}

/** The same browser at another process. */
function twin(person: Person, other: Site): Person {
  const copy = other.person()
  copy.browser.plant(`${COOKIE}=${person.ticket}; Path=/; Secure; HttpOnly; SameSite=Lax`)
  return copy
}

const refreshing =
  (provider: Provider, pause: (attempt: number) => Promise<unknown> = async () => {}, seconds = 300) =>
  (session: Session): Promise<unknown> =>
    session.once(
      'tokens',
      async (current, { attempt }) => {
        const tokens = provider.refresh((current as Tokens).refresh)
        await pause(attempt)
        return tokens
      },
      { for: seconds },
    )

/** What became of each: what it gave, or the code or message of its error. */
async function outcomes(all: readonly Promise<unknown>[]): Promise<unknown[]> {
  const settledAll = await Promise.allSettled(all)
  return settledAll.map((each) => {
    if (each.status === 'fulfilled') return each.value
    return each.reason instanceof SessionError ? each.reason.code : (each.reason as Error).message
  })
}
const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make)
const only = (all: readonly unknown[]): unknown[] =>
  [...new Set(all.map((each) => JSON.stringify(each)))].map((text) => JSON.parse(text))

describe('of many requests at once, one does the work and all get its result', () => {
  it('in two processes', async () => {
    const { time, ada } = processes(2)
    const provider = new Provider()
    const people = await ada()
    const work = refreshing(provider, () => time.sleep(200))
    const all = people.flatMap((person) => times(20, () => person.does(work)))
    expect(only(await time.until(outcomes(all)))).toEqual([{ access: 'access-1', refresh: 'refresh-1' }])
    expect(provider.came).toEqual(['refresh-0'])
    expect(await people[1]?.does((session) => session.get('tokens'))).toEqual(provider.newest)
  })

  it('for as long as it was said, and then the work is given what is stored, not what its request had read', async () => {
    const { time, ada } = processes(2)
    const provider = new Provider()
    const [here, there] = (await ada()) as [Person, Person]
    const began = gate()
    // This request read the session before, and goes on when the result does not count any more.
    const straggler = there.does(async (session) => {
      expect(session.get('tokens')).toEqual({ access: 'access-0', refresh: 'refresh-0' })
      await began.pass()
      return refreshing(provider)(session)
    })
    await began.reached
    await time.until(here.does(refreshing(provider)))
    await time.pass(299_000)
    expect(await time.until(here.does(refreshing(provider)))).toEqual({ access: 'access-1', refresh: 'refresh-1' })
    await time.pass(2000)
    began.open()
    expect(await time.until(straggler)).toEqual({ access: 'access-2', refresh: 'refresh-2' })
    expect([provider.came, provider.isRevoked]).toEqual([['refresh-0', 'refresh-1'], false])
  })

  it("a result that was stored while a request waits is that request's, also where it counts for nobody else", async () => {
    const { time, ada } = processes(2)
    const provider = new Provider()
    const people = await ada()
    const work = refreshing(provider, () => time.sleep(200), 0)
    expect(only(await time.until(outcomes(people.map((person) => person.does(work)))))).toEqual([provider.newest])
    await time.until((people[0] as Person).does(work))
    expect(provider.came).toEqual(['refresh-0', 'refresh-1'])
  })

  it('a request that finds a result that counts asks the store for nothing more', async () => {
    let reads = 0
    const memory = memoryStore()
    const read: Store['read'] = (key) => {
      reads++
      return memory.read(key)
    }
    const store: Store = { ...memory, read }
    const { time, ada } = processes(1, { store })
    const provider = new Provider()
    const [here] = (await ada()) as [Person]
    await time.until(here.does(refreshing(provider)))
    reads = 0
    await here.does(refreshing(provider))
    expect([reads, provider.came.length]).toEqual([1, 1])
  })

  it('clocks that are 60 seconds apart change nothing', async () => {
    for (const ahead of [
      [60_000, 0, 30_000],
      [0, 60_000, 30_000],
    ]) {
      const { time, ada } = processes(3, { ahead })
      const provider = new Provider()
      const people = await ada()
      const work = refreshing(provider, () => time.sleep(20_000))
      const all = people.flatMap((person) => times(3, () => person.does(work)))
      expect(only(await time.until(outcomes(all)))).toEqual([provider.newest])
      expect(provider.came).toEqual(['refresh-0'])
    }
  })

  it('each gets a value of its own: what one changes inside it, the others do not see', async () => {
    const { time, ada } = processes(1)
    const [here] = (await ada()) as [Person]
    const work = (session: Session) => session.once('list', async () => [1], { for: 60 }) as Promise<number[]>
    const [one, other] = await time.until(Promise.all([here.does(work), here.does(work)]))
    one?.push(2)
    expect(other).toEqual([1])
  })
})

describe('the result is stored at once', () => {
  it('whatever the response will be, and before it', async () => {
    const { time, ada } = processes(2)
    const provider = new Provider()
    const [here, there] = (await ada()) as [Person, Person]
    const goes = gate()
    const failing = here.asks(async (session) => {
      session.set('draft', 'lost with the request')
      await refreshing(provider)(session)
      await goes.pass()
      throw new Error('the handler failed')
    })
    failing.catch(() => {})
    await time.until(goes.reached)
    expect(await there.does((session) => session.get('tokens'))).toEqual(provider.newest)
    goes.open()
    await expect(failing).rejects.toThrow('the handler failed')
    expect(await there.does((session) => [session.get('tokens'), session.get('draft')])).toEqual([provider.newest, undefined])
  })

  it('and this request sees it, and what it changes besides is stored with the response', async () => {
    const { time, ada } = processes(1)
    const provider = new Provider()
    const [here] = (await ada({ tokens: provider.newest, n: 1 })) as [Person]
    const seen = await time.until(
      here.does(async (session) => {
        session.update('n', (n) => (n as number) + 1)
        await refreshing(provider)(session)
        return session.get('tokens')
      }),
    )
    expect(seen).toEqual(provider.newest)
    expect(await here.does((session) => [session.get('n'), session.get('tokens')])).toEqual([2, provider.newest])
  })

  it('also after the headers have left', async () => {
    const { time, ada } = processes(1)
    const provider = new Provider()
    const [here] = (await ada()) as [Person]
    let late: Session | undefined
    await here.does((session) => {
      late = session
    })
    await time.until(refreshing(provider)(late as Session))
    expect(await here.does((session) => session.get('tokens'))).toEqual(provider.newest)
  })

  it('a store that fails is asked again, and it is stored once', async () => {
    const memory = memoryStore()
    let failures = 0
    const store: Store = {
      ...memory,
      async update(key, record, version) {
        if (!record.data.includes('access-1') || failures === 3) return memory.update(key, record, version)
        // The second time it is kept, and nobody hears of it.
        if (++failures === 2) await memory.update(key, record, version)
        throw new Error('connection lost')
      },
    }
    const { time, ada } = processes(1, { store })
    const provider = new Provider()
    const [here] = (await ada()) as [Person]
    expect(await time.until(here.does(refreshing(provider)))).toEqual(provider.newest)
    expect([provider.came.length, failures]).toEqual([1, 3])
  })

  it('a store that fails on is told to everybody', async () => {
    const memory = memoryStore()
    const store: Store = {
      ...memory,
      async update(key, record, version) {
        if (record.data.includes('access-1')) throw new Error('connection lost')
        return memory.update(key, record, version)
      },
    }
    const { time, ada } = processes(1, { store })
    const [here] = (await ada()) as [Person]
    const work = refreshing(new Provider())
    expect(await time.until(outcomes([here.does(work), here.does(work)]))).toEqual(['STORE_FAILED', 'STORE_FAILED'])
  })
})

describe('the lease', () => {
  it('is renewed while the work takes longer, by writes that never overlap with each other or with the result', async () => {
    const memory = memoryStore()
    let [underWay, most, leases] = [0, 0, 0]
    const store: Store = {
      ...memory,
      async update(key, record, version) {
        // Of those who lost the race for the lease there is one write more.
        const isOfTheOne = /"beat":[1-9]|access-1/.test(record.data)
        if (isOfTheOne) most = Math.max(most, ++underWay)
        if (record.data.includes('"beat"')) leases++
        await time.sleep(400)
        if (isOfTheOne) underWay--
        return memory.update(key, record, version)
      },
    }
    const { time, ada } = processes(2, { store })
    const provider = new Provider()
    const people = await time.until(ada())
    const work = refreshing(provider, () => time.sleep(20_100))
    expect(only(await time.until(outcomes(people.map((person) => person.does(work)))))).toEqual([provider.newest])
    expect(provider.came.length).toBe(1)
    expect([most, leases >= 9]).toEqual([1, true])
  })

  it('of a process that died is taken over after 5 seconds, once, and the next one is told which attempt it is', async () => {
    const { time, ada } = processes(3, { frozen: [0] })
    const provider = new Provider({ leeway: true })
    const [dies, ...others] = (await ada()) as [Person, Person, Person]
    void dies.does(refreshing(provider, () => never))
    await settled()
    const attempts: number[] = []
    const work = refreshing(provider, async (attempt) => attempts.push(attempt))
    const all = outcomes(others.flatMap((person) => times(5, () => person.does(work))))
    await time.pass(4900)
    expect(attempts).toEqual([])
    expect(only(await time.until(all))).toEqual([provider.newest])
    expect([attempts, provider.came]).toEqual([[2], ['refresh-0', 'refresh-0']])
  })

  it('of a process that was only held up: its result is kept, since the value is still what it was given', async () => {
    const { time, ada } = processes(2, { frozen: [0] })
    const provider = new Provider()
    const [held, other] = (await ada()) as [Person, Person]
    const [wakes, asked] = [gate(), gate()]
    const late = held.does(refreshing(provider, () => wakes.pass()))
    await wakes.reached
    let signal: AbortSignal | undefined
    const taker = other.does((session) =>
      session.once(
        'tokens',
        async (_, call) => {
          signal = call.signal
          await asked.pass()
          throw new Error('invalid_grant')
        },
        { for: 300 },
      ),
    )
    taker.catch(() => {})
    await time.until(asked.reached)
    wakes.open()
    expect(await late).toEqual(provider.newest)
    expect(signal?.aborted).toBe(false)
    await time.pass(2000)
    expect(signal?.aborted).toBe(true)
    asked.open()
    // The one that took over failed, and has the other's result.
    expect(await time.until(taker)).toEqual(provider.newest)
    expect(await other.does((session) => session.get('tokens'))).toEqual(provider.newest)
  })

  it('of a process that was held up for longer: its result is not kept, since there is a newer one', async () => {
    const { time, ada } = processes(2, { frozen: [0] })
    const provider = new Provider({ leeway: true })
    const [held, other] = (await ada()) as [Person, Person]
    const wakes = gate()
    const late = held.does((session) =>
      session.once('tokens', () => wakes.pass().then(() => ({ access: 'old', refresh: 'used' })), { for: 300 }),
    )
    await wakes.reached
    expect(await time.until(other.does(refreshing(provider)))).toEqual(provider.newest)
    wakes.open()
    expect(await time.until(late)).toEqual(provider.newest)
    expect(await other.does((session) => session.get('tokens'))).toEqual(provider.newest)
  })

  it('is not renewed for ever: work that hangs is given up after `maxRequestTime`, and its signal says so', async () => {
    const { time, ada } = processes(2)
    const [hangs, other] = (await ada()) as [Person, Person]
    let signal: AbortSignal | undefined
    void hangs.does((session) =>
      session.once(
        'tokens',
        (_, call) => {
          signal = call.signal
          return never
        },
        { for: 300 },
      ),
    )
    await time.pass(290_000)
    expect(signal?.aborted).toBe(false)
    const next = other.does((session) => session.once('tokens', (_, { attempt }) => attempt, { for: 300 }))
    await time.pass(30_000)
    expect([signal?.aborted, await next]).toEqual([true, 2])
  })
})

describe('work that fails', () => {
  it('fails for all who wait, is not tried again within a second, and then is', async () => {
    const { time, ada } = processes(2)
    const people = await ada()
    let calls = 0
    const work = (session: Session) =>
      session.once(
        'tokens',
        async (_, { attempt }) => {
          calls++
          await time.sleep(100)
          throw new TypeError(`provider is down ${attempt}`)
        },
        { for: 300 },
      )
    const all = await time.until(outcomes(people.flatMap((person) => times(10, () => person.does(work)))))
    expect(all).toEqual([...times(10, () => 'provider is down 1'), ...times(10, () => 'ONCE_FAILED')])
    const [here] = people as [Person]
    const again = here.does(work).catch((error) => error)
    expect(await again).toMatchObject({ code: 'ONCE_FAILED', cause: { name: 'TypeError', message: 'provider is down 1' } })
    expect(calls).toBe(1)
    await time.pass(1000)
    expect(await time.until(outcomes([here.does(work)]))).toEqual(['provider is down 2'])
    expect(await here.does((session) => session.get('tokens'))).toEqual({ access: 'access-0', refresh: 'refresh-0' })
  })

  it('also with what cannot be stored, or thrown that is no error', async () => {
    const { time, ada } = processes(2)
    const people = await ada()
    const unstorable = (session: Session) => session.once('tokens', () => ({ call() {} }), { for: 300 })
    expect(await time.until(outcomes(people.map((person) => person.does(unstorable))))).toEqual(['BAD_VALUE', 'ONCE_FAILED'])
    await time.pass(1000)
    const thrown = (session: Session) => session.once('tokens', () => Promise.reject('text'), { for: 300 })
    const all = await Promise.allSettled(people.map((person) => person.does(thrown)).map((each) => time.until(each)))
    expect(all[0]).toEqual({ status: 'rejected', reason: 'text' })
    expect(all[1]).toMatchObject({ reason: { code: 'ONCE_FAILED', cause: { message: 'text' } } })
  })

  it('too little room is said before anything is asked for', async () => {
    const store: Store = { ...memoryStore(), maxBytes: 8000 }
    const { time, ada } = processes(1, { store })
    const provider = new Provider()
    const [here] = (await ada({ tokens: provider.newest, much: 'x'.repeat(4000) })) as [Person]
    expect(await time.until(outcomes([here.does(refreshing(provider))]))).toEqual(['RECORD_TOO_LARGE'])
    expect(provider.came).toEqual([])
  })

  it('a result that is larger than the room for it fails for all who wait, and the key can be used again', async () => {
    const store: Store = { ...memoryStore(), maxBytes: 8000 }
    const { time, ada } = processes(2, { store })
    const people = await ada()
    let calls = 0
    const large = (session: Session) => session.once('tokens', () => `${++calls}${'x'.repeat(9000)}`, { for: 300 })
    expect(await time.until(outcomes(people.map((person) => person.does(large))))).toEqual(['RECORD_TOO_LARGE', 'ONCE_FAILED'])
    expect(calls).toBe(1)
    await time.pass(1000)
    expect(await time.until((people[1] as Person).does(refreshing(new Provider())))).toMatchObject({ access: 'access-1' })
  })
})

describe('the session meanwhile', () => {
  it('ended: nobody gets the result', async () => {
    const { time, ada } = processes(3)
    const provider = new Provider()
    const [one, other, out] = (await ada()) as [Person, Person, Person]
    const waits = gate()
    let signal: AbortSignal | undefined
    const all = [
      ...times(2, () =>
        one.does((session) =>
          session.once(
            'tokens',
            async (current, call) => {
              signal = call.signal
              await waits.pass()
              return provider.refresh((current as Tokens).refresh)
            },
            { for: 300 },
          ),
        ),
      ),
      other.does(refreshing(provider)),
    ]
    const done = outcomes(all)
    await waits.reached
    await out.does((session) => session.signOut())
    await time.pass(2000)
    expect(signal?.aborted).toBe(true)
    waits.open()
    expect(await time.until(done)).toEqual(['SESSION_ENDED', 'SESSION_ENDED', 'SESSION_ENDED'])
  })

  it('was given a new id: it is the same work, for those with the old ticket and for those with the new one', async () => {
    const { time, ada } = processes(3)
    const provider = new Provider()
    const [one, other, renews] = (await ada()) as [Person, Person, Person]
    const waits = gate()
    const work = refreshing(provider, () => waits.pass())
    const first = one.does(work)
    await waits.reached
    await renews.does((session) => session.regenerateId())
    const all = [other.does(work), renews.does(work)]
    await time.pass(6000)
    waits.open()
    expect(only(await time.until(outcomes([first, ...all])))).toEqual([provider.newest])
    expect(provider.came).toEqual(['refresh-0'])
    expect(await renews.does((session) => session.get('tokens'))).toEqual(provider.newest)
  })

  it('became that of somebody who signed in: who knew it before gets nothing', async () => {
    const { time, at } = processes(2)
    const guest = at(0).person()
    await guest.does((session) => session.set('tokens', 'of the guest'))
    const thief = twin(guest, at(1))
    const waits = gate()
    const planted = thief.does((session) => session.once('tokens', () => waits.pass().then(() => 'for the guest'), { for: 300 }))
    planted.catch(() => {})
    await waits.reached
    await guest.does((session) => {
      session.signIn('ada')
      session.set('tokens', 'of ada')
    })
    waits.open()
    expect(
      await time.until(outcomes([planted, thief.does((session) => session.once('tokens', () => 'x', { for: 300 }))])),
    ).toEqual(['CONFLICT', 'CONFLICT'])
    expect(await guest.does((session) => session.get('tokens'))).toBe('of ada')
  })

  it('lost the value, or was given another one: that one counts, and the result is dropped', async () => {
    const { time, ada } = processes(2)
    const [here, there] = (await ada()) as [Person, Person]
    for (const [change, given] of [
      [(session: Session) => session.set('tokens', 'signed in anew'), 'signed in anew'],
      [(session: Session) => session.delete('tokens'), 'CONFLICT'],
    ] as const) {
      const waits = gate()
      const working = outcomes([
        here.does((session) => session.once('tokens', () => waits.pass().then(() => 'result'), { for: 0 })),
      ])
      await waits.reached
      await there.does<unknown>(change)
      waits.open()
      expect(await time.until(working)).toEqual([given])
    }
    // Nothing is in the way of the next.
    expect(await time.until(there.does((session) => session.once('tokens', () => 'next', { for: 300 })))).toBe('next')
  })
})

describe('where it cannot be shared', () => {
  it('without a store, or with one that is not strong, it is refused', async () => {
    const work = (session: Session) => session.once('tokens', () => 1, { for: 300 })
    const weak = { ...memoryStore(), consistency: 'last-write-wins' } as const
    expect(await outcomes([site().person().does(work), site({ store: weak }).person().does(work)])).toEqual([
      'BAD_OPTIONS',
      'BAD_OPTIONS',
    ])
  })

  it('a visitor without a session works alone, and the value is stored with the response', async () => {
    const { at } = processes(1)
    const guest = at(0).person()
    let calls = 0
    const work = (session: Session) => session.once('anonymous', (current) => [current, ++calls], { for: 300 })
    expect(await guest.does((session) => Promise.all([work(session), work(session)]))).toEqual([
      [undefined, 1],
      [undefined, 1],
    ])
    expect(await guest.does(work)).toEqual([undefined, 1])
  })

  it('after a change of this request that is not stored it is refused, before the work', async () => {
    const { ada } = processes(1)
    const [here] = (await ada()) as [Person]
    const changes: readonly ((session: Session) => unknown)[] = [
      (session) => session.set('tokens', 1),
      (session) => session.regenerateId(),
      (session) => session.signIn('ada'),
      (session) => session.signIn('bob'),
      (session) => session.signOut(),
      (session) => session.destroy(),
    ]
    let calls = 0
    for (const change of changes) {
      const error = await here
        .does(async (session) => {
          change(session)
          const came = await session.once('tokens', () => ++calls, { for: 300 }).catch((thrown) => thrown)
          throw came
        })
        .catch((thrown) => thrown)
      expect(error.code).toBe(change === changes.at(-1) ? 'ENDED' : 'CONFLICT')
    }
    expect(calls).toBe(0)
  })

  it('wrong arguments are refused', async () => {
    const { ada } = processes(1)
    const [here] = (await ada()) as [Person]
    const calls = [
      ['tokens', () => 1],
      ['tokens', () => 1, { for: -1 }],
      ['tokens', () => 1, { for: Number.NaN }],
      ['tokens', 1, { for: 1 }],
      ['', () => 1, { for: 1 }],
      ['tokens', () => 1, { while: 300 }],
      ['tokens', () => 1, { while: () => true, for: -1 }],
    ]
    const codes = []
    for (const call of calls)
      codes.push(...(await outcomes([here.does((session) => Reflect.apply(session.once, session, call))])))
    expect(codes).toEqual(['BAD_VALUE', 'BAD_VALUE', 'BAD_VALUE', 'BAD_VALUE', 'BAD_KEY', 'BAD_VALUE', 'BAD_VALUE'])
  })
})

describe('with `while`, a value counts for as long as it says so itself', () => {
  interface Dated extends Tokens {
    readonly until: number
  }
  /** Refreshes tokens that are over; those of the provider last an hour. */
  const dated =
    (provider: Provider, now: () => number, lasts = 3_600_000) =>
    (session: Session): Promise<unknown> =>
      session.once('tokens', (current) => ({ ...provider.refresh((current as Dated).refresh), until: now() + lasts }), {
        while: (tokens) => (tokens as Dated).until > now(),
      })

  it('also the value that the sign-in set: nobody works until it is over, then one does', async () => {
    const { time, ada } = processes(2)
    const provider = new Provider()
    const people = await ada({ tokens: { ...provider.newest, until: time.now() + 1000 } })
    const work = dated(provider, time.now)
    const all = (): Promise<unknown[]> => time.until(outcomes(people.flatMap((person) => times(20, () => person.does(work)))))
    expect(only(await all())).toMatchObject([{ access: 'access-0' }])
    expect(provider.came).toEqual([])
    await time.pass(1000)
    expect(only(await all())).toMatchObject([{ access: 'access-1' }])
    await time.pass(3_599_000)
    expect(only(await all()), 'however long ago it was made').toMatchObject([{ access: 'access-1' }])
    await time.pass(1000)
    expect(only(await all())).toMatchObject([{ access: 'access-2' }])
    expect([provider.came, provider.isRevoked]).toEqual([['refresh-0', 'refresh-1'], false])
  })

  it('in the request that set it, too, which can share nothing yet', async () => {
    const { time, at } = processes(1)
    const provider = new Provider()
    const tokens = { ...provider.newest, until: time.now() + 1000 }
    const signsIn = (session: Session) => {
      session.signIn('ada')
      session.set('tokens', tokens)
      return dated(provider, time.now)(session)
    }
    expect(await at(0).person().does(signsIn)).toEqual(tokens)
    expect(provider.came).toEqual([])
    const late = (session: Session) => {
      session.set('tokens', { ...tokens, until: 0 })
      return dated(provider, time.now)(session)
    }
    const known = at(0).person()
    await known.does((session) => session.set('tokens', tokens))
    expect(await outcomes([known.does(late)])).toEqual(['CONFLICT'])
  })

  it('a request that read it before somebody refreshed it takes what is stored now', async () => {
    const { time, ada } = processes(2)
    const provider = new Provider()
    const [here, there] = (await ada({ tokens: { ...provider.newest, until: 0 } })) as [Person, Person]
    const began = gate()
    const straggler = there.does(async (session) => {
      expect(session.get('tokens')).toMatchObject({ access: 'access-0' })
      await began.pass()
      return dated(provider, time.now)(session)
    })
    await began.reached
    await time.until(here.does(dated(provider, time.now)))
    await time.pass(600_000)
    began.open()
    expect(await time.until(straggler)).toMatchObject({ access: 'access-1' })
    expect(provider.came).toEqual(['refresh-0'])
  })

  it('a result that does not count is still that of all who waited for it, and `for` lets it count besides', async () => {
    const { time, ada } = processes(2)
    const provider = new Provider()
    const people = await ada({ tokens: { ...provider.newest, until: 0 } })
    const work = dated(provider, time.now, -1)
    const all = await time.until(outcomes(people.map((person) => person.does(work))))
    expect([only(all), provider.came]).toMatchObject([[{ access: 'access-1' }], ['refresh-0']])
    await time.until((people[0] as Person).does(work))
    expect(provider.came).toHaveLength(2)
    const besides = (session: Session) => session.once('tokens', () => ({ access: 'wrong' }), { while: () => false, for: 300 })
    expect(await time.until((people[1] as Person).does(besides))).toMatchObject({ access: 'access-2' })
  })

  it('an error of the function that asks is thrown, and the value stays', async () => {
    const { ada } = processes(1)
    const [here] = (await ada()) as [Person]
    const asking = (session: Session) =>
      session.once('tokens', () => 1, {
        while: () => {
          throw new Error('what is this?')
        },
      })
    expect(await outcomes([here.does(asking)])).toEqual(['what is this?'])
    expect(await here.does((session) => session.get('tokens'))).toEqual(new Provider().newest)
  })

  it('of a visitor without a session as well', async () => {
    const { at } = processes(1)
    const guest = at(0).person()
    const work = (session: Session) =>
      session.once('tokens', () => ({ until: 5 }), { while: (value) => (value as Dated).until > 4 })
    expect(await guest.does(work)).toEqual({ until: 5 })
    expect(await guest.does(work)).toEqual({ until: 5 })
  })
})

it('what is kept beside the value is not among the values, and goes when it does not count any more', async () => {
  const { store, time, ada } = processes(1)
  const [here] = (await ada()) as [Person]
  await time.until(here.does(refreshing(new Provider(), undefined, 60)))
  expect(await here.does((session) => [session.keys(), session.entries().length, Object.keys(session.data)])).toEqual([
    ['tokens'],
    1,
    ['tokens'],
  ])
  const texts = async () => {
    const { keys } = (await store.list?.(undefined, 10)) ?? { keys: [] }
    return (await Promise.all(keys.map((key) => store.read(key)))).map((found) => found?.record.data ?? '')
  }
  const holds = (all: readonly string[]) => all.some((text) => text.includes('once'))
  expect(holds(await texts())).toBe(true)
  await time.pass(200_000)
  await here.does((session) => session.set('n', 1))
  expect(holds((await texts()).filter((text) => text.includes('"n"')))).toBe(false)
})
