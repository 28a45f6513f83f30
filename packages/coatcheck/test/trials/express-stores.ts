import type { AddressInfo } from 'node:net'
import express, { type Request } from 'express'
import { expect, onTestFinished, test } from 'vitest'
import session from '../../src/adapters/middleware/express-session.ts'
import type { ExpressStoreLike } from '../../src/stores/wrapping/express-session.ts'
import { createJar, type Jar } from '../../src/testing/jar.ts'
import { gate } from '../helpers/gate.ts'

type Seen = Request & { session: Record<string, unknown> & { destroy(done: () => void): void } }

/** Runs in the middle of a request, between the reading of its session and the end of the response. */
type Meanwhile = () => unknown

/** An application of Express on a store that was written for express-session, as one process has it, and visitors of it. */
async function site(store: ExpressStoreLike) {
  let meanwhile: Meanwhile = () => {}
  const app = express()
  app.use(session({ secret: 'a secret that is long enough for all', store, resave: false, saveUninitialized: false }))
  app.get('/in', (req, res) => {
    ;(req as Seen).session.user = 'ada'
    res.end()
  })
  app.get('/set/:key', async (req, res) => {
    const mine = (req as unknown as Seen).session
    await meanwhile()
    mine[req.params.key] = true
    res.end()
  })
  app.get('/out', (req, res) => (req as Seen).session.destroy(() => res.end()))
  app.get('/', (req, res) => void res.json((req as Seen).session))
  const server = app.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const visitor = (jar: Jar = createJar()) => {
    const ask = async (path: string): Promise<string> => {
      const cookie = jar.header(base)
      const response = await fetch(base + path, cookie ? { headers: { cookie } } : {})
      for (const line of response.headers.getSetCookie()) jar.set(line, base)
      return response.text()
    }
    return Object.assign(ask, {
      jar,
      keys: async () => Object.keys(JSON.parse(await ask('/'))).filter((key) => key !== 'cookie'),
    })
  }
  return {
    visitor,
    pause: (next: Meanwhile) => {
      meanwhile = next
    },
  }
}

/**
 * What sessions in such a store promise, and what they do not, over HTTP. `open` gives the store anew, as another process has it, with a `set`
 * that a test can hold up.
 */
export function tellExpressStore(open: () => ExpressStoreLike): void {
  const held = () => {
    const store = open()
    const set = store.set.bind(store)
    const late = gate()
    let waits = false
    store.set = (sid, kept, done) => {
      if (!waits) return set(sid, kept, done)
      return late.pass().then(() => set(sid, kept, done))
    }
    const hold = (): void => {
      waits = true
    }
    return { store, late, hold }
  }

  test('of 32 requests at once in one process, each with a key of its own, all are kept', async () => {
    const { visitor, pause } = await site(open())
    const all = gate()
    let waiting = 0
    pause(() => {
      if (++waiting === 32) all.open()
      return all.pass()
    })
    const ada = visitor()
    await ada('/in')
    await Promise.all(Array.from({ length: 32 }, (_, n) => ada(`/set/k${n}`)))
    expect((await ada.keys()).length).toBe(33)
  })

  test('in one process a request under way brings no ended session back', async () => {
    const { visitor, pause } = await site(open())
    const late = gate()
    const ada = visitor()
    await ada('/in')
    const copy = ada.jar.copy()
    pause(() => late.pass())
    const slow = ada('/set/late')
    await late.reached
    await ada('/out')
    late.open()
    await slow
    expect(await visitor(copy).keys()).toEqual([])
  })

  test('a session is there for another process, and ended for it', async () => {
    const [one, other] = [await site(open()), await site(open())]
    const ada = one.visitor()
    await ada('/in')
    const elsewhere = other.visitor(ada.jar.copy())
    expect(await elsewhere.keys()).toEqual(['user'])
    await elsewhere('/set/there')
    expect(await ada.keys()).toEqual(['user', 'there'])
    const copy = ada.jar.copy()
    await ada('/out')
    expect(await other.visitor(copy).keys()).toEqual([])
  })

  test('not promised: of two processes that write at the same moment the later one wins', async () => {
    const { store, late, hold } = held()
    const [one, other] = [await site(store), await site(open())]
    const ada = one.visitor()
    await ada('/in')
    hold()
    const slow = ada('/set/slow')
    await late.reached
    await other.visitor(ada.jar.copy())('/set/quick')
    late.open()
    await slow
    expect(await ada.keys()).toEqual(['user', 'slow'])
  })

  test('not promised: a process that writes while another ends the session brings it back', async () => {
    const { store, late, hold } = held()
    const [one, other] = [await site(store), await site(open())]
    const ada = one.visitor()
    await ada('/in')
    const copy = ada.jar.copy()
    hold()
    const slow = ada('/set/slow')
    await late.reached
    await other.visitor(ada.jar.copy())('/out')
    late.open()
    await slow
    expect(await other.visitor(copy).keys()).toEqual(['user', 'slow'])
  })
}
