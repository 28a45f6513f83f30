import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import expressSession from '../../src/adapters/middleware/express-session.ts'
import { SessionModule } from '../../src/adapters/middleware/nest.ts'
import { crossSite } from '../../src/csrf.ts'
import { createSessions, type Session } from '../../src/index.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { codeOf } from './adapter.ts'
import { gate } from './gate.ts'
import { decorate, type Nest, type NestApp } from './nest.ts'
import { SECRET } from './site.ts'

interface Data {
  readonly n: number
  readonly [key: string]: unknown
}
type Mine = Session<Data, { message: string }>

/** What Nest gives its guards, interceptors and filters. */
interface Context {
  switchToHttp(): {
    getRequest(): { readonly session: Promise<Mine> }
    getResponse(): { status(code: number): { send(body: string): unknown } }
  }
}
interface Observable {
  pipe(...operators: unknown[]): Observable
}

const openIn = (context: Context): Promise<Mine> => context.switchToHttp().getRequest().session

/** Opens an application with all that Nest puts around a handler, on a port of the loopback interface. Its origin. */
export async function openShop(nest: Nest): Promise<{ readonly origin: string; close(): Promise<unknown> }> {
  const { Controller, Get, Module, Post, Query, Redirect, Session, Sse, UseFilters, UseGuards, UseInterceptors } = nest.common
  const { HttpException } = nest.common
  const sessions = createSessions<Data, { message: string }>({ secrets: SECRET, store: memoryStore() })
  const [slow, events] = [gate(), gate()]

  const signedIn = {
    canActivate: async (context: Context): Promise<boolean> => (await openIn(context)).owner === 'ada',
  }
  const counting = {
    async intercept(context: Context, next: { handle(): Observable }): Promise<Observable> {
      ;(await openIn(context)).update('n', (n = 0) => n + 1)
      return next.handle()
    },
  }
  const teapot = {
    async catch(error: Error, context: Context): Promise<void> {
      const mine = await openIn(context)
      mine.set('filtered', error.message)
      context.switchToHttp().getResponse().status(418).send('filtered')
    },
  }

  async function* pieces(session: Promise<Mine>): AsyncGenerator<{ data: string }> {
    const mine = await session
    yield { data: 'one' }
    await events.pass()
    try {
      mine.set('late', true)
      yield { data: 'two' }
    } catch (error) {
      yield { data: codeOf(error) }
    }
  }

  /** Of a module of the application. It gets Node's own request. */
  const mark = (req: IncomingMessage, _: unknown, next: (error?: unknown) => void): void => {
    sessions.open(req).then((mine) => {
      mine.set('marked', true)
      next()
    }, next)
  }

  class Pages {
    marked(): string {
      return 'marked'
    }
    open(): string {
      return 'for everybody'
    }
    async read(session: Promise<Mine>): Promise<string> {
      return `n ${(await session).get('n')}`
    }
    async login(session: Promise<Mine>): Promise<void> {
      const mine = await session
      mine.signIn('ada')
      mine.flash('message', 'welcome')
    }
    async flash(session: Promise<Mine>): Promise<object> {
      const mine = await session
      return { owner: mine.owner, message: mine.flash('message') }
    }
    async set(session: Promise<Mine>, key: string): Promise<void> {
      ;(await session).set(key, true)
    }
    count(): string {
      return 'counted'
    }
    async keys(session: Promise<Mine>): Promise<string[]> {
      return [...(await session).keys()].toSorted()
    }
    async logout(session: Promise<Mine>): Promise<void> {
      ;(await session).destroy()
    }
    async slow(session: Promise<Mine>): Promise<void> {
      const mine = await session
      await slow.pass()
      mine.set('slow', true)
    }
    slowReached(): Promise<void> {
      return slow.reached
    }
    slowGo(): void {
      slow.open()
    }
    guarded(): string {
      return 'for ada'
    }
    async forbidden(session: Promise<Mine>): Promise<never> {
      ;(await session).set('forbidden', true)
      throw new HttpException('no', 403)
    }
    async boom(session: Promise<Mine>): Promise<never> {
      ;(await session).set('boom', true)
      throw new Error('boom')
    }
    async filtered(session: Promise<Mine>): Promise<never> {
      ;(await session).set('tried', true)
      throw new Error('cups')
    }
    events(session: Promise<Mine>): object {
      return nest.from(pieces(session))
    }
    eventsGo(): void {
      events.open()
    }
  }
  const page = (
    name: keyof Pages & string,
    method: 'get' | 'post',
    more: Parameters<typeof decorate>[2] = [],
    takes = [Session()],
  ) => decorate(Pages, name, [(method === 'get' ? Get : Post)(`/${name}`), ...more], takes)
  page('open', 'get', [nest.common.Header('cache-control', 'public, max-age=60')], [])
  page('read', 'get')
  page('login', 'post', [Redirect('/flash', 303)])
  page('flash', 'get')
  page('set', 'post', [], [Session(), Query('key')])
  page('count', 'post', [UseInterceptors(counting)], [])
  page('keys', 'get')
  page('logout', 'post')
  page('slow', 'post')
  page('slowReached', 'get', [], [])
  page('slowGo', 'post', [], [])
  page('guarded', 'get', [UseGuards(signedIn)], [])
  page('forbidden', 'get')
  page('boom', 'get')
  page('filtered', 'get', [UseFilters(teapot)])
  page('eventsGo', 'post', [], [])
  page('marked', 'get', [], [])
  decorate(Pages, 'events', [Sse('/events')], [Session()])
  Controller()(Pages)

  class Gateway {
    readonly requests = new Map<object, IncomingMessage & { readonly session: Promise<Mine> }>()
    handleConnection(client: object, request: IncomingMessage & { readonly session: Promise<Mine> }): void {
      this.requests.set(client, request)
    }
    async greet(client: object, words: string): Promise<{ event: string; data: string }> {
      const mine = (await this.requests.get(client)?.session) as Mine
      try {
        mine.set('ws', true)
        return { event: 'greeting', data: `${words} ${mine.get('n')}` }
      } catch (error) {
        return { event: 'greeting', data: codeOf(error) }
      }
    }
  }
  decorate(Gateway, 'greet', [nest.sockets.SubscribeMessage('greet')])
  nest.sockets.WebSocketGateway({ path: '/ws' })(Gateway)

  class Root {
    configure(consumer: { apply(middleware: unknown): { forRoutes(path: string): unknown } }): void {
      consumer.apply(mark).forRoutes('marked')
    }
  }
  Module({ imports: [SessionModule.forRoot(sessions)], controllers: [Pages], providers: [Gateway] })(Root)
  const app = await nest.create(Root)
  app.use(crossSite().node)
  app.useWebSocketAdapter(new nest.WsAdapter(app))
  return listening(app)
}

/** Opens an application over Express that has its sessions by express-session's interface. */
export async function openExpressSession(nest: Nest): Promise<{ readonly origin: string; close(): Promise<unknown> }> {
  const { Controller, Module, Post, Session } = nest.common
  class Pages {
    count(session: { n?: number }): string {
      session.n = (session.n ?? 0) + 1
      return `n ${session.n}`
    }
  }
  decorate(Pages, 'count', [Post('/count')], [Session()])
  Controller()(Pages)
  class Root {}
  Module({ controllers: [Pages] })(Root)
  const app = await nest.create(Root)
  app.use(expressSession({ secret: SECRET, resave: false, saveUninitialized: false }))
  return listening(app)
}

async function listening(app: NestApp): Promise<{ readonly origin: string; close(): Promise<unknown> }> {
  await app.listen(0, '127.0.0.1')
  const { port } = app.getHttpServer().address() as AddressInfo
  return { origin: `http://127.0.0.1:${port}`, close: () => app.close() }
}
