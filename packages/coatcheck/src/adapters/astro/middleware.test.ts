import { createStorage } from 'unstorage'
import memoryDriver from 'unstorage/drivers/memory'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { throughAstro } from '../../../test/helpers/astro.ts'
import { clockFrom } from '../../../test/helpers/clock.ts'
import { gate } from '../../../test/helpers/gate.ts'
import { watched } from '../../../test/helpers/watched.ts'
import type { SessionEvent } from '../../core/model/events.ts'
import { memoryStore } from '../../stores/memory.ts'
import type { Store } from '../../stores/store.ts'
import { type Found, sessionMiddleware } from './middleware.ts'
import { openSession } from './session.ts'
import type { Settings } from './settings.ts'
import type { SessionMethods } from './visit.ts'

const SECRET = 'a-secret-of-32-characters-or-more-Qz7'
const PERSIST = Symbol()

/**
 * A stand-in for the object that Astro makes for each request: real Astro cannot run in a unit test, and is tried in
 * examples/astro/trial.test.ts. None of its own methods may ever be called.
 */
class AstroSession {
  readonly #never = (): never => {
    throw new Error('Astro’s own session was used')
  }
  get = () => undefined
  set(): void {
    this.#never()
  }
  destroy(): void {
    this.#never()
  }
  async [PERSIST](): Promise<void> {
    this.#never()
  }
}

type Theirs = AstroSession & SessionMethods & { readonly sessionID?: string }
type Page = (session: Theirs, context: { session: object; request: Request }) => unknown

interface Options extends Partial<Settings> {
  readonly found?: Partial<Found>
}

/** A site of one page, and a browser that keeps its cookie. */
function site({ found = {}, ...settings }: Options = {}) {
  const events: SessionEvent[] = []
  const onRequest = sessionMiddleware(
    { cookie: { name: 'astro-session' }, formerCookie: 'astro-session', isProduction: true, ...settings },
    {
      getSecret: () => SECRET,
      ...found,
      settings: { onEvent: (event) => void events.push(event), ...found.settings },
    },
  )
  let cookie = ''
  async function ask(page: Page, { with: presented = cookie, response = new Response('ok') } = {}): Promise<Response> {
    const request = new Request('https://shop.test/', { headers: { cookie: presented } })
    const session = new AstroSession() as unknown as Theirs
    const answer = await throughAstro(
      onRequest,
      request,
      async (_, context) => {
        await page(session, context)
        return response
      },
      session,
    )
    await session[PERSIST]() // as Astro does in the end
    const [line] = answer.headers.getSetCookie()
    if (line) cookie = line.startsWith('astro-session=deleted;') ? '' : (line.split(';')[0] ?? '')
    return answer
  }
  const values = async (presented?: string): Promise<unknown> => {
    let seen: unknown
    const look: Page = async (session) => {
      seen = Object.fromEntries(await session.entries())
    }
    await ask(look, presented === undefined ? {} : { with: presented })
    return seen
  }
  return { ask, values, events, onRequest, cookie: () => cookie }
}

/** In a store whose calls are seen. */
function stored(options: Options = {}) {
  const watch = watched(memoryStore())
  return { ...site({ ...options, found: { store: watch.store, ...options.found } }), calls: watch.calls, store: watch.store }
}

