import { Agent, get, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { describe, expect, type MockInstance, onTestFinished, test, vi } from 'vitest'
import type { Session } from '../../src/core/session/types.ts'
import { createSessions } from '../../src/core/sessions.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { adapterSuite, assertSession, attack } from '../../src/testing/index.ts'
import { type Adapter, codeOf, type Handle, type Kind, type Page, type Place, place, type TicketResponse } from './adapter.ts'
import { ofCore } from './adapters.ts'
import { gate, settled } from './gate.ts'
import { dial, serving } from './serving.ts'
import { COOKIE, NEWER_SECRET, SECRET } from './site.ts'
import { watched } from './watched.ts'

const ok: TicketResponse = { body: 'ok' }
const does =
  (act: (session: Session) => void, reply: TicketResponse = ok): Page =>
  (session) => {
    act(session)
    return reply
  }
const boom = (): never => {
  throw new Error('boom')
}

/** Frameworks and the plain adapter write what a handler threw to the console. What they wrote. */
export function quietly(): MockInstance<typeof console.error> {
  const spy = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => void spy.mockRestore())
  return spy
}

/** The lines that give or take our cookie. */
export const oursIn = (response: Response): string[] =>
  response.headers.getSetCookie().filter((line) => line.startsWith(`${COOKIE}=`))

