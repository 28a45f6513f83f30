import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { site } from '../../test/helpers/site.ts'
import { inspector, recorder } from '../inspector.ts'
import { memoryStore } from '../stores/memory.ts'
import { MOST_STREAMS } from './stream.ts'

const telemetry = recorder()
const at = site({ store: memoryStore(), telemetry })
const inspect = inspector(at.sessions)
const app = express()
app.use('/bare', inspect.node)
app.use(express.urlencoded({ extended: false }))
app.use('/parsed', inspect.node)
app.use(((error, _req, res, _next) => void res.status(500).send(`failed: ${error.code}`)) satisfies express.ErrorRequestHandler)
const server = createServer(app)
let origin: string
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  origin = `http://localhost:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

describe.each(['/bare', '/parsed/deeper'])('in Express, under %s', (path) => {
  it('shows pages, takes forms, and refuses those of others', async () => {
    const ada = at.person()
    await ada.does((session) => session.signIn('ada'))
    const page = await fetch(`${origin}${path}?sort=owner`)
    expect([page.status, page.headers.get('cache-control')]).toEqual([200, 'no-store'])
    const [, handle = ''] = /\?session=([0-9a-f]{64})/.exec(await page.text()) ?? []
    const send = (headers: Record<string, string>) =>
      fetch(`${origin}${path}`, { method: 'POST', redirect: 'manual', body: new URLSearchParams({ do: 'end', handle }), headers })
    expect((await send({ origin: 'https://evil.example' })).status).toBe(403)
    const ended = await send({ origin })
    expect([ended.status, ended.headers.get('location')]).toEqual([303, expect.stringMatching(/^\?owner=\w{64}&said=1$/)])
    expect(await ada.does((session) => session.owner)).toBeUndefined()
    // One more, so that the next round has somebody to end.
    expect((await fetch(`${origin}${path}`, { headers: { 'x-forwarded-for': '10.0.0.1' } })).status).toBe(403)
  })
})

describe('over node:http', () => {
  it('streams what happens while it is read, and stops when the reader goes', async () => {
    const streams = await Promise.all(Array.from({ length: MOST_STREAMS }, () => fetch(`${origin}/bare?stream=new`)))
    expect(streams.map(({ status }) => status)).toEqual(streams.map(() => 200))
    expect(streams[0]?.headers.get('content-type')).toBe('text/event-stream')
    const refused = await fetch(`${origin}/bare?stream=new`)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '30'])
    const reader = streams[0]?.body?.pipeThrough(new TextDecoderStream()).getReader()
    const until = async (text: string) => {
      let read = ''
      while (!read.includes(text)) read += (await reader?.read())?.value ?? expect.fail(`The stream ended after ${read}`)
    }
    await until('retry')
    await at.person().does((session) => session.signIn('live'))
    await until('"type":"created"')
    await reader?.cancel()
    for (const each of streams.slice(1)) await each.body?.cancel()
    // The place of one that has gone is free again, as soon as the server hears of it.
    await expect
      .poll(async () => {
        const again = await fetch(`${origin}/bare?stream=new`)
        await again.body?.cancel()
        return again.status
      })
      .toBe(200)
  })

  it('hands a request that names no host to who handles errors', async () => {
    const { port } = server.address() as AddressInfo
    const asked = request({ port, host: '127.0.0.1', path: '/bare', headers: { host: 'a b' } })
    asked.end()
    const [response] = await once(asked, 'response')
    expect(response.statusCode).toBe(500)
    expect((await response.toArray()).join('')).toBe('failed: BAD_VALUE')
  })
})
