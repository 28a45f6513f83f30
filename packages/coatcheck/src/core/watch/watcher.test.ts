import { beforeAll, describe, expect, it } from 'vitest'
import { tellsNothing } from '../../../test/helpers/discretion.ts'
import { settled } from '../../../test/helpers/gate.ts'
import { type Passing, passing } from '../../../test/helpers/passing.ts'
import { COOKIE, discretion, type Person, type Site, site } from '../../../test/helpers/site.ts'
import { memoryStore } from '../../stores/memory.ts'
import type { Listener, Store } from '../../stores/store.ts'
import type { AdapterOptions } from '../options/options.ts'
import { SWEEP, TICK } from './watcher.ts'

tellsNothing(discretion)
// It is loaded when it is first asked for: what waits for that waits for no time of a test.
beforeAll(() => import('../later.ts'))

/** A store whose channel a test cuts, and that counts what it is asked. */
function server({ watches = true } = {}) {
  const { watch, readMany: _, ...memory } = memoryStore()
  const count = { reads: 0, channels: 0, open: 0, pings: 0 }
  const state = { answers: true, isDown: false, refuses: false, isDeaf: false }
  const listeners = new Set<Listener>()
  const store: Store = {
    ...memory,
    async read(key) {
      count.reads++
      if (state.isDown) throw new Error('down')
      return memory.read(key)
    },
    ...(watches && {
      async watch(listener) {
        if (state.refuses) throw new Error('NOPERM')
        count.channels++
        count.open++
        listeners.add(listener)
        const inner = await watch({ told: (key) => state.isDeaf || listener.told(key), lost: () => {} })
        return {
          async ping() {
            count.pings++
            if (!state.answers) await new Promise(() => {})
          },
          async stop() {
            count.open--
            listeners.delete(listener)
            await inner.stop()
          },
        }
      },
    }),
  }
  const cut = (): void => {
    for (const { lost } of listeners) lost()
  }
  return { store, count, state, cut }
}

function processes(count: number, store: Store, options: Partial<AdapterOptions> = {}) {
  const time = passing()
  const sites = Array.from({ length: count }, () =>
    site({ store, now: time.now, ...options }, { sleep: time.sleep, nap: time.sleep, storeTimeout: Number.POSITIVE_INFINITY }),
  )
  return { time, sites: sites as [Site, Site, ...Site[]] }
}

/** The same browser at another process. */
function twin(person: Person, other: Site): Person {
  const copy = other.person()
  copy.browser.plant(`${COOKIE}=${person.ticket}; Path=/; Secure; HttpOnly; SameSite=Lax`)
  return copy
}

async function ada(site: Site): Promise<Person> {
  const person = site.person()
  await person.does((session) => session.signIn('ada'))
  return person
}

const signalOf = (person: Person): Promise<AbortSignal> => person.does(({ signal }) => signal)

/** Somebody who signed in and is at two processes; the signal is of the first. */
async function two(store: Store, options: Partial<AdapterOptions> = {}) {
  const { time, sites } = processes(2, store, options)
  const there = await ada(sites[1])
  const here = twin(there, sites[0])
  const signal = await signalOf(here)
  await settled()
  return { time, sites, here, there, signal }
}

const ends: Readonly<Record<string, (there: Person, site: Site) => Promise<unknown>>> = {
  'signed out': (there) => there.does((session) => session.signOut()),
  destroyed: (there) => there.does((session) => session.destroy()),
  'ended by its handle': async (there, { sessions }) => sessions.end((await there.does((session) => session.handle)) as string),
  'ended with all of its owner': (_, { sessions }) => sessions.endAll('ada'),
  'signed in with': (there) => there.does((session) => session.signIn('ada')),
  'signed in with by somebody else': (there) => there.does((session) => session.signIn('bob')),
  'used to act as somebody else': (there) => there.does((session) => session.impersonate('bob')),
}

describe('aborts when the session was ended in another process', () => {
  it.each(Object.entries(ends))('%s, told by the store, young and old', async (_, end) => {
    for (const age of [0, 600_000]) {
      const { store } = server()
      const { time, sites, there, signal } = await two(store)
      await time.pass(age)
      expect(signal.aborted).toBe(false)
      await end(there, sites[1])
      await settled()
      expect(signal.aborted).toBe(true)
      expect(signal.reason).toMatchObject({ name: 'SessionError', code: 'SESSION_ENDED' })
    }
  })
  it.each(Object.entries(ends))('%s, by reading again and again, in less than a second', async (_, end) => {
    const { store } = server({ watches: false })
    const { time, sites, there, signal } = await two(store)
    await time.pass(600_000)
    await end(there, sites[1])
    expect(signal.aborted).toBe(false)
    await time.pass(999)
    expect(signal.aborted).toBe(true)
  })
})