describe('the session of Astro, spoken for', () => {
  test('set needs no await, and get sees it', async () => {
    const { ask, values } = stored()
    let seen: unknown
    await ask(async (session) => {
      session.set('cart', ['hat'])
      seen = await session.get('cart')
    })
    expect(seen).toEqual(['hat'])
    expect(await values()).toEqual({ cart: ['hat'] })
  })

  test('methods may be passed on detached', async () => {
    const { ask, values } = stored()
    await ask(({ set, delete: remove }) => {
      set('cart', ['hat'])
      set('gone', 1)
      remove('gone')
    })
    expect(await values()).toEqual({ cart: ['hat'] })
  })

  test('keys() is an iterator, values() and entries() are lists, as in Astro', async () => {
    const { ask } = stored()
    await ask(async (session) => {
      session.set('a', 1)
      const keys = await session.keys()
      expect(keys.next()).toEqual({ done: false, value: 'a' })
      expect(await session.values()).toEqual([1])
      expect(await session.entries()).toEqual([['a', 1]])
      expect(await session.has('b')).toBe(false)
    })
  })

  test('sessionID is the ticket, which load takes', async () => {
    const { ask } = stored()
    let id: unknown = 'none yet'
    await ask((session) => session.set('name', 'ada'))
    await ask(async (session) => {
      await session.get('name')
      id = session.sessionID
    })
    let seen: unknown
    const bob = await ask(
      async (session) => {
        await session.load(String(id))
        seen = await session.get('name')
      },
      { with: '' },
    )
    expect(seen).toBe('ada')
    expect(bob.headers.getSetCookie()).toEqual([expect.stringContaining(`astro-session=${id};`)])
    expect(bob.headers.get('cache-control')).toBe('no-store')
  })

  test('ttl: a value ends by itself, by default as Astro’s `session.ttl` says', async () => {
    const clock = clockFrom()
    const { ask, values } = stored({ ttl: 60, found: { settings: { now: clock.now } } })
    await ask((session) => {
      session.set('short', 1)
      session.set('long', 1, { ttl: 3600 })
    })
    clock.advance(60)
    expect(await values()).toEqual({ long: 1 })
  })

  test('what cannot be stored is refused where it is set, also before the session is open', async () => {
    const { ask } = stored()
    await ask((session) => {
      expect(() => session.set('', 1)).toThrow(expect.objectContaining({ code: 'BAD_KEY' }))
      expect(() => session.set('f', () => 1)).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }))
    })
  })

  test('a request that never asks for the session costs nothing', async () => {
    const { ask, calls } = stored()
    await ask((session) => session.set('name', 'ada'))
    const before = calls.length
    const answer = await ask(() => {})
    expect(calls.length).toBe(before)
    expect([...answer.headers.keys()]).toEqual(['content-type'])
  })

  test('a response whose headers cannot be changed is passed on, and given its cookie on a copy', async () => {
    const { ask } = stored()
    const response = Response.redirect('https://other.test/')
    expect(() => response.headers.delete('set-cookie')).toThrow(TypeError)
    expect(await ask(() => {}, { response })).toBe(response)
    expect((await ask((session) => session.set('name', 'ada'), { response })).headers.getSetCookie()).toHaveLength(1)
  })

  test('openSession gives all of the same session', async () => {
    const { ask, values } = stored()
    await ask(async (session, context) => {
      session.set('count', 1)
      const whole = await openSession<{ count: number }>(context)
      whole.update('count', (count = 0) => count + 1)
    })
    expect(await values()).toEqual({ count: 2 })
    await expect(openSession({ session: undefined })).rejects.toMatchObject({ code: 'NOT_WRAPPED' })
    await expect(openSession({ session: new AstroSession() })).rejects.toMatchObject({ code: 'NOT_WRAPPED' })
  })
})

