import { createServer } from 'node:http'
import express from 'express'
import { H3 } from 'h3'
import { createApp, defineEventHandler } from 'h3-v1'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import type { MiddlewareFunction } from 'react-router'
import { crossSite } from './csrf.ts'
import type { SessionEvent, Sessions } from './index.ts'

const guard = crossSite()

export const fits: readonly unknown[] = [
  new Hono().use(guard.middleware),
  new H3().use(guard.middleware),
  createApp().use(defineEventHandler((event) => guard.middleware(event))),
  express().use(guard.node),
  createServer((req, res) => guard.node(req, res, () => res.end())),
]
export const hono: MiddlewareHandler = guard.middleware
export const reactRouter: MiddlewareFunction<Response>[] = [guard.middleware]
export const worker: (request: Request, env: { KEY: string }) => Promise<Response> = guard.fetch(
  (request, env: { KEY: string }) => new Response(`${request.url} ${env.KEY}`),
)

declare const sessions: Sessions<{ cart: string[] }, { notice: string }>
declare const onEvent: (event: SessionEvent) => void
crossSite({ onEvent, token: async (c: Context) => ({ session: await sessions.open(c), token: (await c.req.parseBody()).csrf }) })
export const token: Promise<string> = sessions.open(new Request('https://a.test')).then((session) => guard.token(session))

// @ts-expect-error what is no request
guard.check('https://shop.example')
// @ts-expect-error a misspelled option
crossSite({ origin: ['https://shop.example'] })
// @ts-expect-error no session
crossSite({ token: () => ({ session: {}, token: 'x' }) })
// @ts-expect-error a decision is no boolean
export const wrong: boolean = guard.check(new Request('https://a.test'))
