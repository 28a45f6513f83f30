import { getRequestListener } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { stream } from 'hono/streaming'
import type { StatusCode } from 'hono/utils/http-status'
import type { Door, Reply } from '../../test/helpers/door.ts'
import { tellStories } from '../../test/helpers/door-stories.ts'
import { withSession } from './hono.ts'

function respond(c: Context, { status = 200, headers = [], body = '', redirect }: Reply): Response {
  for (const [name, value] of headers) c.header(name, value, { append: true })
  if (redirect !== undefined) return c.redirect(redirect, 303)
  c.status(status as StatusCode)
  if (typeof body === 'string') return c.body(body)
  return stream(c, async (out) => {
    for await (const piece of body) await out.write(piece)
  })
}

const door: Door = {
  name: 'Hono',
  answersThrows: true,
  listener(handle, sessions) {
    const app = new Hono()
    for (const each of sessions) app.use(withSession(each))
    app.all('*', async (c) => respond(c, await handle({ request: c, path: c.req.path })))
    return getRequestListener(app.fetch)
  },
}
tellStories(door)