describe('D4: as Astro does it', () => {
  test('D4: set() takes a copy: what becomes of the value afterwards is not stored', async () => {
    const { ask, values } = stored()
    let seen: unknown
    await ask(async (session) => {
      const cart = { items: ['hat'] }
      session.set('cart', cart)
      cart.items.push('coat')
      seen = structuredClone(await session.get('cart'))
      session.set('other', cart)
      cart.items.length = 0
    })
    expect(seen).toEqual({ items: ['hat'] })
    expect(await values()).toEqual({ cart: { items: ['hat'] }, other: { items: ['hat', 'coat'] } })
  })

  test('D4: regenerate() gives a stranger a session, each time another', async () => {
    const { ask, cookie } = stored()
    const [first] = (await ask((session) => session.regenerate())).headers.getSetCookie()
    expect(first).toMatch(/^astro-session=[\w-]{32,}; .*HttpOnly; Secure/)
    const before = cookie()
    expect((await ask((session) => session.regenerate())).headers.getSetCookie()).toHaveLength(1)
    expect(cookie()).not.toBe(before)
  })

  test('D4: set() tells who has the cookie nothing again', async () => {
    const { ask } = stored()
    await ask((session) => session.set('name', 'ada'))
    expect((await ask((session) => session.set('name', 'bob'))).headers.getSetCookie()).toEqual([])
  })

  /** Two visitors, and the id of the first. */
  async function two(options: Options = {}) {
    const place = stored(options)
    let id = ''
    await place.ask((session) => session.set('name', 'ada'))
    await place.ask(async (session) => {
      await session.has('name')
      id = String(session.sessionID)
    })
    const ada = place.cookie()
    await place.ask((session) => session.set('name', 'bob'), { with: '' })
    return { ...place, id, ada, bob: place.cookie() }
  }

  test('D4: load() that nobody awaits: what is read and set after it is of the session that was loaded', async () => {
    const { ask, values, id, ada, bob } = await two()
    let seen: unknown
    const answer = await ask(
      async (session) => {
        session.set('lost', 1)
        session.load(id)
        session.set('more', 1)
        seen = await session.get('name')
      },
      { with: bob },
    )
    expect(seen).toBe('ada')
    expect(answer.headers.getSetCookie()).toEqual([expect.stringContaining(`astro-session=${id};`)])
    expect(await values(ada)).toEqual({ name: 'ada', more: 1 })
    expect(await values(bob)).toEqual({ name: 'bob' })
  })

  test('D4: load() of nothing, as the last call: the visitor keeps what they have', async () => {
    const { ask, values, bob } = await two()
    const answer = await ask((session) => void session.load('x'), { with: bob })
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(await values(bob)).toEqual({ name: 'bob' })
  })

  test('D4: load() after destroy(): the old session has ended, the loaded one is the visitor’s', async () => {
    const { ask, values, id, ada, bob } = await two()
    const answer = await ask(
      (session) => {
        session.destroy()
        session.load(id)
      },
      { with: bob },
    )
    expect(answer.headers.getSetCookie()).toEqual([expect.stringContaining(`astro-session=${id};`)])
    expect(await values(bob)).toEqual({})
    expect(await values(ada)).toEqual({ name: 'ada' })
  })

  test('D4: load() of the session that destroy() has just ended finds nothing, and it stays ended', async () => {
    const { ask, values, id, ada } = await two()
    await ask(
      async (session) => {
        session.destroy()
        await session.keys()
        session.load(id)
        session.set('more', 1)
      },
      { with: ada },
    )
    expect(await values(ada)).toEqual({})
  })

  test('D4: load() of nothing after destroy() takes the cookie away', async () => {
    const { ask, values, bob } = await two()
    const answer = await ask(
      (session) => {
        session.destroy()
        session.load('x')
      },
      { with: bob },
    )
    expect(answer.headers.getSetCookie()).toEqual([expect.stringMatching(/^astro-session=deleted;/)])
    expect(await values(bob)).toEqual({})
  })

  test('D4: load() that nobody awaits, on a store that fails, fails the request and not the process', async () => {
    const { store, id, bob } = await two()
    const broken = site({ found: { store: { ...store, read: () => Promise.reject(new Error('down')) } } })
    const asked = broken.ask((session) => void session.load(id), { with: bob })
    await expect(asked).rejects.toMatchObject({ code: 'STORE_FAILED' })
  })
})

