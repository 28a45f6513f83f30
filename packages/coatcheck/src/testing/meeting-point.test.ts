import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import session, { MemoryStore } from 'express-session'
import { describe, expect, test } from 'vitest'
import { withSession } from '../adapters/fetch.ts'
import { createSessions } from '../index.ts'
import { memoryStore } from '../stores/memory.ts'
import { type MeetingPoint, meetingPoint, parallel, visitor } from './index.ts'

declare module 'express-session' {
  interface SessionData {
    count: number
  }
}

/** A store of somebody's own: it reads, and it writes what it is given. */
class Counts {
  readonly #counts = new Map<string, number>()

  async get(name: string): Promise<number> {
    return this.#counts.get(name) ?? 0
  }

  async set(name: string, count: number): Promise<void> {
    this.#counts.set(name, count)
  }
}

/** An app that counts in that store; with `locked`, one request at a time. */
function counter(store: Counts, locked = false): (request: Request) => Promise<Response> {
  let turn: Promise<unknown> = Promise.resolve()
  const add = async () => {
    await store.set('hits', (await store.get('hits')) + 1)
    return new Response('counted')
  }
  return () => {
    const mine = locked ? turn.then(add) : add()
    turn = mine
    return mine
  }
}

const read = (): MeetingPoint => meetingPoint('the count is read')

describe('parallel', () => {
  test('finds the updates that an app loses', async () => {
    const store = new Counts()
    const point = read()
    const ada = visitor(counter(point.after(store, 'get')))
    const { answers, together } = await parallel(8, () => ada.get('/'), { at: point })
    expect([answers.length, together]).toEqual([8, 8])
    expect(await store.get('hits'), 'all eight read 0').toBe(1)
  })

  test('without which the same app passes', async () => {
    const store = new Counts()
    const ada = visitor(counter(store))
    for (let n = 0; n < 8; n++) await ada.get('/')
    expect(await store.get('hits')).toBe(8)
  })

  test('finds those of express-session, over HTTP, and none of ours', async () => {
    const point = meetingPoint('the session is read')
    const app = express()
    app.use(session({ secret: 'x', resave: false, saveUninitialized: false, store: point.after(new MemoryStore(), 'get') }))
    app.get('/', ({ session: mine }, res) => {
      mine.count = (mine.count ?? 0) + 1
      res.send(String(mine.count))
    })
    const server = createServer(app)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const ada = visitor(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
      await ada.get('/')
      expect((await parallel(8, () => ada.get('/'), { at: point })).together).toBe(8)
      expect(await (await ada.get('/')).text(), 'of ten').toBe('3')
    } finally {
      server.close()
      server.closeAllConnections()
    }

    const ours = meetingPoint('the session is read')
    const sessions = createSessions<{ count: number }>({ store: ours.after(memoryStore(), 'read') })
    const grace = visitor(
      withSession(sessions, async (request) => {
        const mine = await sessions.open(request)
        return new Response(String(mine.update('count', (n = 0) => n + 1)))
      }),
    )
    await grace.get('/')
    expect((await parallel(8, () => grace.get('/'), { at: ours })).together).toBe(8)
    expect(await (await grace.get('/')).text()).toBe('10')
  })

  test('says that an app lets in one at a time, and does not wait for ever', async () => {
    const store = new Counts()
    const point = read()
    const ada = visitor(counter(point.after(store, 'get'), true))
    expect((await parallel(3, () => ada.get('/'), { at: point, patience: 20 })).together).toBe(1)
    expect(await store.get('hits')).toBe(3)
  })

  test('waits for nobody who has ended without coming', async () => {
    const point = read()
    const store = point.after(new Counts(), 'get')
    const { answers, together } = await parallel(3, async (index) => (index === 1 ? 'nothing to read' : store.get('hits')), {
      at: point,
    })
    expect([answers, together]).toEqual([[0, 'nothing to read', 0], 2])
  })

  test('rejects with what a request rejected with, once all have ended', async () => {
    const point = read()
    let ended = 0
    const run = parallel(
      3,
      async (index) => {
        await point.reached()
        ended++
        if (index === 0) throw new Error('the first failed')
      },
      { at: point },
    )
    await expect(run).rejects.toThrow('the first failed')
    expect(ended).toBe(3)
  })

  test('rejects when nobody came to the point, since nothing was shown', async () => {
    await expect(parallel(2, async () => 'hello', { at: read() })).rejects.toThrow(
      'No request came to “the count is read”, so this shows nothing.',
    )
  })

  test('is not begun twice at one point', async () => {
    const point = read()
    const first = parallel(1, () => point.reached(), { at: point, patience: 20 })
    const held = point.hold()
    await first
    await expect(parallel(1, () => point.reached(), { at: point })).rejects.toThrow(
      'Somebody waits at “the count is read” already',
    )
    held.release()
  })
})

describe('a meeting point', () => {
  test('lets everybody pass while no test is under way', async () => {
    const point = read()
    await point.reached()
    expect(await point.after(new Counts(), 'get').get('hits')).toBe(0)
  })

  test('holds the next who comes, and nobody else', async () => {
    const point = read()
    const passed: string[] = []
    const { reached, release } = point.hold()
    const first = point.reached().then(() => passed.push('first'))
    await reached
    await point.reached().then(() => passed.push('second'))
    release()
    await first
    await point.reached().then(() => passed.push('third'))
    expect(passed).toEqual(['second', 'first', 'third'])
  })

  test('comes after the answer of a method with a callback, too', async () => {
    const point = read()
    const log: string[] = []
    const store = point.after(
      { get: (_id: string, done: (error: null, value: string) => void) => void done(null, 'found') },
      'get',
    )
    const { reached, release } = point.hold()
    const answered = new Promise<void>((resolve) =>
      store.get('id', (_, value) => {
        log.push(value)
        resolve()
      }),
    )
    await reached
    expect(log).toEqual([])
    release()
    await answered
    expect(log).toEqual(['found'])
  })

  test('leaves the other methods, private fields and properties of the object as they are', async () => {
    class Store {
      readonly #secret = 7
      readonly kind = 'mine'
      get = async () => this.#secret
      other(): number {
        return this.#secret
      }
    }
    const store = read().after(new Store(), 'get')
    expect([store.other(), store.kind, await store.get(), store instanceof Store]).toEqual([7, 'mine', 7, true])
  })

  test('says that it cannot wait after a method that answers at once', () => {
    const store = read().after({ get: () => 1 }, 'get')
    expect(() => store.get()).toThrow(/get\(\) answered at once.*reached\(\)/)
  })
})
