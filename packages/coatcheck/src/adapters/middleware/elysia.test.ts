import type { Server } from 'node:http'
import { Readable } from 'node:stream'
import { node } from '@elysiajs/node'
import { type AnyElysia, Elysia } from 'elysia'
import { describe, expect, onTestFinished, test } from 'vitest'
import { appOf } from '../../../test/children/elysia-app.ts'
import type { Adapter, TicketResponse } from '../../../test/helpers/adapter.ts'
import { tellStories } from '../../../test/helpers/adapter-stories.ts'
import { tellOfElysia } from '../../../test/helpers/elysia.ts'
import { SECRET } from '../../../test/helpers/site.ts'
import { createSessions, type Sessions } from '../../core/sessions.ts'
import { session } from './elysia.ts'

/** What @elysiajs/node serves with. */
interface Served {
  readonly node: { readonly server: Server }
  readonly url: string
  ready(): Promise<unknown>
  close(closeAll: boolean): Promise<unknown>
}

function listen(app: AnyElysia, options: object): Served {
  let served: Served | undefined
  app.listen({ port: 0, hostname: '127.0.0.1', ...options }, (info) => {
    served = (info as unknown as { raw: Served }).raw
  })
  if (served) return served
  throw new Error('@elysiajs/node did not begin to listen')
}

function respond({ status = 200, headers = [], body = '', redirect }: TicketResponse): Response {
  const all = new Headers(headers.map(([name, value]): [string, string] => [name, value]))
  if (redirect !== undefined) all.set('location', redirect)
  const stream =
    typeof body === 'string'
      ? body
      : (Readable.toWeb(Readable.from(body).map((piece: string) => Buffer.from(piece))) as ReadableStream)
  return new Response(stream || null, { status: redirect === undefined ? status : 303, headers: all })
}

const adapter: Adapter = {
  name: 'Elysia',
  answersThrows: true,
  listener(handle, sessions) {
    const app = new Elysia({ adapter: node() })
    for (const each of sessions.toReversed()) app.use(session(each as Sessions))
    app.all('*', async ({ request, path }) => respond(await handle({ request, path })))
    const [listener] = listen(app, { manual: true }).node.server.listeners('request')
    return listener as ReturnType<Adapter['listener']>
  },
}
tellStories(adapter)

describe('F54: Elysia on Node keeps what hooks lose', () => {
  tellOfElysia(async () => {
    const server = listen(appOf({ adapter: node() }), {})
    onTestFinished(async () => void (await server.close(true)))
    await server.ready()
    return new URL(server.url).origin
  })
})

test('an application that runs nothing around its handlers is refused', () => {
  const sessions = createSessions({ secrets: SECRET })
  expect(() => new Elysia({ aot: false }).use(session(sessions))).toThrow('`aot: false`')
  expect(() => session({} as Sessions)).toThrow('createSessions')
})