describe('what Astro’s sessions get wrong', () => {
  test('B2: the new record is there before the old one goes: a store that fails in between loses nobody', async () => {
    const store = memoryStore()
    let fails = false
    const failing: Store = {
      ...store,
      update: (...args) => (fails ? Promise.reject(new Error('down')) : store.update(...args)),
      delete: (...args) => (fails ? Promise.reject(new Error('down')) : store.delete(...args)),
    }
    const { ask, values, cookie } = site({ found: { store: failing } })
    await ask((session) => session.set('name', 'ada'))
    const before = cookie()
    fails = true
    await expect(ask((session) => session.regenerate())).rejects.toMatchObject({ code: 'STORE_FAILED' })
    fails = false
    expect(await values(before)).toEqual({ name: 'ada' })
  })

  test('B10: two configurations keep their sessions in two places', async () => {
    const [first, second] = [createStorage(), createStorage()]
    const one = site({ cookie: { name: 'one' }, found: { driver: () => first } })
    const two = site({ cookie: { name: 'two' }, found: { driver: () => second } })
    await one.ask((session) => session.set('name', 'one'))
    await two.ask((session) => session.set('name', 'two'))
    expect(await first.getKeys()).toHaveLength(1)
    expect(await second.getKeys()).toHaveLength(1)
  })

  test('B11: a record that is not there is looked for once', async () => {
    const { ask, calls, cookie } = stored()
    await ask((session) => session.set('name', 'ada'))
    const presented = cookie()
    await ask((session) => session.destroy())
    const before = calls.length
    await ask(
      async (session) => {
        for (let times = 0; times < 5; times++) await session.get('name')
      },
      { with: presented },
    )
    expect(calls.slice(before).filter((call) => call.startsWith('read'))).toHaveLength(1)
  })

  test('B12: a request that only sets merges with what others stored meanwhile', async () => {
    const { ask, values, cookie } = stored()
    await ask((session) => session.set('name', 'ada'))
    const held = gate()
    const slow = ask(
      async (session) => {
        session.set('slow', 1)
        await held.pass()
      },
      { with: cookie() },
    )
    await ask((session) => session.set('quick', 1))
    held.open()
    await slow
    expect(await values()).toEqual({ name: 'ada', quick: 1, slow: 1 })
  })

  test('F13: regenerate() that nobody awaits, on a store that fails, ends the request and not the process', async () => {
    const down = () => Promise.reject(new Error('down'))
    const store = memoryStore()
    const { ask, cookie } = site({ found: { store } })
    await ask((session) => session.set('name', 'ada'))
    const broken = site({ found: { store: { ...store, read: down } } })
    await expect(broken.ask((session) => void session.regenerate(), { with: cookie() })).rejects.toMatchObject({
      code: 'STORE_FAILED',
    })
  })

  test('regenerate() right after destroy() begins nothing that was not there', async () => {
    const { ask, values } = stored()
    await ask((session) => session.set('name', 'ada'))
    const answer = await ask((session) => {
      session.destroy()
      session.regenerate()
    })
    expect(answer.headers.getSetCookie()).toEqual([expect.stringMatching(/^astro-session=deleted;.*Expires=Thu, 01 Jan 1970/)])
    expect(await values()).toEqual({})
  })

  test('F8: an answer of 500 or above changes nothing, except that a session it ended stays ended', async () => {
    const { ask, values, cookie } = stored()
    await ask((session) => session.set('name', 'ada'))
    await ask((session) => session.set('name', 'bob'), { response: new Response('sorry', { status: 503 }) })
    expect(await values()).toEqual({ name: 'ada' })
    const before = cookie()
    await ask((session) => session.destroy(), { response: new Response('sorry', { status: 500 }) })
    expect(await values(before)).toEqual({})
  })

  test('F19: a development server that loads the middleware again keeps the sessions of a driver in memory', async () => {
    const load = () => site({ cookie: { name: 'reloaded' }, isProduction: false, found: { theirs: () => memoryDriver() } })
    const before = load()
    await before.ask((session) => session.set('name', 'ada'))
    const cookie = (await before.ask((session) => session.set('more', 1))).headers.getSetCookie()
    expect(cookie).toEqual([])
    const after = load()
    expect(await after.values(before.cookie())).toEqual({ name: 'ada', more: 1 })
  })
})

