import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { getRequestListener } from '@hono/node-server'
import type { Door, Handle, Reply } from '../../test/helpers/door.ts'
import { tellStories } from '../../test/helpers/door-stories.ts'
import { withSession } from './fetch.ts'

type Fetch = (request: Request) => Promise<Response>

/** The least that serves a `Request => Response` handler on node:http. */
function adapted(handle: Fetch): RequestListener {
  return async (req, res) => {
    try {
      await respond(await handle(requestOf(req)), res)
    } catch {
      if (!res.headersSent) res.writeHead(500)
      res.end()
    }
  }
}

function requestOf(req: IncomingMessage): Request {
  const headers = Object.entries(req.headers).map(([name, value]): [string, string] => [name, String(value)])
  const { method = 'GET' } = req
  const body = method === 'GET' || method === 'HEAD' ? null : (Readable.toWeb(req) as ReadableStream)
  return new Request(`http://${req.headers.host}${req.url}`, { method, headers, body, ...(body && { duplex: 'half' }) })
}

async function respond(response: Response, res: ServerResponse): Promise<void> {
  res.statusCode = response.status
  for (const [name, value] of response.headers) res.appendHeader(name, value)
  if (response.body && res.req.method !== 'HEAD') await pipeline(response.body, res)
  else res.end()
}

function streamOf(pieces: AsyncIterable<string>): ReadableStream<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]()
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next()
      if (done) controller.close()
      else controller.enqueue(new TextEncoder().encode(value))
    },
  })
}

function responseOf({ status = 200, headers = [], body = '', redirect }: Reply): Response {
  if (redirect !== undefined)
    return new Response(null, { status: 303, headers: [...headers, ['location', redirect]] as [string, string][] })
  return new Response(typeof body === 'string' ? body : streamOf(body), { status, headers: headers as [string, string][] })
}

const behind = (handle: Handle, sessions: readonly object[]): Fetch =>
  sessions.reduceRight<Fetch>(
    (inner, each) => withSession(each, inner),
    async (request) => responseOf(await handle({ request, path: new URL(request.url).pathname })),
  )

const doors: Door[] = [
  {
    name: 'fetch, served by a small adapter',
    answersThrows: false,
    listener: (handle, sessions) => adapted(behind(handle, sessions)),
  },
  {
    name: 'fetch, served by @hono/node-server',
    answersThrows: false,
    listener: (handle, sessions) => getRequestListener(behind(handle, sessions), { overrideGlobalObjects: false }),
  },
]
for (const door of doors) tellStories(door)
