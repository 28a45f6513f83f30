import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Serve, type Visitor, visitor } from './visitor.ts'

const seen = (request: Request): string => request.headers.get('cookie') ?? 'nobody'

/** A small site, once as a handler and once over HTTP. */
async function site(request: Request): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url)
  if (pathname === '/sign-in') {
    const headers = new Headers({ location: '/account', 'x-page': 'sign-in' })
    headers.append('set-cookie', `sid=${(await request.formData()).get('name')}; Path=/; HttpOnly`)
    headers.append('set-cookie', 'seen=1; Path=/')
    return new Response('on your way', { status: 303, headers })
  }
  if (pathname === '/set') return new Response(seen(request), { headers: { 'set-cookie': searchParams.get('line') ?? '' } })
  if (pathname === '/moved') {
    const location = searchParams.get('to') ?? '/echo'
    return new Response(null, {
      status: Number(searchParams.get('status')),
      headers: { location, 'set-cookie': 'hop=1; Path=/' },
    })
  }
  if (pathname === '/around') return Response.redirect(new URL('/around', request.url))
  const type = request.headers.get('content-type')?.split(';')[0] ?? 'no body'
  const headers = { 'x-page': pathname, 'x-agent': request.headers.get('x-agent') ?? '' }
  return new Response(`${request.method} ${pathname} ${seen(request)} ${type} ${await request.text()}`.trim(), { headers })
}