describe('does not abort', () => {
  it.each([true, false])(
    'for a new id, a change, or a higher level, and follows the session there (told: %s)',
    async (watches) => {
      const { store } = server({ watches })
      const { time, there, signal } = await two(store)
      for (let n = 0; n < 3; n++) {
        await there.does((session) => session.regenerateId())
        await time.pass(TICK)
        await there.does((session) => session.elevate('aal2'))
        await time.pass(TICK)
        await there.does((session) => session.set('n', n))
        await time.pass(TICK)
      }
      expect(signal.aborted).toBe(false)
      await there.does((session) => session.signOut())
      await time.pass(TICK)
      expect(signal.aborted).toBe(true)
    },
  )

  it('while the store is down, and once it is back what ended meanwhile is found', async () => {
    for (const watches of [true, false]) {
      const { store, state, cut } = server({ watches })
      const { time, there, signal } = await two(store)
      await there.does((session) => session.signOut())
      const other = await signalOf(await ada(processes(1, store).sites[0]))
      state.isDown = true
      cut()
      await time.pass(10_000)
      expect(other.aborted).toBe(false)
      state.isDown = false
      await time.pass(TICK)
      expect(signal.aborted).toBe(true)
    }
  })
})

describe('ends by time', () => {
  it('the idle end, which visits elsewhere move without being told', async () => {
    const { store } = server()
    const { time, there, signal } = await two(store, { idleTimeout: 60, absoluteTimeout: 3600 })
    for (let n = 0; n < 4; n++) {
      await time.pass(45_000)
      await there.does((session) => session.set('n', n))
    }
    expect(signal.aborted).toBe(false)
    await time.pass(59_000)
    expect(signal.aborted).toBe(false)
    await time.pass(1000 + TICK)
    expect(signal.aborted).toBe(true)
  })

  it('the absolute end, however much it is used', async () => {
    const { store } = server()
    const { time, there, signal } = await two(store, { idleTimeout: 60, absoluteTimeout: 120 })
    for (let n = 0; n < 3; n++) {
      await time.pass(39_000)
      await there.does((session) => session.set('n', n))
    }
    expect(signal.aborted).toBe(false)
    await time.pass(3000 + TICK)
    expect(signal.aborted).toBe(true)
  })
})

describe('the channel', () => {
  it('is one for all that a process watches, also for two sites in one store, and none when nothing is watched', async () => {
    const { store, count } = server()
    const { time, sites } = processes(2, store)
    const people = await Promise.all(Array.from({ length: 50 }, (_, nth) => ada(sites[nth % 2 ? 0 : 1])))
    const signals = await Promise.all(people.map(signalOf))
    await settled()
    expect([count.channels, count.open]).toEqual([1, 1])
    for (const person of people) await person.does((session) => session.signOut())
    await time.pass(TICK)
    expect(signals.filter(({ aborted }) => !aborted)).toEqual([])
    expect([count.channels, count.open]).toEqual([1, 0])
  })

  it('is pinged every 500 ms, and no session is read meanwhile', async () => {
    const { store, count } = server()
    const { time } = await two(store)
    count.reads = 0
    await time.pass(10 * TICK)
    expect([count.pings, count.reads]).toEqual([10, 0])
  })

  it('is opened again when it was lost, and then everything that is watched is read', async () => {
    const { store, state, count, cut } = server()
    const { time, there, signal } = await two(store)
    state.isDeaf = true
    await there.does((session) => session.signOut())
    await settled()
    expect(signal.aborted).toBe(false)
    state.isDeaf = false
    cut()
    await settled()
    expect([signal.aborted, count.channels]).toEqual([true, 2])
    await time.pass(TICK)
  })

  it('that does not answer a ping is given up, and another opened', async () => {
    const { store, state, count } = server()
    const time = passing()
    const mute = site({ store, now: time.now }, { nap: time.sleep, storeTimeout: 20 })
    const signal = await signalOf(await ada(mute))
    await settled()
    state.answers = false
    await time.pass(TICK)
    await expect.poll(() => count.open).toBe(1) // the old one was stopped
    await expect.poll(() => count.channels).toBe(2)
    expect(signal.aborted).toBe(false)
  })

  it('that is lost as soon as it is there, each time, is not opened without a pause', async () => {
    const { store, count } = server()
    const losing: Store = {
      ...store,
      async watch(listener) {
        const listening = await store.watch?.(listener)
        queueMicrotask(() => queueMicrotask(() => listener.lost()))
        return listening ?? { ping: async () => {}, stop: async () => {} }
      },
    }
    const { time, there, signal } = await two(losing)
    await time.pass(10_000)
    expect(count.channels).toBeLessThan(10)
    await there.does((session) => session.signOut())
    await time.pass(TICK)
    expect(signal.aborted).toBe(true)
  })

  it('that may not be opened is told of once, tried again, and meanwhile everything is read twice a second', async () => {
    const { store, state, count } = server()
    state.refuses = true
    const { time, sites, there, signal } = await two(store)
    await time.pass(60_000)
    const told = sites[0].events.filter(({ type }) => type === 'late-failed')
    expect(told).toMatchObject([{ error: { code: 'STORE_FAILED', cause: { message: expect.stringContaining('watch') } } }])
    state.refuses = false
    await time.pass(6000)
    expect(count.channels).toBe(1)
    state.refuses = state.isDeaf = true
    await there.does((session) => session.signOut())
    await time.pass(SWEEP + TICK)
    expect(signal.aborted).toBe(true)
  })

  it('that passes on nothing (its writer may not tell): the end is found with the next reading of everything', async () => {
    const { store, state } = server()
    const { time, there, signal } = await two(store)
    state.isDeaf = true
    await there.does((session) => session.signOut())
    await time.pass(SWEEP + TICK)
    expect(signal.aborted).toBe(true)
  })
})

