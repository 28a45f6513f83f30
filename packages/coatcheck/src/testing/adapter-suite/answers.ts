// What an adapter does to answers: headers, caches, streams.

import type { WebResponse } from '../../web.ts'
import { same, sure } from '../suite/trial.ts'
import { gate, type Play } from './site.ts'
import { alike, cookiesIn, type Story, sets } from './story.ts'

const PUBLIC = [
  ['Cache-Control', 'public, max-age=60'],
  ['CDN-Cache-Control', 'max-age=60'],
] as const

const cachingOf = ({ headers }: WebResponse): (string | null)[] =>
  ['cache-control', 'cdn-cache-control', 'vary'].map((name) => headers.get(name))

async function untouched({ ada, visitor, plain, backend }: Play): Promise<void> {
  const path = plain(() => ({ headers: PUBLIC, body: 'ok' }))
  for (const someone of [await ada(), visitor()]) {
    const response = await someone.get(path)
    alike(
      [...cachingOf(response), ...cookiesIn(response)],
      ['public, max-age=60', 'max-age=60', null],
      'the headers of a page that never asks for the session',
    )
  }
  alike(backend.calls, [], 'calls of the store for pages that never ask for the session')
}

async function readByStranger({ visitor, page, backend }: Play): Promise<void> {
  const eve = visitor()
  const path = page(async ({ session }) => String((await session.get('name')) ?? 'nobody'))
  const response = await eve.get(path)
  same(await response.text(), 'nobody', 'a stranger is told')
  alike([cookiesIn(response), backend.writes], [[], 0], 'Set-Cookie and writes for a stranger who only reads')
  same(response.headers.get('vary')?.toLowerCase().includes('cookie'), true, 'Vary names Cookie')
}

async function keptPrivate({ ada, visitor, page }: Play): Promise<void> {
  const reads = page(async ({ session }) => ({ headers: PUBLIC, body: String(await session.get('name')) }))
  const response = await (await ada()).get(reads)
  const [caching, cdn, vary] = cachingOf(response)
  sure(
    /private|no-store/.test(caching ?? '') && !/public/.test(caching ?? ''),
    `Cache-Control of a page that shows a session is ${caching}.`,
  )
  alike([cdn, vary?.toLowerCase().includes('cookie')], [null, true], 'CDN-Cache-Control is gone, and Vary names Cookie')
  const gives = await visitor().get(page(async (visit) => ({ headers: PUBLIC, body: await sets('a', 1)(visit) })))
  alike(cachingOf(gives).slice(0, 2), ['no-store', null], 'Cache-Control and CDN-Cache-Control of a page that gives a cookie')
}

async function otherHeaders({ visitor, page, knows }: Play): Promise<void> {
  const eve = visitor()
  const response = await eve.get(
    page(async ({ session }) => {
      for (const n of [1, 2, 3]) await session.set('n', n)
      return {
        status: 201,
        headers: [
          ['Set-Cookie', 'theme=dark; Path=/'],
          ['Set-Cookie', 'lang=de; Path=/'],
          ['X-Page', 'one'],
        ],
        body: 'made',
      }
    }),
  )
  const names = cookiesIn(response).map((line) => line.split('=', 1)[0])
  alike(
    [names.includes('theme'), names.includes('lang'), names.length],
    [true, true, 3],
    'the cookies of the page, and one of the session',
  )
  alike(
    [response.status, response.headers.get('x-page'), await response.text()],
    [201, 'one', 'made'],
    'status, header and body of the page',
  )
  alike(await knows(eve, 'n'), [3], 'the session holds')
}

async function head({ visitor, page, knows }: Play): Promise<void> {
  const eve = visitor()
  const { response, arrive } = await eve.begin(page(sets('seen', true)), { method: 'HEAD' })
  arrive()
  alike(
    [response.status, await response.text(), cookiesIn(response).length],
    [200, '', 1],
    'status, body and Set-Cookie lines of a HEAD',
  )
  alike(await knows(eve, 'seen'), [true], 'the session holds')
}

async function notModified({ ada, visitor, page, knows }: Play): Promise<void> {
  const path = page(async ({ session }) => {
    await session.set('seen', true)
    return { status: 304, headers: [['ETag', '"1"']], body: null }
  })
  const eve = visitor()
  for (const [someone, cookies] of [
    [eve, 1],
    [await ada(), 0],
  ] as const) {
    const response = await someone.get(path, { headers: { 'if-none-match': '"1"' } })
    alike(
      [response.status, await response.text(), cookiesIn(response).length],
      [304, '', cookies],
      'status, body and Set-Cookie lines of a 304',
    )
    alike(await knows(someone, 'seen'), [true], 'the session holds')
  }
}

/** Pieces of a body, the second of which waits. */
async function* pieces(between: () => Promise<string>): AsyncGenerator<string> {
  yield 'first '
  yield await between()
}

async function streamed({ visitor, ada, page, knows }: Play): Promise<void> {
  const [eve, left] = [visitor(), gate()]
  const response = await eve.get(
    page(async ({ session }) => {
      await session.set('streamed', true)
      return { body: pieces(() => left.pass().then(() => 'last')) }
    }),
  )
  same(cookiesIn(response).length, 1, 'Set-Cookie lines of a page that is streamed')
  left.open()
  same(await response.text(), 'first last', 'the stream')
  alike(await knows(eve, 'streamed'), [true], 'the session holds')
  const [known, late] = [await ada(), gate()]
  const stream = await known.get(
    page(({ session }) => ({
      body: pieces(async () => {
        await late.pass()
        await session.set('late', true)
        return 'last'
      }),
    })),
  )
  late.open()
  same(await stream.text(), 'first last', 'the stream')
  // It is stored soon after; so many requests take longer than that.
  let seen: unknown[] = []
  for (let n = 0; n < 50 && seen[0] !== true; n++) seen = await knows(known, 'late')
  alike(seen, [true], 'what was changed while the page was streamed is stored for a known visitor, who finds')
}

export const ANSWERS: readonly Story[] = [
  { name: 'leaves a page that never asks for the session as it is', test: untouched },
  { name: 'stores nothing for a stranger who only reads, and gives no cookie', test: readByStranger },
  { name: 'keeps what depends on a session out of shared caches', test: keptPrivate },
  { name: 'adds one cookie to those of the page, and changes nothing else', test: otherHeaders },
  { name: 'gives a HEAD the headers of a GET', test: head },
  { name: 'stores what a page did that answers 304', test: notModified },
  { name: 'stores before the first piece of a stream, and what a known visitor changes while it runs', test: streamed },
]