const server = createServer(async (incoming, outgoing) => {
  const chunks: Uint8Array<ArrayBuffer>[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  const { method = 'GET' } = incoming
  const headers = new Headers(Object.entries(incoming.headers).map(([name, value]): [string, string] => [name, String(value)]))
  const body = method === 'GET' || method === 'HEAD' ? {} : { body: new Blob(chunks) }
  const response = await site(new Request(new URL(incoming.url ?? '/', origin), { method, headers, ...body }))
  outgoing.writeHead(response.status, [...response.headers].flat())
  outgoing.end(await response.text())
})
let origin = ''
beforeAll(async () => {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => new Promise((closed) => server.close(closed)))

describe.each<[string, () => Serve]>([
  ['a handler', () => site],
  ['a server on 127.0.0.1', () => origin],
])('a visitor of %s', (_, serve) => {
  const said = async (response: Promise<Response>): Promise<string> => (await response).text()

  test('signs in with a form, follows the redirect with the new cookies, and is known from then on', async () => {
    const ada = visitor(serve())
    expect(await said(ada.post('/sign-in', { name: 'ada' }))).toBe('GET /account sid=ada; seen=1 no body')
    expect(await said(ada.get('/'))).toBe('GET / sid=ada; seen=1 no body')
    expect(ada.cookies()).toMatchObject([{ name: 'sid', httpOnly: true }, { name: 'seen' }])
  })

  test('can stay and look at the redirect itself', async () => {
    const ada = visitor(serve(), { follow: false })
    const response = await ada.post('/sign-in', { name: 'ada' })
    expect([response.status, response.headers.get('location')]).toEqual([303, '/account'])
    expect(ada.header('x-page')).toBe('sign-in')
    expect(await said(ada.get('/moved?status=302', { follow: true }))).toBe('GET /echo sid=ada; seen=1; hop=1 no body')
  })

  test.each([
    [301, 'POST', 'GET /echo hop=1 no body'],
    [302, 'POST', 'GET /echo hop=1 no body'],
    [303, 'PUT', 'GET /echo hop=1 no body'],
    [302, 'PUT', 'PUT /echo hop=1 text/plain hello'],
    [307, 'POST', 'POST /echo hop=1 text/plain hello'],
    [308, 'POST', 'POST /echo hop=1 text/plain hello'],
  ])('follows a %i of a %s as a browser does: %s', async (status, method, answer) => {
    const ada = visitor(serve())
    expect(await said(ada.post(`/moved?status=${status}`, 'hello', { method }))).toBe(answer)
  })

  test('gives up on a circle of redirects', async () => {
    await expect(visitor(serve()).get('/around')).rejects.toThrow('more than 20 times')
  })

  test('carries the cookies of the moment a request begins, and takes new ones as the answers arrive', async () => {
    const ada = visitor(serve())
    const first = await ada.begin(`/set?line=${encodeURIComponent('a=1')}`)
    const second = await ada.begin(`/set?line=${encodeURIComponent('a=2')}`)
    expect(await said(ada.get('/')), 'nothing has arrived').toBe('GET / nobody no body')
    second.arrive()
    first.arrive()
    expect(await said(ada.get('/')), 'the answers crossed: the first came last').toBe('GET / a=1 no body')
    second.arrive()
    expect(await said(ada.get('/')), 'an answer arrives once').toBe('GET / a=1 no body')
    expect(await first.response.text()).toBe('nobody')
  })

  test('does many things at once, all with the cookies of now', async () => {
    const ada = visitor(serve())
    ada.plant('sid=ada')
    const answers = await ada.parallel(8, (index) => said(ada.get(`/set?line=${encodeURIComponent(`n${index}=1`)}`)))
    expect(answers).toEqual(Array(8).fill('sid=ada'))
    expect(ada.cookies()).toHaveLength(9)
  })

  test('sends the headers of all its requests, and those of one', async () => {
    const ada = visitor(serve(), { headers: { 'x-agent': 'ada' } })
    await ada.get('/')
    expect(ada.header('X-Agent')).toBe('ada')
    await ada.get('/', { headers: { 'x-agent': 'grace' } })
    expect(ada.header('x-agent')).toBe('grace')
    expect(ada.header('x-other')).toBeNull()
  })

  test('sends a Cookie header given by hand in place of its own', async () => {
    const ada = visitor(serve())
    ada.plant('sid=ada')
    expect(await said(ada.get('/', { headers: { cookie: 'sid=forged' } }))).toBe('GET / sid=forged no body')
  })

  test('sends a request made elsewhere, with its cookies', async () => {
    const ada = visitor(serve())
    ada.plant('sid=ada')
    const request = new Request(new URL('/echo', ada.origin), { method: 'PATCH', body: 'hello' })
    expect(await said(ada.send(request))).toBe('PATCH /echo sid=ada text/plain hello')
  })

  test('is robbed: the thief has the cookies of that moment, and a browser of his own', async () => {
    const ada = visitor(serve())
    await ada.post('/sign-in', { name: 'ada' })
    const mallory = ada.steal()
    await ada.get(`/set?line=${encodeURIComponent('sid=; Path=/; Max-Age=0')}`)
    expect(await said(ada.get('/'))).toBe('GET / seen=1 no body')
    expect(await said(mallory.get('/'))).toBe('GET / sid=ada; seen=1 no body')
  })
})

describe('what a visitor has presented', () => {
  test('is what the server knows it by: its cookies for a path, and its own headers', () => {
    const ada = visitor(site, { headers: { 'x-agent': 'ada' } })
    expect(ada.presents()).toEqual({ 'x-agent': 'ada' })
    ada.plant('sid=ada; Path=/')
    ada.plant('cart=1; Path=/shop')
    expect(ada.presents()).toEqual({ cookie: 'sid=ada', 'x-agent': 'ada' })
    expect(ada.presents('/shop/now')).toEqual({ cookie: 'cart=1; sid=ada', 'x-agent': 'ada' })
  })

  test('can be presented again by others, whatever the server answers', async () => {
    const ada = visitor(site, { headers: { 'x-agent': 'ada' } })
    await ada.get('/')
    expect(ada.past(), 'no cookie was sent yet').toEqual([])
    ada.plant('sid=1')
    await ada.get('/')
    await ada.get('/')
    ada.plant('sid=2')
    await ada.get('/')
    ada.plant('sid=3')
    const past = ada.past()
    expect(past.map((each) => each.presents())).toEqual([
      { cookie: 'sid=1', 'x-agent': 'ada' },
      { cookie: 'sid=2', 'x-agent': 'ada' },
    ])
    const [first] = past
    await first?.get(`/set?line=${encodeURIComponent('sid=new')}`)
    expect(await (await first?.get('/'))?.text()).toBe('GET / sid=1 no body')
  })
})

describe('a visitor', () => {
  test('is planted a cookie by a neighbour, which comes before his own', async () => {
    const ada = visitor(site)
    await ada.get(`/set?line=${encodeURIComponent('sid=ada; Path=/')}`)
    expect(ada.plant('sid=evil; Domain=app.test; Path=/echo', 'https://sub.app.test')).toBeUndefined()
    expect(await (await ada.get('/echo')).text()).toContain('sid=evil; sid=ada')
    expect(ada.plant('__Host-sid=evil; Secure; Path=/; Domain=app.test', 'https://sub.app.test')).toContain('__Host-')
  })

  test('remembers which cookies of a server were dropped, and why', async () => {
    const ada = visitor(site)
    await ada.get(`/set?line=${encodeURIComponent('__Host-sid=1; Path=/')}`)
    expect(ada.refused).toEqual([{ line: '__Host-sid=1; Path=/', why: 'it needs Secure' }])
  })

  test('comes from another site with what SameSite leaves', async () => {
    const ada = visitor(site)
    ada.plant('lax=1')
    ada.plant('none=1; SameSite=None; Secure')
    const from = 'https://evil.test'
    expect(await (await ada.get('/', { from })).text()).toBe('GET / lax=1; none=1 no body')
    expect(await (await ada.post('/', {}, { from })).text()).toContain('POST / none=1 ')
    const request = new Request('https://app.test/echo', { method: 'DELETE' })
    expect(await (await ada.send(request, { from })).text()).toContain('DELETE /echo none=1 ')
  })

  test('goes by a clock that the test moves', async () => {
    let time = 0
    const ada = visitor(site, { now: () => time })
    ada.plant('sid=ada; Max-Age=60')
    time = 60_000
    expect(ada.cookies()).toEqual([])
  })

  test('of one handler is sent on to other hosts; of a running server never leaves it', async () => {
    const hosts: string[] = []
    const ada: Visitor = visitor((request) => {
      hosts.push(new URL(request.url).host)
      return hosts.length === 1 ? Response.redirect('https://login.app.test/') : new Response('here')
    })
    expect(await (await ada.get('/')).text()).toBe('here')
    expect(hosts).toEqual(['app.test', 'login.app.test'])
    const elsewhere = await visitor(origin).get('/moved?status=302&to=https://elsewhere.test/')
    expect(elsewhere.status).toBe(302)
  })

  test('stops waiting when told to', async () => {
    const stop = new AbortController()
    const ada = visitor(
      (request) => new Promise((_, reject) => request.signal.addEventListener('abort', () => reject(request.signal.reason))),
    )
    const waiting = ada.get('/', { signal: stop.signal })
    stop.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
  })
})

describe('a request that may change something says where it is from, as browsers do', () => {
  const whence: Serve = ({ headers }) => new Response(`${headers.get('origin')} ${headers.get('sec-fetch-site')}`)
  const blog = 'https://blog.app.test/post'
  test.each([
    ['from the site itself', {}, 'https://app.test same-origin'],
    ['from a sibling', { from: blog }, 'https://blog.app.test same-site'],
    ['from another site', { from: 'https://evil.example' }, 'https://evil.example cross-site'],
    ['from a frame', { within: 'https://evil.example' }, 'https://evil.example cross-site'],
    ['with an Origin of the test', { headers: { origin: 'null' } }, 'null null'],
    ['with the other header of the test', { headers: { 'sec-fetch-site': 'none' } }, 'null none'],
  ] as const)('%s', async (_, init, said) => {
    expect(await (await visitor(whence).post('/', {}, init)).text()).toBe(said)
  })

  test('over plain http, Origin alone; on this machine both', async () => {
    const at = async (origin: string) => (await visitor(whence, { origin }).post('/')).text()
    expect(await at('http://app.test')).toBe('http://app.test null')
    expect(await at('http://localhost:3000')).toBe('http://localhost:3000 same-origin')
    expect(await at('http://127.0.0.1:3000')).toBe('http://127.0.0.1:3000 same-origin')
  })

  test('and one that only reads says nothing', async () => {
    expect(await (await visitor(whence).get('/')).text()).toBe('null null')
  })
})
