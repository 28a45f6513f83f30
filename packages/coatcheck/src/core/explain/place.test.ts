import { Context } from 'hono'
import { describe, expect, it } from 'vitest'
import { isLoopback, placeOf } from './place.ts'

const none = (): undefined => undefined
const headers = (given: Readonly<Record<string, string>>) => (name: string) => given[name]

describe('the address of a request', () => {
  const web = new Request('https://Shop.test:8443/a/b?token=1#c', { method: 'post' })
  const node = { url: '/a/b?token=1', method: 'POST', socket: { encrypted: true }, headers: {} }
  const there = { method: 'POST', scheme: 'https', path: '/a/b' }

  it.each([
    ['a Request', web],
    ['a context of Hono', new Context(web)],
    ['an event with the request in it', { request: web }],
    ["Koa's context", { req: node }],
    ["Fastify's request", { raw: node }],
    ["h3's event on Node", { node: { req: node } }],
    ["Node's request", node],
  ])('of %s', (_, given) => {
    expect(placeOf(given, none)).toMatchObject(there)
  })

  it('has the host of the headers, without the port', () => {
    expect(placeOf(web, none).host).toBe('shop.test')
    expect(placeOf(node, headers({ host: 'A.test:3000' })).host).toBe('a.test')
    expect(placeOf(node, headers({ host: '[::1]:3000' })).host).toBe('[::1]')
    expect(placeOf(node, headers({ host: 'inside', 'x-forwarded-host': 'a.test, inside' })).host).toBe('a.test')
  })

  it('has the scheme that a proxy names', () => {
    const plain = { ...node, socket: {} }
    expect(placeOf(plain, none).scheme).toBe('http')
    expect(placeOf(plain, headers({ 'x-forwarded-proto': 'HTTPS,http' })).scheme).toBe('https')
    expect(placeOf(plain, headers({ forwarded: 'for="[::1]";proto="https";host=a.test' })).scheme).toBe('https')
    expect(placeOf(plain, headers({ 'x-forwarded-proto': 'javascript' })).scheme).toBeUndefined()
  })

  it('is not known of what is no request, or throws when it is looked at', () => {
    const angry = {
      get url(): string {
        throw new Error('not now')
      },
    }
    for (const given of [undefined, null, 7, 'https://a.test/', {}, angry, { request: angry }])
      expect(placeOf(given, none)).toEqual({ method: undefined, scheme: undefined, host: undefined, path: undefined })
  })
})

it('loopback is what browsers trust without https', () => {
  for (const host of ['localhost', 'app.localhost', '127.0.0.1', '127.8.9.1', '[::1]']) expect(isLoopback(host), host).toBe(true)
  for (const host of [undefined, 'localhost.test', '128.0.0.1', '127.0.0.1.test', '0.0.0.0', 'app.test'])
    expect(isLoopback(host), host).toBe(false)
})
