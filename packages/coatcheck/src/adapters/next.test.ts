import type { IncomingMessage, ServerResponse } from 'node:http'
import { expect, test, vi } from 'vitest'
import type { Adapter, TicketResponse } from '../../test/helpers/adapter.ts'
import { quietly, tellStories } from '../../test/helpers/adapter-stories.ts'
import { serving } from '../../test/helpers/serving.ts'
import { SECRET } from '../../test/helpers/site.ts'
import { adapterOf } from '../core/adapter.ts'
import { memoryStore } from '../stores/memory.ts'
import { visitor } from '../testing/visitor.ts'
import { now, setClock } from './next/clock.ts'
import { cookieHeader } from './next/here.ts'
import { Visits } from './next/visits.ts'
import { wrapped } from './next/wrapped.ts'
import { nextSessions } from './next.ts'

// What runs below pages/ is tried here, on node:http as Next's server is. Everything else needs Next itself: examples/next.

type Listener = (req: IncomingMessage, res: ServerResponse) => Promise<unknown>

async function respond({ status = 200, headers = [], body = '', redirect }: TicketResponse, res: ServerResponse): Promise<void> {
  res.statusCode = redirect === undefined ? status : 303
  if (redirect !== undefined) res.setHeader('Location', redirect)
  for (const [name, value] of headers) res.appendHeader(name, value)
  if (typeof body === 'string') return void res.end(body)
  for await (const piece of body) res.write(piece)
  res.end()
}

const pages: Adapter = {
  name: 'an API route of Next, wrapped',
  answersThrows: true,
  listener(handle, sessions) {
    const inner: Listener = async (req, res) => respond(await handle({ request: req, path: req.url ?? '' }), res)
    const wrap = (act: Listener, each: (typeof sessions)[number]): Listener => {
      const visits = new Visits(adapterOf(each))
      return (req, res) => wrapped(visits, [req, res], () => act(req, res))
    }
    const outer = sessions.reduceRight(wrap, inner)
    return (req, res) =>
      void outer(req, res).catch((error) => {
        // As Next does.
        console.error(error)
        if (res.headersSent) return res.destroy()
        res.statusCode = 500
        res.end('Internal Server Error')
      })
  },
}
tellStories(pages)

/** A server of one API route. */
async function route(act: (req: IncomingMessage, res: ServerResponse) => unknown) {
  const { origin } = await serving(
    (req, res) => void Promise.resolve(act(req, res)).catch(() => res.headersSent || res.writeHead(500).end()),
  )
  return visitor(origin, { follow: false })
}
/** What a module says, each time that it is loaded. Tests of different sites share nothing. */
const options = (site: string) => ({ secrets: SECRET, store: memoryStore(), cookie: { name: `next-${site}` } })

test('an API route stores what it changed when its headers leave, and getServerSideProps may pass its context', async () => {
  const { getSession } = nextSessions<{ n: number }>(options('api'))
  const eve = await route(async (req, res) => {
    const session = await getSession(req, res)
    expect(await getSession({ req, res })).toBe(session)
    res.end(String(session.update('n', (n = 0) => n + 1)))
  })
  const first = await eve.get('/api')
  expect([await first.text(), first.headers.getSetCookie().length]).toEqual(['1', 1])
  const second = await eve.get('/api')
  expect([await second.text(), second.headers.getSetCookie()]).toEqual(['2', []])
})

test('save() stores at once, also from below pages/', async () => {
  const { getSession, sessions } = nextSessions(options('save'))
  const eve = await route(async (req, res) => {
    const session = await getSession(req, res)
    session.signIn('ada')
    await session.save()
    const { sessions: kept } = await sessions.list('ada')
    res.end(String(kept.length))
  })
  expect(await (await eve.get('/save')).text()).toBe('1')
})

test('F24: the copies of one module share the records that are in memory', async () => {
  const [one, other] = [nextSessions<{ n: number }>(options('copies')), nextSessions<{ n: number }>(options('copies'))]
  const eve = await route(async (req, res) => {
    const { getSession } = req.url === '/copies/one' ? one : other
    const session = await getSession(req, res)
    res.end(String(session.update('n', (n = 0) => n + 1)))
  })
  for (const [path, n] of [
    ['/one', '1'],
    ['/other', '2'],
    ['/one', '3'],
  ] as const)
    expect(await (await eve.get(`/copies/${path}`)).text()).toBe(n)
})

test('of a wrapped route that throws nothing is stored, unless it threw an answer of Next', async () => {
  quietly()
  const { getSession, withSession } = nextSessions<{ n: number }>(options('throws'))
  const eve = await route(
    withSession(async (req: IncomingMessage, res: ServerResponse) => {
      const session = await getSession(req, res)
      const n = session.update('n', (n = 0) => n + 1)
      if (req.url === '/throws/throws') throw new Error('no')
      if (req.url === '/throws/leads') {
        res.writeHead(303, { location: '/' }).end()
        throw Object.assign(new Error('NEXT_REDIRECT'), { digest: 'NEXT_REDIRECT;push;/;307;' })
      }
      res.end(String(n))
    }),
  )
  for (const path of ['throws', 'throws', 'leads']) await eve.get(`/throws/${path}`)
  expect(await (await eve.get('/throws')).text()).toBe('2')
})

test('F32: the clock never asks for the date but where Next allows it, and goes by a date that was set since', () => {
  const date = vi.spyOn(Date, 'now')
  expect(Math.abs(now() - performance.timeOrigin - performance.now())).toBeLessThan(60_000)
  expect(date).not.toHaveBeenCalled()
  date.mockReturnValue(1_800_000_000_000)
  setClock()
  expect(Math.floor(now() / 60_000)).toBe(30_000_000)
  date.mockRestore()
  setClock()
})

test('wrong options are refused where they are written', () => {
  expect(() => nextSessions({ secrets: SECRET, persist: true } as never)).toThrow(
    expect.objectContaining({ code: 'BAD_OPTIONS' }),
  )
})

test.each([
  [
    'as it came, with what only Next decodes',
    'a=s%3A1%2F2; b=c+/=; c=%zz',
    { a: 's:1/2', b: 'c+/=', c: '%zz' },
    'a=s%3A1%2F2; b=c+/=; c=%zz',
  ],
  ['with what the proxy gave', 'a=1; b=2', { a: '1', b: '3 %', c: '4' }, 'a=1; b=3%20%25; c=4'],
  ['without what was taken away', 'a=1; b=2', { b: '2' }, 'b=2'],
  ['both of one name', 'a=1; a=2', { a: '2' }, 'a=1; a=2'],
  ['nothing', '', {}, ''],
])('the Cookie header of a request is made of the cookies that Next shows: %s', (_, came, shown, header) => {
  const getAll = () => Object.entries(shown).map(([name, value]) => ({ name, value }))
  expect(cookieHeader({ getAll }, came)).toBe(header)
})
