import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { describe, onTestFinished } from 'vitest'
import type { Adapter, TicketResponse } from '../../../test/helpers/adapter.ts'
import { tellStories } from '../../../test/helpers/adapter-stories.ts'
import { decorate, type Nest, nestOf } from '../../../test/helpers/nest.ts'
import type { AnySessions } from '../../core/sessions.ts'
import { SessionModule } from './nest.ts'

interface Reply {
  status(code: number): unknown
  header(name: string, value: string): unknown
  append?(name: string, value: string): unknown
}

/** An application whose one controller answers everything with what `handle` says. */
function adapterOf(nest: Nest): Adapter {
  const { All, Controller, Module, Req, Res, StreamableFile } = nest.common
  const respond = (reply: Reply, { status = 200, headers = [], body = '', redirect }: TicketResponse): unknown => {
    for (const [name, value] of headers) reply.append ? reply.append(name, value) : reply.header(name, value)
    if (redirect !== undefined) reply.header('location', redirect)
    reply.status(redirect === undefined ? status : 303)
    return typeof body === 'string' ? body : new StreamableFile(Readable.from(body))
  }
  return {
    name: `Nest ${nest.version} over ${nest.platform}`,
    answersThrows: true,
    listener(handle, sessions) {
      class Pages {
        async page(request: IncomingMessage, reply: Reply): Promise<unknown> {
          return respond(reply, await handle({ request, path: request.url ?? '' }))
        }
      }
      decorate(Pages, 'page', [All((nest.platform === 'fastify' ? '*' : '{*path}') as never)], [Req(), Res({ passthrough: true } as never)])
      Controller()(Pages)
      class Root {}
      Module({ imports: sessions.map((each: AnySessions) => SessionModule.forRoot(each)), controllers: [Pages] } as never)(Root)
      const begun = nest.create(Root).then(async (app) => {
        const instance = app.getHttpAdapter().getInstance()
        instance.disable?.('etag') // of Nest's page for errors, too
        await app.init()
        await instance.ready?.()
        return app
      })
      onTestFinished(async () => void (await (await begun).close()))
      return (req: IncomingMessage, res: ServerResponse) =>
        void begun.then(
          (app) => app.getHttpServer().emit('request', req, res),
          (error) => res.destroy(error),
        )
    },
  }
}

for (const name of ['nest', 'nest-11'] as const) {
  for (const platform of ['express', 'fastify'] as const) {
    const nest = await nestOf(name, platform)
    describe(`Nest ${nest.version}`, () => {
      tellStories(adapterOf(nest))
    })
  }
}
