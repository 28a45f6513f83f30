import { expect, test, vi } from 'vitest'
import { SECRET } from '../../../test/helpers/site.ts'
import { memoryStore } from '../../stores/memory.ts'
import { nextSessions } from '../next.ts'

// How a proxy that changes the request itself passes its session on. Next is not installed here: these stand for what is used of it, and
// examples/next tries the rest in Next itself.

const { request } = vi.hoisted(() => ({
  request: new Request('https://app.test/', { headers: { host: 'app.test', cookie: 'a=1' } }),
}))
vi.mock('next/headers.js', () => ({
  headers: async () => request.headers,
  cookies: async () => ({ getAll: () => [{ name: 'a', value: '1' }], set: () => {}, delete: () => {} }),
}))
vi.mock('next/server.js', () => {
  /** As Next writes it. */
  const next = (init?: { request: { headers: Headers } }) => {
    const headers = new Headers({ 'x-middleware-next': '1' })
    const given = [...(init?.request.headers ?? [])]
    for (const [name, value] of given) headers.set(`x-middleware-request-${name}`, value)
    if (init) headers.set('x-middleware-override-headers', given.map(([name]) => name).join(','))
    return new Response(null, { headers })
  }
  return { NextResponse: { next } }
})

const { getSession, proxy } = nextSessions<{ n: number }>({ secrets: SECRET, store: memoryStore(), cookie: { name: 'proxied' } })
const count = async () => void (await getSession()).update('n', (n = 0) => n + 1)

async function passedOn(answer: () => Response | undefined) {
  const handler = proxy(async () => {
    await count()
    return answer()
  })
  const { headers } = (await handler(request)) ?? new Response()
  const [line = ''] = headers.getSetCookie()
  const names = headers.get('x-middleware-override-headers')?.split(',')
  return { headers, given: line.split(';')[0], names, cookie: headers.get('x-middleware-request-cookie') }
}

test('F25: who returns nothing lets the request go on, with all its headers and the new cookie', async () => {
  const { given, names, cookie, headers } = await passedOn(() => undefined)
  expect(given).toMatch(/^proxied=./)
  expect([names?.toSorted(), headers.get('x-middleware-request-host')]).toEqual([['cookie', 'host'], 'app.test'])
  expect(cookie).toBe(`a=1; ${given}`)
})

test('F25: headers that the proxy itself changed, or took away, stay changed', async () => {
  const changed = {
    'x-middleware-rewrite': '/other',
    'x-middleware-override-headers': 'x-own',
    'x-middleware-request-x-own': '1',
  }
  const { given, names, cookie, headers } = await passedOn(() => new Response(null, { headers: changed }))
  expect([names, headers.get('x-middleware-request-x-own'), cookie]).toEqual([['x-own', 'cookie'], '1', given])
})

test('F26: an answer of its own gets the cookie, and is told to no page', async () => {
  const { given, names, headers } = await passedOn(() => Response.redirect('https://app.test/login'))
  expect(given).toMatch(/^proxied=./)
  expect([names, headers.get('location'), headers.get('cache-control')]).toEqual([
    undefined,
    'https://app.test/login',
    'no-store',
  ])
})
