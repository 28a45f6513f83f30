import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Visitor, visitor } from '../packages/coatcheck/src/testing/index.ts'
import { playDevice } from './device.ts'
import { type App, open } from './harness.ts'

/** Streams are for browsers: for robots Next renders the whole page first. */
const BROWSER = { 'user-agent': 'Mozilla/5.0 Chrome/156.0.0.0' }

const ours = (response: Response, name = 'session'): string[] =>
  response.headers.getSetCookie().filter((line) => line.startsWith(`${name}=`))
const textIn = (html: string, id: string): string | undefined =>
  new RegExp(`id="${id}"[^>]*>(?:<!--.*?-->)*([^<]*)`).exec(html)?.[1]?.replaceAll('&#x27;', "'").replaceAll('&quot;', '"')

interface Known {
  readonly visits?: number
  readonly cart?: readonly string[]
  readonly language?: string
  readonly owner?: string
  readonly handle?: string
}

/** What each version of Next says in its own way. */
interface Way {
  /** The answer to an action that leads elsewhere, with the page that it leads to in it. */
  readonly led: number
  /** `x-action-revalidated`, when nothing is to be rendered again, and when a cookie was set. */
  readonly revalidated: readonly [nothing: string | null, cookie: string]
  /** Of an action that set a cookie, whether the scripts show the page in that answer. If not, they ask for it once more. */
  readonly showsLed: boolean
  /** How it refuses what a request has, in what it keeps for everybody. */
  readonly cached: RegExp
}
const WAYS: Readonly<Record<'next' | 'next-15', Way>> = {
  next: { led: 200, showsLed: true, revalidated: [null, '1'], cached: /can't be read inside `unstable_cache\(\)`/ },
  'next-15': {
    led: 303,
    showsLed: false,
    revalidated: ['[[],0,0]', '[[],0,1]'],
    cached: /inside a function cached with "unstable_cache/,
  },
}

/** What a production server of Next does, over HTTP. Sessions are in memory: of all copies of the module that makes the store (F24). */
export function tellOfNext(example: 'next' | 'next-15'): void {
  const { led, revalidated, showsLed, cached } = WAYS[example]
  let app: App
  beforeAll(async () => {
    app = await open(example)
  })
  afterAll(() => app?.stop())

  const browser = (): Visitor => visitor(app.origin, { headers: { ...BROWSER, origin: app.origin }, follow: false })

  const see = async (who: Visitor, path: string, id: string) => textIn(await (await who.get(path)).text(), id)

  const known = async (who: Visitor): Promise<Known> => (await who.get('/trial/count')).json()
  const put = (who: Visitor, path: string): Promise<Response> => who.get(path, { method: 'PUT' })

  /** Next leads a request of its scripts to the address of its own making. */
  const fetched = (who: Visitor, path: string, headers: Record<string, string>) => who.get(path, { headers, follow: true })

  /** Lets the request that waits under this name go on, as soon as it waits. */
  async function passed(name: string): Promise<void> {
    while ((await (await fetch(app.url(`/trial/pass?name=${name}`))).json()) !== true);
  }

  async function ada(): Promise<Visitor> {
    const who = browser()
    expect((await who.post('/login', { username: 'ada', password: 'lovelace' })).status).toBe(303)
    return who
  }

  /** The body that a browser sends for an action, and the action's id. */
  async function actionOf(who: Visitor, name: string): Promise<string> {
    const html = await (await who.get('/account')).text()
    const id = new RegExp(`<form id="${name}".*?name="\\$ACTION_ID_([^"]+)"`, 's').exec(html)?.[1]
    if (id === undefined) throw new Error(`There is no action ${name} in:\n${html}`)
    return id
  }
  /** As a form, without scripts. */
  async function submit(who: Visitor, name: string, fields: Readonly<Record<string, string>> = {}): Promise<Response> {
    const form = new FormData()
    form.set(`$ACTION_ID_${await actionOf(who, name)}`, '')
    for (const [field, value] of Object.entries(fields)) form.set(field, value)
    return who.post('/account', form)
  }
  /** As Next's scripts call it: the answer is the page, or that which the action leads to, in React's own format. */
  async function call(who: Visitor, name: string, fields: Readonly<Record<string, string>> = {}): Promise<Response> {
    const form = new FormData()
    for (const [field, value] of Object.entries(fields)) form.set(`_1_${field}`, value)
    form.set('0', '["$K1"]')
    const tree = encodeURIComponent(
      JSON.stringify(['', { children: ['account', { children: ['__PAGE__', {}] }] }, null, null, true]),
    )
    const headers = { accept: 'text/x-component', 'next-action': await actionOf(who, name), 'next-router-state-tree': tree }
    return who.post('/account', form, { headers })
  }

  describe('actions', () => {
    test('F23: the page that is rendered after an action shows the session that the action changed, and gives one cookie', async () => {
      const eve = browser()
      const response = await submit(eve, 'add')
      expect(ours(response)).toHaveLength(1)
      expect(textIn(await response.text(), 'cart')).toBe('1')
      expect(await see(eve, '/account', 'cart')).toBe('1')
    })

    test('F29: the page that an action leads to is signed in, and shows the message, within the answer to the action', async () => {
      const eve = browser()
      const response = await call(eve, 'signIn', { username: 'ada' })
      expect([response.status, response.headers.get('x-action-redirect')]).toEqual([led, '/account;push'])
      expect(ours(response)).toHaveLength(1)
      const page = await response.text()
      expect(page).toMatch(/"id":"user","children":"ada"/)
      expect(page).toContain('Welcome')
      if (!showsLed) expect(await (await fetched(eve, '/account', { rsc: '1' })).text()).toContain('Welcome')
      expect(await see(eve, '/account', 'user')).toBe('ada')
      expect(await see(eve, '/account', 'flash')).toBeUndefined()
      // Where no cookie was set, the scripts of both versions show the page in the answer.
      const greeted = await call(eve, 'greet')
      expect([ours(greeted), await greeted.text()]).toEqual([[], expect.stringContaining('Hello again')])
      expect(await see(eve, '/account', 'flash')).toBeUndefined()
    })

    test('F29: the same without scripts', async () => {
      const eve = browser()
      const response = await submit(eve, 'signIn', { username: 'ada' })
      expect([response.status, response.headers.get('location'), ours(response).length]).toEqual([303, '/account', 1])
      expect(await see(eve, '/account', 'flash')).toBe('Welcome')
      expect(await see(eve, '/account', 'flash')).toBeUndefined()
      expect(await see(eve, '/account', 'user')).toBe('ada')
      const thief = eve.steal()
      await submit(eve, 'signOut')
      expect(await see(eve, '/account', 'flash')).toBe('Goodbye')
      expect(await see(thief, '/account', 'user')).toBe('guest')
    })

    test('F30: an action that gives no new cookie does not make Next render the page again', async () => {
      const who = await ada()
      for (const name of ['look', 'add']) {
        const response = await call(who, name)
        expect([name, response.status, response.headers.get('x-action-revalidated'), ours(response)]).toEqual([
          name,
          200,
          revalidated[0],
          [],
        ])
      }
      expect((await known(who)).cart).toEqual(['hat'])
      const first = await call(browser(), 'add')
      expect([first.headers.get('x-action-revalidated'), ours(first).length]).toEqual([revalidated[1], 1])
    })

    test('F35: of an action that throws nothing is stored', async () => {
      const who = await ada()
      expect((await call(who, 'fail')).status).toBe(500)
      expect((await submit(who, 'fail')).status).toBe(500)
      expect((await known(who)).language).toBeUndefined()
    })
  })

  describe('the proxy', () => {
    test('F24: the proxy and the route after it have one record and one Set-Cookie', async () => {
      const eve = browser()
      const response = await eve.post('/trial/count?visit')
      const { handle, ...shown } = await response.json()
      expect(shown).toEqual({ visits: 1, cart: 1 })
      expect(ours(response)).toHaveLength(1)
      expect(await known(eve)).toEqual({ visits: 1, cart: ['one'], handle })
    })

    test('F24: a route that signs in what the proxy began gives the one cookie that is signed in', async () => {
      const eve = browser()
      const response = await put(eve, '/trial/count?visit')
      expect(ours(response)).toHaveLength(1)
      expect(await known(eve)).toMatchObject({ visits: 1, owner: 'bob', handle: (await response.json()).handle })
    })

    test('F24: pages/, routes, components and the proxy of one process share a session', async () => {
      const eve = browser()
      const first = await eve.post('/api/count?visit')
      expect(ours(first)).toHaveLength(1)
      await submit(eve, 'add')
      expect(await see(eve, '/', 'cart')).toBe('2')
      expect(await known(eve)).toMatchObject({ visits: 2, cart: ['api', 'hat'] })
    })

    test('F25: a page sees the session that the proxy began for it', async () => {
      const eve = browser()
      const response = await eve.get('/')
      expect(textIn(await response.text(), 'visits')).toBe('1')
      expect(ours(response)).toHaveLength(1)
    })

    test('F26: a page made ahead stays in shared caches as it is, unless the proxy gives a cookie with it', async () => {
      const who = await ada()
      for (const each of [browser(), who]) {
        const { headers } = await each.get('/about')
        expect([headers.get('cache-control'), headers.getSetCookie()]).toEqual(['s-maxage=31536000', []])
        expect(headers.get('vary')).not.toMatch(/cookie/i)
      }
      const eve = browser()
      const begun = await eve.get('/about?visit')
      expect([await begun.text(), begun.headers.get('cache-control')]).toEqual([
        expect.stringContaining('for everybody'),
        'no-store',
      ])
      expect(ours(begun)).toHaveLength(1)
      const again = await eve.get('/about?visit')
      expect(again.headers.get('cache-control')).toMatch(/^private\b/)
      expect(again.headers.get('vary')).toMatch(/\bCookie\b/)
      expect((await known(eve)).visits).toBe(2)
    })
  })

  describe('pages that nobody may ever look at', () => {
    const ahead: readonly Record<string, string>[] = [
      { rsc: '1', 'next-router-prefetch': '1' },
      { rsc: '1', 'next-router-prefetch': '2' },
      { rsc: '1', 'next-router-prefetch': '3' },
      { 'sec-purpose': 'prefetch;prerender' },
      // Next 15 renders what an action leads to, and its scripts will throw that away.
      { rsc: '1', 'x-action-revalidated': '[[],0,1]' },
    ]
    test.each(ahead)('F31: a prefetch shows a flash and leaves it: %j', async (headers) => {
      const eve = browser()
      await submit(eve, 'signIn', { username: 'ada' })
      const response = await fetched(eve, '/account', headers)
      expect([response.status, ours(response)]).toEqual([200, []])
      expect(await see(eve, '/account', 'flash')).toBe('Welcome')
    })

    test.each(ahead)('F27: what the proxy does for a prefetch is not stored: %j', async (headers) => {
      const eve = browser()
      await eve.get('/')
      await fetched(eve, '/', headers)
      expect((await known(eve)).visits).toBe(1)
      await eve.get('/')
      expect((await known(eve)).visits).toBe(2)
      const stranger = browser()
      expect(ours(await fetched(stranger, '/', headers))).toEqual([])
    })

    test('a navigation by Next’s scripts shows a flash once', async () => {
      const eve = browser()
      await submit(eve, 'signIn', { username: 'ada' })
      const shown = { rsc: '1', 'x-action-revalidated': '[[],0,0]' }
      expect(await (await fetched(eve, '/account', shown)).text()).toContain('Welcome')
      expect(await (await fetched(eve, '/account', { rsc: '1' })).text()).not.toContain('Welcome')
    })
  })

  describe('components', () => {
    test('F28: a page that writes gives a new visitor a cookie', async () => {
      const eve = browser()
      const first = await eve.get('/trial/write')
      expect([ours(first).length, first.headers.get('cache-control')]).toEqual([1, 'no-store'])
      const second = await eve.get('/trial/write')
      expect([textIn(await second.text(), 'cart'), ours(second)]).toEqual(['2', []])
    })

    test('F28: late in a stream a known session is stored, and who has none is told what to do', async () => {
      const who = browser()
      await who.post('/trial/count')
      const late = async (each: Visitor): Promise<string | undefined> => {
        const response = await each.get('/trial/stream')
        const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
        const pieces: string[] = []
        while (!pieces.join('').includes('id="shell"')) pieces.push((await reader?.read())?.value ?? '')
        await passed('stream')
        for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) pieces.push(piece.value)
        return textIn(pieces.join(''), 'late')
      }
      expect(await late(who)).toBe('2')
      await expect.poll(async () => (await known(who)).cart).toEqual(['one', 'late'])
      const stranger = browser()
      expect(await late(stranger)).toMatch(
        /^SessionError: No cookie can be sent from here.*server action, a route handler or the proxy/,
      )
      expect(stranger.cookies()).toEqual([])
    })

    test('a page that throws stores nothing, and its answer stays out of caches', async () => {
      const who = await ada()
      const response = await who.get('/trial/broken')
      expect([response.status, response.headers.get('cache-control')]).toEqual([500, expect.stringMatching(/no-store/)])
      expect((await known(who)).language).toBeUndefined()
    })

    test('a page that read a session is nobody else’s', async () => {
      const { headers } = await (await ada()).get('/account')
      expect(headers.get('cache-control')).toMatch(/\bprivate\b/)
      expect(headers.get('vary')).toMatch(/\bCookie\b/)
    })

    test('F33: what is made for everybody is refused, or left to Next to refuse', async () => {
      const who = await ada()
      const forced = await who.get('/trial/forced')
      expect(textIn(await forced.text(), 'said')).toContain('Remove that line from the page')
      expect(forced.headers.get('cache-control')).toBe('s-maxage=31536000')
      expect(await see(who, '/trial/cached', 'said')).toMatch(cached)
    })
  })

  describe('route handlers', () => {
    test('F35: an answer that shows a session says so to caches, and keeps cookies of its own', async () => {
      const who = await ada()
      const { headers } = await who.get('/trial/count')
      expect([headers.get('cache-control'), headers.get('vary')]).toEqual([
        'private, no-cache',
        expect.stringMatching(/\bCookie\b/),
      ])
      const eve = browser()
      const answered = await eve.post('/trial/own-cookie')
      expect(
        answered.headers
          .getSetCookie()
          .map((line) => line.split('=')[0])
          .sort(),
      ).toEqual(['other', 'session', 'theme'])
      expect((await known(eve)).language).toBe('fr')
    })

    test('F35: what was saved before a handler fails is stored; what was not, is not', async () => {
      const who = await ada()
      expect([(await who.post('/trial/fails')).status, (await put(who, '/trial/fails')).status]).toEqual([500, 500])
      expect((await known(who)).language).toBeUndefined()
      expect((await who.get('/trial/fails', { method: 'PATCH' })).status).toBe(500)
      expect((await known(who)).language).toBe('saved')
      expect((await who.post('/trial/gone')).status).toBe(404)
      expect((await known(who)).language).toBe('kept')
    })

    test('what changes after the answer is stored where no cookie is needed', async () => {
      const who = await ada()
      await who.post('/trial/after')
      await expect.poll(async () => (await known(who)).language).toBe('after')
    })

    test('32 of 32 parallel changes are kept', async () => {
      const who = await ada()
      const answers = await who.parallel(32, () => who.post('/trial/count'))
      expect(answers.map(({ status }) => status)).toEqual(Array(32).fill(200))
      expect((await known(who)).cart).toHaveLength(32)
    })

    test('a sign-out is not undone by a request in flight', async () => {
      const who = await ada()
      const [tab, thief] = [who.steal(), who.steal()]
      const slow = tab.post('/trial/wait')
      await passed('wait')
      // It waits once more, behind what the sign-out stores.
      await who.post('/logout')
      await passed('changed')
      expect(ours(await slow)).toEqual([])
      expect((await known(thief)).owner).toBeUndefined()
      expect(await known(tab)).toEqual({})
    })
  })

  describe('the edge runtime', () => {
    test('F34: a handler counts, with and without a wrapper', async () => {
      const eve = browser()
      const counts: unknown[] = []
      for (let at = 0; at < 2; at++) counts.push(await (await eve.post('/trial/edge')).json())
      const wrapped = await put(eve, '/trial/edge')
      counts.push(await wrapped.json())
      expect(counts).toEqual([1, 2, 3])
      expect(ours(wrapped, 'edge')).toHaveLength(1)
      expect(wrapped.headers.get('cache-control')).toBe('no-store')
    })

    test('an app whose proxy knows nothing of it answers browsers for device-bound sessions in a route', async () => {
      await playDevice(app.origin, { signIn: (who) => who.post('/trial/edge/bound'), shows: '/trial/edge/bound' })
    })

    test('F34: a page that would need a cookie is told where to change the session', async () => {
      expect(await see(browser(), '/trial/edge/page', 'said')).toContain(
        'Change it in a server action, a route handler or the proxy',
      )
    })
  })
}
