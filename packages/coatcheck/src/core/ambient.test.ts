import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { COOKIE, SECRET } from '../../test/helpers/site.ts'
import { memoryStore } from '../stores/memory.ts'
import { ambient, lastWord, watchRequests, within } from './ambient.ts'
import { faceOf, sessionsOf } from './sessions.ts'
import { presentedBy } from './transport.ts'

const sessions = faceOf(sessionsOf({ secrets: SECRET, store: memoryStore() }))

/** What a framework's storage does that is given nothing but a Cookie header. */
async function loader(cookie: string | null, key: string): Promise<string> {
  const here = ambient()
  const scope = here ? sessions.scope(here.identity, presentedBy(cookie)) : sessions.detached(presentedBy(cookie))
  if (here?.res) lastWord(here.res, scope)
  const session = await scope.open()
  session.set(key, true)
  const { current } = await scope.commit()
  return current.map(([, line]) => line).join()
}

let server: Server
let origin = ''
beforeAll(async () => {
  watchRequests()
  watchRequests()
  server = createServer(async (req, res) => {
    const cookie = req.headers.cookie ?? null
    const lines = await Promise.all(['a', 'b'].map((key) => loader(cookie, key)))
    // As a router does: the order of routes, not that of commits; and once as an object given to writeHead.
    if (req.url === '/object') res.writeHead(200, { 'set-cookie': [...lines.reverse(), 'other=1'] })
    else for (const line of lines.reverse()) res.appendHeader('set-cookie', line)
    res.end('ok')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())

describe('the request that code runs in', () => {
  test.each(['/', '/object'])('F3: two loaders of a new visitor share one session, and one cookie leaves (%s)', async (path) => {
    const response = await fetch(origin + path)
    const ours = response.headers.getSetCookie().filter((line) => line.startsWith(COOKIE))
    expect(ours).toHaveLength(1)
    expect(response.headers.get('cache-control')).toBe('no-store')
    const scope = sessions.detached(presentedBy(ours[0]?.split(';')[0]))
    expect((await scope.open()).keys().sort()).toEqual(['a', 'b'])
  })

  test('is another one for each of 20 requests at once on kept connections', async () => {
    const responses = await Promise.all(Array.from({ length: 20 }, () => fetch(origin)))
    const tickets = responses.map((response) => response.headers.getSetCookie()[0])
    expect(new Set(tickets).size).toBe(20)
  })

  test('is nothing outside of one', () => {
    expect(ambient()).toBeUndefined()
  })

  test('is what `within` names, for all that is done inside', async () => {
    const request = new Request('https://a.example/')
    const seen = await within(request, async () => {
      await Promise.resolve()
      return ambient()?.identity
    })
    expect(seen).toBe(request)
    expect(ambient()).toBeUndefined()
  })
})

test('there is no last word on what is no response of node:http', () => {
  expect(lastWord({ headersSent: false } as never, sessions.detached(presentedBy(null)))).toBe(false)
})