describe('pages that are on their way', () => {
  /** A page that goes on when it is told to, and uses the session then. */
  function page(rest: () => unknown) {
    const late = gate()
    const encoder = new TextEncoder()
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(encoder.encode('early '))
        await late.pass()
        try {
          await rest()
          controller.enqueue(encoder.encode('late'))
          controller.close()
        } catch (error) {
          controller.error(error)
        }
      },
    })
    return { late, response: new Response(body, { headers: { 'content-type': 'text/html' } }) }
  }

  test('F6: streams for who has a ticket, and stores what is set while it does', async () => {
    const { ask, values } = stored({ found: { mentions: { '/': 1 } } })
    await ask((session) => session.set('name', 'ada'))
    let late: Theirs | undefined
    const streamed = page(() => late?.set('late', 1))
    const answer = await ask(
      (session) => {
        late = session
      },
      { response: streamed.response },
    )
    expect(answer.headers.get('cache-control')).toMatch(/private/)
    streamed.late.open()
    expect(await answer.text()).toBe('early late')
    expect(await values()).toEqual({ name: 'ada', late: 1 })
  })

  test('F6: a page that is not held and needs a cookie after all tells onEvent and the code that set it', async () => {
    const { ask, events } = stored({ found: { mentions: { '/': 0 } } })
    let late: Theirs | undefined
    let told: unknown
    const streamed = page(async () => {
      await late?.get('name')
      try {
        late?.set('late', 1)
      } catch (error) {
        told = error
      }
    })
    const answer = await ask(
      (session) => {
        late = session
      },
      { response: streamed.response },
    )
    streamed.late.open()
    expect(await answer.text()).toBe('early late')
    expect(told).toMatchObject({ code: 'TOO_LATE' })
    expect(events.filter(({ type }) => type === 'committed')).toEqual([])
  })

  test('a browser that goes away ends the page', async () => {
    const { ask } = stored({ found: { mentions: { '/': 1 } } })
    await ask((session) => session.set('name', 'ada'))
    let cancelled: unknown
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(1)),
      cancel(reason) {
        cancelled = reason
      },
    })
    const answer = await ask(() => {}, { response: new Response(body, { headers: { 'content-type': 'text/html' } }) })
    const reader = answer.body?.getReader()
    await reader?.read()
    await reader?.cancel('gone')
    expect(cancelled).toBe('gone')
  })

  test('a stream that is no page is never held, so that one without an end may use the session first', async () => {
    const { ask } = stored({ found: { mentions: { '/': 2 } } })
    const endless = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(new Uint8Array(1)) })
    const response = new Response(endless, { headers: { 'content-type': 'text/event-stream' } })
    const answer = await ask((session) => session.set('name', 'ada'), { response })
    expect(answer.headers.getSetCookie()).toHaveLength(1)
    await answer.body?.cancel()
  })
})

describe('sessions that Astro kept before', () => {
  const ID = '0b3e5c1a-7d42-4f6e-9a58-3c1d2e4f5a6b'
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())

  async function moving() {
    const driver = createStorage()
    await driver.setItem(ID, `[["Map",1,2],"cart",{"data":3,"expires":-1},[4],"hat"]`)
    const clock = clockFrom()
    const place = site({
      cookie: { name: `moved${Math.random().toString(36).slice(2)}` },
      found: { theirs: () => driver, store: memoryStore(), settings: { now: clock.now } },
    })
    return { ...place, driver, old: `astro-session=${ID}` }
  }

  test('F9: go on under a ticket of ours; parallel first requests meet, however late they read', async () => {
    const { ask, driver, old } = await moving()
    const first = await ask((session) => session.set('one', 1), { with: old })
    const second = await ask((session) => session.set('two', 2), { with: old })
    const ticket = (answer: Response) =>
      answer.headers
        .getSetCookie()
        .find((line) => line.startsWith('moved'))
        ?.split(';')[0]
    expect(ticket(first)).toBe(ticket(second))
    expect(first.headers.getSetCookie()).toContainEqual(
      expect.stringMatching(/^astro-session=deleted;.*Expires=Thu, 01 Jan 1970/),
    )
    expect(await driver.getKeys()).toEqual([ID])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(await driver.getKeys()).toEqual([])
  })
})
