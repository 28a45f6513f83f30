import { withSession } from 'coatcheck/node'
import { RedisStore } from 'connect-redis'
import cookieSession from 'cookie-session'
import express, { type Request, type RequestHandler } from 'express'
import session, { MemoryStore, type Store } from 'express-session'
import { createClient } from 'redis'
import { ourRows } from '../own/ours.ts'
import { counted } from '../own/places.ts'
import { accessTo, type Page, SECRET } from '../session.ts'
import type { Group, Opened, Tools, Visit } from '../setting.ts'
import { throughNode } from '../visits.ts'

const ATTRIBUTES = { path: '/', httpOnly: true, secure: true, sameSite: 'lax' } as const

/** The page behind this middleware; `dataOf` gives the session's values. */
function inExpress(page: Page, middleware: RequestHandler, dataOf: (req: Request) => object): Visit {
  const app = express().use(middleware)
  app.get('/', async (req, res) => {
    const body = page.use(accessTo(dataOf(req) as Record<string, unknown>))
    res.send(body instanceof Promise ? await body : body)
  })
  return throughNode(app)
}

function expressSession(store: Store, { counts }: Tools, close?: () => unknown): Opened {
  const seen = counts ? counted(store, (method) => /^(get|set|touch|destroy)$/.test(method)) : undefined
  // As its README asks for: nothing is saved that did not change.
  const options = { secret: SECRET, resave: false, saveUninitialized: false, cookie: ATTRIBUTES }
  const middleware = session({ ...options, store: seen?.target ?? store })
  const visit = (page: Page): Visit => inExpress(page, middleware, (req) => req.session)
  return { visit, ...(seen && { trips: seen.trips }), ...(close && { close }) }
}

async function connectRedis(tools: Tools): Promise<Opened> {
  const client = await createClient({ url: tools.urls.redis ?? '' }).connect()
  return expressSession(new RedisStore({ client }), tools, () => client.close())
}

const cookies = (): Opened => {
  const middleware = cookieSession({ name: 'session', keys: [SECRET], ...ATTRIBUTES })
  return { visit: (page) => inExpress(page, middleware, (req) => req.session ?? {}) }
}

export const EXPRESS_MEMORY = 'express-session, MemoryStore'

export const group: Group = {
  bare: {
    Express: () =>
      throughNode(
        express().get('/', async (_, res) => {
          res.send('ok')
        }),
      ),
  },
  settings: [
    { name: EXPRESS_MEMORY, kind: 'memory', over: 'Express', open: (tools) => expressSession(new MemoryStore(), tools) },
    { name: 'express-session, connect-redis', kind: 'Redis', over: 'Express', needs: 'redis', open: connectRedis },
    { name: 'cookie-session', kind: 'signed', over: 'Express', open: cookies },
    ...ourRows('coatcheck/node, Express', 'Express', (sessions, { use }) => {
      const app = express().use(withSession(sessions) as unknown as RequestHandler)
      app.get('/', async (req, res) => {
        const body = use(await sessions.open(req))
        res.send(body instanceof Promise ? await body : body)
      })
      return throughNode(app)
    }),
  ],
}
