import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { expect, it } from 'vitest'
import { copyOf } from './response-headers.ts'

/** A response of `@hono/node-server` of which nobody asked for the body: it is no response of Node's yet. */
const isLight = (response: Response): boolean =>
  Object.getOwnPropertySymbols(response).some(({ description }) => description === 'cache')

interface Sent {
  readonly status: number
  readonly reason: string
  readonly type: string | null
  readonly own: string | null
  readonly text: string
}

/** What a client of node-server gets for this response, and for a copy of it which has another header. */
async function sent(make: () => Response): Promise<readonly [original: Sent, copied: Sent, wasLight: boolean]> {
  let wasLight = false
  // From here on `Response` is the light one, in this file.
  const listener = getRequestListener((request) => {
    const response = make()
    if (!request.url.endsWith('/copy')) return response
    const copy = copyOf(response)
    wasLight = isLight(response) && isLight(copy)
    copy.headers.set('x-own', 'copied')
    expect(response.headers.get('x-own')).toBeNull()
    return copy
  })
  const server = createServer(listener)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const ask = async (path: string): Promise<Sent> => {
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, { redirect: 'manual' })
    const { status, statusText: reason, headers } = response
    return { status, reason, type: headers.get('content-type'), own: headers.get('x-own'), text: await response.text() }
  }
  try {
    return [await ask('/'), await ask('/copy'), wasLight]
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const bytes = (text: string) => new TextEncoder().encode(text)
const streaming = (text: string) =>
  new ReadableStream({
    start(controller) {
      controller.enqueue(bytes(text))
      controller.close()
    },
  })

it.each<[string, () => Response, boolean]>([
  ['a text', () => new Response('ok'), true],
  ['an empty text', () => new Response(''), true],
  [
    'a text with its status and type',
    () => new Response('{}', { status: 201, headers: { 'content-type': 'application/json' } }),
    true,
  ],
  ['bytes', () => new Response(bytes('ok'), { headers: { 'content-type': 'image/png' } }), true],
  ['a redirect', () => Response.redirect('https://app.test/', 303), true],
  ['nothing', () => new Response(null, { status: 204 }), true],
  ['a stream', () => new Response(streaming('ok'), { headers: { 'content-type': 'text/plain' } }), false],
  ['a form', () => new Response(new URLSearchParams({ a: 'b' })), false],
])('a copy is sent as the response is: %s', async (_, make, staysLight) => {
  const [original, copied, wasLight] = await sent(make)
  expect(copied).toEqual({ ...original, own: 'copied' })
  expect(wasLight).toBe(staysLight)
})

it('a copy of a response that was read is refused as it is by the platform', async () => {
  const response = new Response('ok')
  await response.text()
  expect(() => copyOf(response)).toThrow(TypeError)
})