describe('reading many', () => {
  it('asks readMany for at most 500 keys at once, and reads one by one where that fails', async () => {
    const { store } = server({ watches: false })
    const asked: number[] = []
    let fails = false
    const many: Store = {
      ...store,
      async readMany(keys) {
        asked.push(keys.length)
        if (fails) throw new Error('one of them is damaged')
        return Promise.all(keys.map((key) => store.read(key)))
      },
    }
    const { time, sites } = processes(1, many)
    const people = await Promise.all(Array.from({ length: 620 }, () => ada(sites[0])))
    const signals = await Promise.all(people.map(signalOf))
    await time.pass(2 * TICK)
    expect(asked.slice(-2)).toEqual([500, 120])
    expect(signals.filter(({ aborted }) => aborted)).toEqual([])
    fails = true
    for (const person of people.slice(0, 3)) await person.does((session) => session.signOut())
    await time.pass(2 * TICK)
    expect(signals.map(({ aborted }) => aborted).indexOf(false)).toBe(3)
    expect(signals.filter(({ aborted }) => aborted)).toHaveLength(3)
  })

  it('takes at most a tenth of the time', async () => {
    const time: Passing = passing()
    const { store, count } = server({ watches: false })
    const slow: Store = {
      ...store,
      async read(key) {
        await time.sleep(300)
        return store.read(key)
      },
    }
    const own = site(
      { store: slow, now: time.now },
      { nap: time.sleep, sleep: time.sleep, storeTimeout: Number.POSITIVE_INFINITY },
    )
    const person = own.person()
    await time.until(person.does((session) => session.set('n', 1)))
    await time.until(signalOf(person))
    await time.pass(3300)
    count.reads = 0
    await time.pass(33_000)
    expect(count.reads).toBe(10)
  })
})

it('what is asked for in a request that begins the session waits until it is stored', async () => {
  const { store } = server()
  const { time, sites } = processes(1, store)
  const person = sites[0].person()
  let signal: AbortSignal | undefined
  await person.does((session) => {
    signal = session.signal
    session.signIn('ada')
  })
  await time.pass(TICK)
  expect(signal?.aborted).toBe(false)
  await person.does((session) => session.signOut())
  await settled()
  expect(signal?.aborted).toBe(true)
})

it('of a visitor without a session it never aborts, and one that asked in the request that signs out is aborted', async () => {
  const { store, count } = server()
  const { time, sites } = processes(1, store)
  const guest = await signalOf(sites[0].person())
  const person = await ada(sites[0])
  const signal = await person.does((session) => {
    const { signal: before } = session
    session.signOut()
    return before
  })
  await time.pass(TICK)
  expect([guest.aborted, signal.aborted, count.open]).toEqual([false, true, 0])
})

it('needs a store', async () => {
  await expect(
    site()
      .person()
      .does(({ signal }) => signal),
  ).rejects.toMatchObject({ code: 'BAD_OPTIONS' })
})
