import { expect, test } from 'vitest'
import { visitor } from '../../src/testing/visitor.ts'
import { oursIn } from './adapter-stories.ts'

const told = async (response: Promise<Response>): Promise<string> => (await response).text()
const namesIn = (response: Response): string[] => response.headers.getSetCookie().map((line) => line.slice(0, line.indexOf('=')))

/** Plays over HTTP what is special about Elysia, on an application of test/children/elysia-app.ts; `origin`: one that just began to serve. */
export function tellOfElysia(origin: () => Promise<string>): void {
  const somebody = async () => visitor(await origin(), { follow: false })
  const known = async () => {
    const ada = await somebody()
    await ada.post('/count')
    return ada
  }
  const keysOf = async (who: { get(path: string): Promise<Response> }): Promise<string[]> => (await who.get('/keys')).json()

  test('a page that does not ask for the session stays public, and one that reads it does not', async () => {
    for (const who of [await somebody(), await known()]) {
      const page = await who.get('/public')
      expect([page.headers.get('cache-control'), page.headers.get('vary')]).toEqual(['public, max-age=60', null])
      expect(await told(who.get('/static'))).toBe('a text that is nobody’s')
    }
    const page = await (await known()).get('/private')
    expect([await page.text(), page.headers.get('cache-control'), page.headers.get('vary')?.toLowerCase()]).toEqual([
      'n 1',
      'private, max-age=60',
      'cookie',
    ])
  })

  test('a flash message comes once, after the redirect of a sign-in', async () => {
    const ada = await somebody()
    const answer = await ada.post('/login')
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/flash'])
    expect(await told(ada.get('/flash'))).toBe('{"owner":"ada","message":"welcome"}')
    expect(await told(ada.get('/flash'))).toBe('{"owner":"ada"}')
  })

  test('of 32 requests at once none is lost: each sets its key, and each counts', async () => {
    const ada = await known()
    const at = [...Array(32).keys()]
    await Promise.all(at.flatMap((each) => [ada.post(`/set?key=key${each}`), ada.post('/count')]))
    expect(await keysOf(ada)).toEqual([...at.map((each) => `key${each}`), 'n'].toSorted())
    expect(await told(ada.get('/private'))).toBe('n 33')
  })

  test('a request in flight does not undo a sign-out', async () => {
    const ada = await known()
    const tab = ada.steal()
    const slow = tab.post('/slow')
    await ada.get('/slow/reached')
    await ada.post('/logout')
    await ada.post('/slow/go')
    await slow
    expect(ada.cookies().filter(({ name }) => name.includes('session'))).toEqual([])
    expect([await keysOf(tab), await keysOf(ada)]).toEqual([[], []])
  })

  test('F54: the cookie is sent beside those of `cookie` and of a Response', async () => {
    for (const [path, other] of [
      ['/cookie', 'other'],
      ['/own', 'own'],
    ] as const) {
      const eve = await somebody()
      const answer = await eve.get(path)
      expect([answer.status, oursIn(answer).length, namesIn(answer)]).toEqual([200, 1, [other, '__Host-Http-session']])
      expect(await keysOf(eve)).toEqual([path.slice(1)])
    }
    expect(namesIn(await (await somebody()).post('/login'))).toEqual(['theme', '__Host-Http-session'])
  })

  test('F54: `status(403)`, returned or thrown, is an answer, and an error is none', async () => {
    const eve = await somebody()
    const statuses = [await eve.get('/status'), await eve.get('/throw'), await eve.get('/boom')].map(({ status }) => status)
    expect([statuses, await keysOf(eve)]).toEqual([
      [403, 403, 500],
      ['status', 'throw'],
    ])
    expect(oursIn(await (await somebody()).get('/throw'))).toHaveLength(1)
    expect(oursIn(await (await somebody()).get('/boom'))).toHaveLength(0)
  })

  test('F54: a generator may change the session before its first piece, and later where no cookie is needed', async () => {
    for (const [who, path, last, keys] of [
      [await somebody(), '/generator', 'TOO_LATE', []],
      [await somebody(), '/generator?early=1', 'two', ['first', 'second']],
      [await known(), '/generator', 'two', ['n', 'second']],
    ] as const) {
      const answer = await who.get(path)
      await who.post('/generator/go')
      expect(await answer.text()).toBe(`data: one\n\ndata: ${last}\n\n`)
      expect(await keysOf(who)).toEqual(keys)
    }
  })

  test('has a session in onError, also for a path without a route', async () => {
    const eve = await somebody()
    const answer = await eve.get('/nowhere')
    expect([answer.status, await answer.text(), await keysOf(eve)]).toEqual([404, 'nowhere', ['missed']])
  })

  test('a plugin shares the session, and a second kind of sessions has a name of its own', async () => {
    const ada = await known()
    const [order, basket] = [await ada.get('/orders/7'), await ada.post('/basket')]
    expect([order.status, namesIn(order), namesIn(basket)]).toEqual([200, [], ['__Host-basket']])
    expect([await told(ada.post('/basket')), await keysOf(ada)]).toEqual(['2', ['n', 'order']])
  })

  test('a form of another site is refused in one line', async () => {
    const ada = await known()
    const forged = await ada.post('/count', {}, { headers: { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' } })
    expect([forged.status, await told(ada.get('/private'))]).toEqual([403, 'n 1'])
  })

  test('a WebSocket has the session of its upgrade; what would need a cookie fails aloud', async () => {
    for (const [who, answer, keys] of [
      [await somebody(), 'TOO_LATE', []],
      [await known(), 'hello 1', ['n', 'ws']],
    ] as const) {
      const headers = { cookie: who.jar.header(`${who.origin}/`) ?? '', origin: who.origin }
      const socket = new WebSocket(`${who.origin.replace('http', 'ws')}/ws`, { headers } as never)
      const answered = Promise.withResolvers<unknown>()
      socket.onopen = () => socket.send('hello')
      socket.onerror = answered.reject
      socket.onmessage = ({ data }) => answered.resolve(data)
      expect(await answered.promise).toBe(answer)
      socket.close()
      expect(await keysOf(who)).toEqual(keys)
    }
  })
}
