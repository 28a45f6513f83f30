import { once } from 'node:events'
import { get, type IncomingHttpHeaders } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Visitor, visitor } from '../../packages/coatcheck/src/testing/index.ts'
import { type App, open } from '../harness.ts'
import { sealed } from '../next-sealed.ts'
import { tellOfNext } from '../next-story.ts'
import { tellStory } from '../story.ts'

tellStory({ name: 'next-15', cookie: 'session', hasUpdate: true })
describe('Next 15, on Node', () => tellOfNext('next-15'))

describe('Next 15, with a middleware on the edge runtime', () => {
  let app: App
  beforeAll(async () => {
    app = await open('next-15', { BUILD_FOLDER: 'edge' })
  })
  afterAll(() => app?.stop())
  const browser = (): Visitor =>
    visitor(app.origin, { headers: { 'user-agent': 'Mozilla/5.0 Chrome/156.0.0.0', origin: app.origin }, follow: false })
  const n = async (response: Response): Promise<string | undefined> => /id="n">(\d+)/.exec(await response.text())?.[1]

  test('F25: a page sees the session that the middleware began for it, and one cookie leaves', async () => {
    const eve = browser()
    const first = await eve.get('/?visit')
    expect([await n(first), first.headers.getSetCookie().length, first.headers.get('cache-control')]).toEqual([
      '1',
      1,
      expect.stringMatching(/no-store/),
    ])
    expect([await n(await eve.get('/?visit')), await n(await eve.get('/')), await n(await browser().get('/'))]).toEqual([
      '2',
      '2',
      '0',
    ])
  })

  test('F34: a route on the edge runtime goes on with what the middleware changed; of the two cookies its own is the last', async () => {
    const eve = browser()
    const first = await eve.post('/count?visit')
    expect([await first.json(), first.headers.getSetCookie().map((line) => line.split('=')[0])]).toEqual([2, ['edge', 'edge']])
    expect(await (await eve.post('/count')).json()).toBe(3)
  })

  test('F26: a page made ahead stays in shared caches, unless the middleware gives a cookie with it', async () => {
    const eve = browser()
    const about = await eve.get('/about')
    expect([about.headers.get('cache-control'), about.headers.getSetCookie()]).toEqual(['s-maxage=31536000', []])
    const begun = await eve.get('/about?visit')
    expect([begun.headers.get('cache-control'), begun.headers.getSetCookie().length]).toEqual(['no-store', 1])
    const known = await eve.get('/about')
    expect([known.headers.get('cache-control'), known.headers.getSetCookie()]).toEqual(['s-maxage=31536000', []])
  })

  test('moves the end of a sealed session that pages only read', async () => {
    /** As a browser opens a page: `fetch` says of each request that a script made it. */
    const opened = async (cookie: string): Promise<IncomingHttpHeaders> => {
      const [response] = await once(get(app.url('/about'), { headers: { cookie } }), 'response')
      response.resume()
      return response.headers
    }
    expect((await opened(await sealed(0, 7)))['set-cookie']).toBeUndefined()
    const before = await sealed(6, 7)
    const { 'set-cookie': given = [], 'cache-control': cached } = await opened(before)
    const [after = ''] = given.map((line) => line.split(';')[0] ?? '')
    expect([given.length, cached, after === before]).toEqual([1, 'no-store', false])
    expect((await opened(after))['set-cookie']).toBeUndefined()
    expect(await n(await fetch(app.url('/'), { headers: { cookie: after } }))).toBe('7')
  })
})
