// One of the applications that are compared over HTTP, in a process of its own: `node bench/peers/server.ts Express coatcheck` listens on a
// port of the loopback interface, and prints it. `/fill` gives a visitor the session; `/` counts a visit.
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { useSession as honoSession } from '@hono/session'
import { createSessions } from 'coatcheck'
import { useSession as ourH3Session } from 'coatcheck/h3'
import { withSession as withHono } from 'coatcheck/hono'
import { withSession as withNode } from 'coatcheck/node'
import { memoryStore } from 'coatcheck/stores/memory'
import express, { type RequestHandler } from 'express'
import session from 'express-session'
import { H3, type H3Event, useSession as h3Session } from 'h3'
import { toNodeHandler } from 'h3/node'
import { Hono, type MiddlewareHandler } from 'hono'
import { type Access, accessTo, collecting, counting, filling, type Page, SECRET } from '../session.ts'

type Data = Record<string, unknown>

const ROUTES: readonly (readonly [string, Page])[] = [
  ['/', counting],
  ['/fill', filling],
]

/** What the pages are given, or nothing in the application without sessions. */
type Opening<Context> = ((context: Context) => Promise<{ access: Access; save?(): Promise<unknown> }>) | undefined

async function respond<Context>(open: Opening<Context>, context: Context, { use }: Page): Promise<string> {
  if (!open) return 'ok'
  const { access, save } = await open(context)
  const text = await use(access)
  await save?.()
  return text
}

function inExpress(middleware?: RequestHandler, open?: Opening<express.Request>): RequestListener {
  const app = express()
  if (middleware) app.use(middleware)
  for (const [path, page] of ROUTES) {
    app.get(path, async (req, res) => {
      res.send(await respond(open, req, page))
    })
  }
  return app
}

type HonoContext = Parameters<MiddlewareHandler>[0]

function inHono(middleware?: MiddlewareHandler, open?: Opening<HonoContext>): RequestListener {
  const app = new Hono()
  if (middleware) app.use(middleware)
  for (const [path, page] of ROUTES) app.get(path, async (c) => c.text(await respond(open, c, page)))
  return getRequestListener(app.fetch)
}

function inH3(open?: Opening<H3Event>): RequestListener {
  const app = new H3()
  for (const [path, page] of ROUTES) app.get(path, (event) => respond(open, event, page))
  return toNodeHandler(app) as RequestListener
}

interface Managed {
  readonly data: Data
  update(changes: Data): Promise<unknown>
}

/** A session that is told its changes in one call. */
function collected(data: Data, save: (changes: Data) => Promise<unknown>) {
  const { access, changes } = collecting(data)
  return { access, save: () => save(changes) }
}

const managed = ({ data, update }: Managed) => collected(data, update)

const APPS: Readonly<Record<string, Readonly<Record<string, () => RequestListener>>>> = {
  Express: {
    bare: () => inExpress(),
    'express-session, MemoryStore': () =>
      inExpress(session({ secret: SECRET, resave: false, saveUninitialized: false }), async (req) => ({
        access: accessTo(req.session as unknown as Data),
      })),
    'coatcheck/node, memory': () => {
      const sessions = createSessions<Data>({ secrets: SECRET, store: memoryStore() })
      return inExpress(withNode(sessions) as unknown as RequestHandler, async (req) => ({ access: await sessions.open(req) }))
    },
  },
  Hono: {
    bare: () => inHono(),
    '@hono/session, sealed': () =>
      inHono(honoSession({ secret: Buffer.from(SECRET).toString('hex') }) as MiddlewareHandler, async (c) => {
        const theirs = c.get('session' as never) as unknown as { get(): Promise<Data | null>; update(data: Data): Promise<void> }
        const data = (await theirs.get()) ?? {}
        return collected(data, (changes) => theirs.update({ ...data, ...changes }))
      }),
    'coatcheck/hono, sealed': () => {
      const sessions = createSessions<Data>({ secrets: SECRET })
      return inHono(withHono(sessions) as MiddlewareHandler, async (c) => ({ access: await sessions.open(c) }))
    },
  },
  'h3 2': {
    bare: () => inH3(),
    'h3, sealed': () => inH3(async (event) => managed((await h3Session(event, { password: SECRET })) as Managed)),
    'coatcheck/h3, sealed': () =>
      inH3(async (event) => managed((await ourH3Session(event, { password: SECRET })) as unknown as Managed)),
  },
}

const [framework = '', name = ''] = process.argv.slice(2)
const app = APPS[framework]?.[name]
if (!app) {
  console.log(JSON.stringify(Object.entries(APPS).map(([each, apps]) => [each, Object.keys(apps)])))
} else {
  const server = createServer(app())
  // Whoever asks is told the microseconds of CPU so far.
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send?.(user + system)
  })
  server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
}