/** What is true behind every adapter, told once and tried on each, over HTTP: what everybody's adapter owes, and what else ours promise. */
export function tellStories(adapter: Adapter): void {
  describe(adapter.name, () => {
    adapterSuite({
      it: test,
      async serve({ options, handle }) {
        const sessions = createSessions(options)
        const answer: Handle = async ({ request, path }) => {
          const { body, ...answer } = await handle(path, async () => ofCore((await sessions.open(request)) as Session))
          return { ...answer, ...(body !== null && { body }) }
        }
        return serving(adapter.listener(answer, [sessions]))
      },
    })

    test('promise 2: nobody gets in who steals, replays, plants or tosses cookies', async () => {
      const site = await place(adapter, 'stored')
      const signInAs = Object.fromEntries(
        ['ada', 'mallory'].map((account) => [account, site.page(does((session) => session.signIn(account)))]),
      )
      const [count, out, renew] = [
        site.page(does((session) => session.update('count', (n) => Number(n ?? 0) + 1))),
        site.page(does((session) => session.signOut())),
        site.page(does((session) => session.regenerateId())),
      ]
      const me = site.page((session) => ({ body: session.owner ?? '' }))
      const report = await attack({
        serve: site.origin,
        origin: 'https://shop.test',
        signIn: (visitor, account) => visitor.get(signInAs[account] ?? ''),
        who: async (visitor) => (await visitor.get(me)).text(),
        visit: (visitor) => visitor.get(count),
        signOut: (visitor) => visitor.get(out),
        renew: (visitor) => visitor.get(renew),
        grace: { clock: site.clock, seconds: 14 },
      })
      assertSession.withstood(report)
      expect(report.findings.filter(({ outcome }) => outcome === 'not tried')).toMatchObject([
        { tried: 'a request that a sign-out overtakes' },
      ])
    })

    describe.each<Kind>(['sealed', 'stored'])('with %s sessions', (kind) => {
      const open = (): Promise<Place> => place(adapter, kind)

      test('a session is remembered from one request to the next', async () => {
        const site = await open()
        const eve = site.visitor()
        const first = await eve.get(site.page(does((session) => session.set('cart', ['hat']))))
        expect(await first.text()).toBe('ok')
        expect(oursIn(first)).toHaveLength(1)
        expect(eve.refused).toEqual([])
        expect(await site.knows(eve)).toEqual({ cart: ['hat'] })
        expect(await site.knows(site.visitor())).toEqual({})
      })

      test('promise 3: a page that never asks for the session has no trace of it', async () => {
        const site = await open()
        const path = site.plain(() => ({ body: 'ok', headers: [['Cache-Control', 'public, max-age=60']] }))
        for (const someone of [site.visitor(), await site.ada()]) {
          const { headers } = await someone.get(path)
          expect([headers.get('cache-control'), headers.get('vary'), headers.getSetCookie()]).toEqual([
            'public, max-age=60',
            null,
            [],
          ])
        }
        expect([site.watch.calls, site.events]).toEqual([[], []])
      })

      test('promise 3: reading stores nothing and gives no cookie', async () => {
        const site = await open()
        const path = site.page((session) => ({ body: String(session.get('name')) }))
        const eve = site.visitor()
        const answer = await eve.get(path)
        expect([await answer.text(), answer.headers.getSetCookie(), site.watch.calls]).toEqual(['undefined', [], []])
        const known = await (await site.ada()).get(path)
        expect([await known.text(), known.headers.getSetCookie(), site.watch.writes]).toEqual(['ada', [], 0])
      })

      test('promise 4: many changes give one cookie, and those of others are kept', async () => {
        const site = await open()
        const path = site.page(
          does(
            (session) => {
              session.set('name', 'bob')
              session.signIn('bob')
              session.flash('welcome', 'hello')
              session.regenerateId()
            },
            {
              ...ok,
              headers: [
                ['Set-Cookie', 'a=1; Path=/'],
                ['Set-Cookie', `${COOKIE}=forgotten; Path=/`],
                ['Set-Cookie', 'b=2; Expires=Thu, 01 Jan 2099 00:00:00 GMT'],
              ],
            },
          ),
        )
        for (const someone of [site.visitor(), await site.ada()]) {
          const lines = (await someone.get(path)).headers.getSetCookie()
          expect(lines.map((line) => line.split('=', 1)[0])).toEqual(['a', 'b', COOKIE])
          expect(lines[2]).not.toContain('forgotten')
          expect(await site.knows(someone)).toEqual({ name: 'bob' })
        }
      })

      test('what was given and taken back in one request leaves no cookie', async () => {
        const site = await open()
        const path = site.page(
          does((session) => {
            session.signIn('bob')
            session.signOut()
          }),
        )
        const eve = site.visitor()
        expect((await eve.get(path)).headers.getSetCookie()).toEqual([])
        const ada = await site.ada()
        const lines = (await ada.get(path)).headers.getSetCookie()
        expect(lines).toHaveLength(1)
        expect(lines[0]).toMatch(new RegExp(`^${COOKIE}=; .*Max-Age=0`, 'i'))
        expect(ada.cookies()).toEqual([])
      })

      test('promise 11: what depends on a session stays out of shared caches', async () => {
        const site = await open()
        const headers = [['Cache-Control', 'public, max-age=60']] as const
        const reading = site.page(does((session) => session.get('name'), { ...ok, headers }))
        const writing = site.page(does((session) => session.set('name', 'bob'), { ...ok, headers }))
        const bare = site.page(does((session) => session.get('name')))
        const of = async (path: string): Promise<unknown> => {
          const response = await (await site.ada()).get(path)
          return [response.headers.get('cache-control'), response.headers.get('vary')?.toLowerCase()]
        }
        expect(await of(reading)).toEqual(['private, max-age=60', 'cookie'])
        expect(await of(bare)).toEqual(['private, no-cache', 'cookie'])
        const written = await (await site.ada()).get(writing)
        expect(written.headers.get('vary')?.toLowerCase()).toBe('cookie')
        expect(written.headers.get('cache-control')).toBe(kind === 'sealed' ? 'no-store' : 'private, max-age=60')
        const given = await site.visitor().get(writing)
        expect(given.headers.get('cache-control')).toBe('no-store')
        expect(site.events.filter(({ type }) => type === 'cache-conflict')).toHaveLength(2)
      })

      const failures: Record<string, (reply: TicketResponse) => TicketResponse> = {
        throws: boom,
        'answers 500': (reply) => ({ ...reply, status: 500 }),
        'answers 503': (reply) => ({ ...reply, status: 503 }),
      }
      describe.each(Object.entries(failures))('a handler that %s', (how, fail) => {
        test('changes nothing', async () => {
          quietly()
          const site = await open()
          const path = site.page((session) => {
            session.set('name', 'mallory')
            session.set('admin', true)
            session.signIn('mallory')
            return fail(ok)
          })
          const ada = await site.ada()
          for (const someone of [site.visitor(), ada]) {
            const response = await someone.get(path)
            expect([response.status >= 500, response.headers.getSetCookie()]).toEqual([true, []])
          }
          expect(site.watch.writes).toBe(0)
          expect(await site.knows(ada)).toEqual({ name: 'ada' })
        })

        test('promise 2: leaves a session ended that it has ended', async () => {
          quietly()
          const site = await open()
          const path = site.page((session) => {
            session.destroy()
            return fail(ok)
          })
          const ada = await site.ada()
          const thief = ada.steal()
          expect((await ada.get(path)).status).toBeGreaterThanOrEqual(500)
          // A sealed session ends by losing its cookie, which only an answer can do.
          const cleared = how !== 'throws' || adapter.answersThrows
          expect(ada.cookies()).toHaveLength(cleared ? 0 : 1)
          if (kind === 'stored' || cleared) expect(await site.knows(ada)).toEqual({})
          if (kind === 'stored') expect(await site.knows(thief)).toEqual({})
        })
      })

      test.each([400, 401, 404, 422])('a handler that answers %i has answered: what it changed is stored', async (status) => {
        const site = await open()
        const ada = await site.ada()
        const path = site.page(does((session) => session.set('tries', 1), { status, body: 'no' }))
        expect((await ada.get(path)).status).toBe(status)
        expect(await site.knows(ada)).toEqual({ name: 'ada', tries: 1 })
      })

      test('promise 4: whoever asks in one request gets the same session', async () => {
        const site = await open()
        const eve = site.visitor()
        const path = site.plain(async ({ request }) => {
          const [one, two] = await Promise.all([site.sessions.open(request), site.sessions.open(request)])
          one.set('from', 'one')
          const three = await site.sessions.open(request)
          three.set('and', 'three')
          return { body: `${one === two} ${two === three}` }
        })
        const response = await eve.get(path)
        expect([await response.text(), oursIn(response).length]).toEqual(['true true', 1])
        expect(await site.knows(eve)).toEqual({ from: 'one', and: 'three' })
      })

      test('a session opened without an adapter says which adapter is missing', async () => {
        const site = await open()
        const stranger = createSessions({ secrets: SECRET })
        const path = site.plain(async ({ request }) => {
          const codes = await Promise.all(
            [stranger.open(request), site.sessions.open({} as never), site.sessions.open(new Request('http://a/'))].map(
              (opening) =>
                opening.then(
                  () => 'opened',
                  (error) => `${codeOf(error)} ${error.fix}`,
                ),
            ),
          )
          return { body: codes.join('\n') }
        })
        const text = await (await site.visitor().get(path)).text()
        expect(text.split('\n')).toEqual(Array(3).fill(expect.stringMatching(/^NOT_WRAPPED .*withSession\(sessions/)))
      })

      test('two kinds of sessions live side by side, each with its own cookie', async () => {
        const basket = createSessions({ secrets: NEWER_SECRET, store: memoryStore(), cookie: { name: '__Host-basket' } })
        const site = await place(adapter, kind, [basket])
        const eve = site.visitor()
        const both = site.page(async (session, { request }) => {
          session.set('name', 'eve')
          ;(await basket.open(request)).set('fruit', 'pear')
          return { body: 'ok', headers: [['Set-Cookie', 'a=1']] }
        })
        const names = (response: Response) => response.headers.getSetCookie().map((line) => line.split('=', 1)[0])
        expect(names(await eve.get(both)).toSorted()).toEqual([COOKIE, '__Host-basket', 'a'])
        const one = site.plain(async ({ request }) => {
          ;(await basket.open(request)).signIn('eve')
          return ok
        })
        expect(names(await eve.get(one))).toEqual(['__Host-basket'])
        const read = site.page(async (session, { request }) => {
          const fruit = (await basket.open(request)).get('fruit')
          return { body: `${session.get('name')} ${session.get('fruit')} ${fruit}` }
        })
        expect(await (await eve.get(read)).text()).toBe('eve undefined pear')
        const away = site.page(async (session, { request }) => {
          session.destroy()
          return { body: String((await basket.open(request)).owner) }
        })
        expect(await (await eve.get(away)).text()).toBe('eve')
        expect(eve.cookies().map(({ name }) => name)).toEqual(['a', '__Host-basket'])
      })

      test('many visitors at once keep their sessions apart', async () => {
        const site = await open()
        const meeting = gate()
        let here = 0
        const path = site.page(async (session, { path }) => {
          session.update('visits', (n) => Number(n ?? 0) + 1)
          if (++here === 24) meeting.open()
          await meeting.pass()
          return { body: path }
        })
        const visitors = Array.from({ length: 24 }, () => site.visitor())
        const named = await Promise.all(
          visitors.map((someone, n) => someone.get(site.page(does((session) => session.set('n', n))))),
        )
        expect(new Set(named.flatMap(oursIn)).size).toBe(24)
        await Promise.all(visitors.map((someone) => someone.get(path)))
        const known = await Promise.all(visitors.map((someone) => site.knows(someone)))
        expect(known).toEqual(visitors.map((_, n) => ({ n, visits: 1 })))
      })

      test('requests that come on one connection are strangers to each other', async () => {
        const site = await open()
        const [ada, eve] = [await site.ada(), site.visitor()]
        await eve.get(site.page(does((session) => session.set('name', 'eve'))))
        const agent = new Agent({ keepAlive: true, maxSockets: 1 })
        const path = site.page((session) => ({ body: String(session.get('name')) }))
        const ask = (cookie: string): Promise<{ reused: boolean; body: string }> =>
          new Promise((resolve, reject) => {
            const request = get(`${site.origin}${path}`, { agent, headers: { cookie } }, async (response: IncomingMessage) =>
              resolve({ reused: request.reusedSocket, body: await text(response) }),
            ).on('error', reject)
          })
        const cookies = [ada, eve].map(({ jar }) => jar.header(site.origin))
        const seen = []
        for (const cookie of [...cookies, '', ...cookies]) seen.push(await ask(cookie))
        agent.destroy()
        expect(seen.map(({ body }) => body)).toEqual(['ada', 'eve', 'undefined', 'ada', 'eve'])
        expect(seen.map(({ reused }) => reused)).toEqual([false, true, true, true, true])
      })

      test('HEAD gets the headers of GET, its cookie too, and no body', async () => {
        const site = await open()
        const eve = site.visitor()
        const path = site.page(does((session) => session.set('seen', true)))
        const { response, arrive } = await eve.begin(path, { method: 'HEAD' })
        arrive()
        expect([response.status, await response.text(), oursIn(response).length]).toEqual([200, '', 1])
        expect(await site.knows(eve)).toEqual({ seen: true })
      })

      test('promise 14: what is too large is an error, and nothing of the answer is sent', async () => {
        quietly()
        const site = await open()
        const ada = await site.ada()
        const path = site.page(
          does((session) => session.set('essay', 'x'.repeat(6000)), { body: 'secret page', headers: [['ETag', '"1"']] }),
        )
        const response = await ada.get(path)
        if (kind === 'stored') return expect(response.status).toBe(200)
        expect([response.status, oursIn(response), response.headers.get('etag')]).toEqual([500, [], null])
        expect(await response.text()).not.toContain('secret page')
        expect(await site.knows(ada)).toEqual({ name: 'ada' })
      })

      test('a new visitor who is streamed to cannot be given a cookie any more, and the stream goes on', async () => {
        const site = await open()
        const left = gate()
        const path = site.page((session) => {
          async function* body(): AsyncGenerator<string> {
            yield 'first '
            await left.pass()
            try {
              session.set('name', 'eve')
              yield 'stored'
            } catch (error) {
              yield `${codeOf(error)} ${error instanceof Error && error.message.includes('name')}`
            }
            yield ' last'
          }
          return { body: body() }
        })
        const eve = site.visitor()
        const response = await eve.get(path)
        left.open()
        expect([response.status, await response.text()]).toEqual([200, 'first TOO_LATE true last'])
        expect([response.headers.getSetCookie(), site.watch.writes]).toEqual([[], 0])
      })

      test('what is changed before the first piece of a stream is in time', async () => {
        const site = await open()
        const path = site.page((session) => {
          async function* body(): AsyncGenerator<string> {
            yield 'a'
            yield 'b'
          }
          session.set('streamed', true)
          return { body: body() }
        })
        const eve = site.visitor()
        const response = await eve.get(path)
        expect([await response.text(), oursIn(response).length]).toEqual(['ab', 1])
        expect(await site.knows(eve)).toEqual({ streamed: true })
      })
    })

    describe('in front of a store', () => {
      const open = (): Promise<Place> => place(adapter, 'stored')

      test('a known visitor is given no second cookie', async () => {
        const site = await open()
        const ada = await site.ada()
        const response = await ada.get(site.page(does((session) => session.set('n', 1))))
        expect([oursIn(response), site.watch.calls]).toEqual([[], ['read', 'update']])
      })

      test('promise 1: parallel requests of one visitor lose nothing', async () => {
        const site = await open()
        const ada = await site.ada()
        await ada.parallel(20, (n) =>
          ada.get(
            site.page((session) => {
              session.update('count', (count) => Number(count ?? 0) + 1)
              session.set(`key${n}`, n)
              return ok
            }),
          ),
        )
        const known = await site.knows(ada)
        expect([known.count, Object.keys(known).length]).toEqual([20, 22])
      })

      test('a redirect does not outrun the save: no byte of it arrives before', async () => {
        const site = await open()
        const save = gate()
        const path = site.page(does((session) => session.signIn('ada'), { redirect: '/account' }))
        site.watch.before = (call) => (call === 'create' ? save.pass() : undefined)
        const browser = await dial(site.port)
        browser.send(`GET ${path} HTTP/1.1`)
        await save.reached
        // Somebody else comes and goes: the server had every opportunity to send the redirect.
        await site.visitor().get(site.plain(() => ok))
        await settled()
        expect(browser.bytes).toBe('')
        save.open()
        const head = await browser.until('\r\n\r\n')
        expect(head).toMatch(/^HTTP\/1\.1 303 .*\r\nlocation: \/account\r\n/is)
        const cookie = /^set-cookie: ([^;]*)/im.exec(head)?.[1] ?? ''
        const account = site.page((session) => ({ body: String(session.owner) }))
        expect(await (await fetch(site.origin + account, { headers: { cookie } })).text()).toBe('ada')
      })

      test('nor does the first piece of a stream', async () => {
        const site = await open()
        const save = gate()
        site.watch.before = (call) => (call === 'create' ? save.pass() : undefined)
        const path = site.page((session) => {
          async function* body(): AsyncGenerator<string> {
            yield 'first '
            yield 'last'
          }
          session.set('seen', true)
          return { body: body() }
        })
        const browser = await dial(site.port)
        browser.send(`GET ${path} HTTP/1.1`)
        await save.reached
        await site.visitor().get(site.plain(() => ok))
        await settled()
        expect(browser.bytes).toBe('')
        save.open()
        expect(await browser.until('last')).toMatch(/^HTTP\/1\.1 200 .*set-cookie: .*first .*last/is)
      })

      test('what is changed while the body is streamed is stored for a known visitor', async () => {
        const site = await open()
        const [left, stored] = [gate(), Promise.withResolvers<void>()]
        const ada = await site.ada()
        site.watch.after = (call) => (call === 'update' ? stored.resolve() : undefined)
        const path = site.page((session) => {
          async function* body(): AsyncGenerator<string> {
            yield 'first '
            await left.pass()
            session.set('late', true)
            yield 'last'
          }
          return { body: body() }
        })
        const response = await ada.get(path)
        left.open()
        expect(await response.text()).toBe('first last')
        await stored.promise
        expect(await site.knows(ada)).toEqual({ name: 'ada', late: true })
      })

      test('a session that is opened only while the body is streamed can be read, and a known visitor changes it', async () => {
        const site = await open()
        const [left, stored] = [gate(), Promise.withResolvers<void>()]
        const ada = await site.ada()
        site.watch.after = (call) => (call === 'update' ? stored.resolve() : undefined)
        const path = site.plain(({ request }) => {
          async function* body(): AsyncGenerator<string> {
            yield 'hello '
            await left.pass()
            const session = await site.sessions.open(request)
            session.set('late', true)
            yield String(session.get('name'))
          }
          return { body: body() }
        })
        const response = await ada.get(path)
        left.open()
        expect(await response.text()).toBe('hello ada')
        await stored.promise
        expect(await site.knows(ada)).toEqual({ name: 'ada', late: true })
      })

      test('a late change whose store fails stops nothing: it is told as an event', async () => {
        const site = await open()
        const [left, failed] = [gate(), Promise.withResolvers<void>()]
        const ada = await site.ada()
        site.watch.before = (call) => {
          if (call !== 'update') return
          failed.resolve()
          boom()
        }
        const path = site.page((session) => {
          async function* body(): AsyncGenerator<string> {
            yield 'first '
            await left.pass()
            session.set('late', true)
            yield 'last'
          }
          return { body: body() }
        })
        const response = await ada.get(path)
        left.open()
        expect(await response.text()).toBe('first last')
        await failed.promise
        await settled()
        expect(site.events.filter(({ type }) => type === 'late-failed')).toMatchObject([{ error: { code: 'STORE_FAILED' } }])
        expect(await site.knows(ada)).toEqual({ name: 'ada' })
      })

      test('promise 7: a store that cannot be read fails the request and logs nobody out', async () => {
        quietly()
        const site = await open()
        const ada = await site.ada()
        site.watch.before = boom
        const path = site.page(does((session) => session.set('name', 'bob')))
        const response = await ada.get(path)
        expect([response.status, response.headers.getSetCookie()]).toEqual([500, []])
        site.watch.before = () => {}
        expect(await site.knows(ada)).toEqual({ name: 'ada' })
        expect((await ada.get(path)).status).toBe(200)
        expect(await site.knows(ada)).toEqual({ name: 'bob' })
      })

      test('promise 7: a page can answer by itself for a store that cannot be read', async () => {
        const site = await open()
        const ada = await site.ada()
        site.watch.before = boom
        const path = site.plain(({ request }) =>
          site.sessions.open(request).then(
            () => ok,
            (error) => ({ status: 503, body: codeOf(error) }),
          ),
        )
        const response = await ada.get(path)
        expect([response.status, await response.text(), response.headers.getSetCookie()]).toEqual([503, 'STORE_FAILED', []])
        site.watch.before = () => {}
        expect(await site.knows(ada)).toEqual({ name: 'ada' })
      })

      test.each([
        ['create', 'a new visitor'],
        ['update', 'a known one'],
      ])('promise 7: a store that fails at %s sends %s nothing of the answer', async (call) => {
        quietly()
        const site = await open()
        const someone = call === 'create' ? site.visitor() : await site.ada()
        site.watch.before = (now) => (now === call ? boom() : undefined)
        const path = site.page(
          does((session) => session.set('name', 'bob'), {
            status: 201,
            body: 'secret page',
            headers: [
              ['Cache-Control', 'public, max-age=3600'],
              ['Location', '/made'],
              ['ETag', '"1"'],
              ['Content-Length', '11'],
            ],
          }),
        )
        const response = await someone.get(path)
        expect([response.status, oursIn(response)]).toEqual([500, []])
        const { headers } = response
        expect([headers.get('location'), headers.get('etag'), headers.get('cache-control') ?? 'no-store']).toEqual([
          null,
          null,
          'no-store',
        ])
        expect(await response.text()).not.toContain('secret page')
        site.watch.before = () => {}
        expect(await site.knows(someone)).toEqual(call === 'create' ? {} : { name: 'ada' })
      })

      test('what a visitor was told had failed is not stored behind their back', async () => {
        quietly()
        const site = await open()
        const ada = await site.ada()
        let calls = 0
        site.watch.before = (call) => (call === 'update' && ++calls === 1 ? boom() : undefined)
        expect((await ada.get(site.page(does((session) => session.set('name', 'bob'))))).status).toBe(500)
        await settled()
        expect([await site.knows(ada), calls]).toEqual([{ name: 'ada' }, 1])
      })

      test('a store of one kind of sessions that fails fails the request, and no other cookie is cleared', async () => {
        quietly()
        const watch = watched(memoryStore())
        const basket = createSessions({ secrets: NEWER_SECRET, store: watch.store, cookie: { name: '__Host-basket' } })
        const site = await place(adapter, 'stored', [basket])
        const eve = site.visitor()
        const path = site.page(async (session, { request }) => {
          session.update('n', (n) => Number(n ?? 0) + 1)
          ;(await basket.open(request)).update('n', (n) => Number(n ?? 0) + 1)
          return ok
        })
        await eve.get(path)
        const before = eve.cookies().length
        watch.before = boom
        expect((await eve.get(path)).status).toBe(500)
        expect([before, eve.cookies().length]).toEqual([2, 2])
        watch.before = () => {}
        expect((await eve.get(path)).status).toBe(200)
      })

      test('a visitor who leaves in the middle loses nothing that the handler went on to do', async () => {
        const site = await open()
        const ada = await site.ada()
        const [working, stored] = [gate(), Promise.withResolvers<void>()]
        site.watch.after = (call) => (call === 'update' ? stored.resolve() : undefined)
        const path = site.page(async (session) => {
          await working.pass()
          session.set('paid', true)
          return ok
        })
        const browser = await dial(site.port)
        browser.send(`GET ${path} HTTP/1.1\nCookie: ${ada.jar.header(site.origin)}`)
        await working.reached
        const left = site.left()
        browser.hangUp()
        await left
        working.open()
        await stored.promise
        expect(await site.knows(ada)).toEqual({ name: 'ada', paid: true })
      })
    })
  })
}
