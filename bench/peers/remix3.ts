// Remix 3 without its router: what `@remix-run/session-middleware` does around a handler.
import { join } from 'node:path'
import { createCookie } from '@remix-run/cookie'
import type { SessionStorage } from '@remix-run/session'
import { createCookieSessionStorage } from '@remix-run/session/cookie-storage'
import { createFsSessionStorage } from '@remix-run/session/fs-storage'
import { createMemorySessionStorage } from '@remix-run/session/memory-storage'
import * as ours from 'coatcheck/remix3'
import { MEMORY, openStored } from '../own/places.ts'
import { type Access, type Page, SECRET } from '../session.ts'
import type { Group, Opened } from '../setting.ts'
import { throughFetch } from '../visits.ts'

const OPTIONS = { secrets: [SECRET], secure: true }

function theirs(storage: SessionStorage): Opened {
  const cookie = createCookie('__session', OPTIONS)
  const visit = ({ use }: Page) =>
    throughFetch(async (request) => {
      const session = await storage.read(await cookie.parse(request.headers.get('cookie')))
      const body = use(session as unknown as Access)
      const response = new Response(body instanceof Promise ? await body : body)
      const value = await storage.save(session)
      if (value !== null && value !== undefined) response.headers.append('set-cookie', await cookie.serialize(value))
      return response
    })
  return { visit }
}

function openOurs(storage: ours.SessionStorage): Opened {
  const middleware = ours.session(ours.createCookie('__session', OPTIONS), storage)
  const visit = ({ use }: Page) =>
    throughFetch(async (request) => {
      const context = { request } as unknown as Parameters<typeof middleware>[0]
      const response = await middleware(context, async () => {
        const body = use((context as unknown as { session: Access }).session)
        return new Response(body instanceof Promise ? await body : body)
      })
      return response as Response
    })
  return { visit }
}

export const group: Group = {
  bare: {},
  settings: [
    { name: 'Remix 3, memory', kind: 'memory', over: 'fetch', open: () => theirs(createMemorySessionStorage()) },
    { name: 'Remix 3, cookie', kind: 'signed', over: 'fetch', open: () => theirs(createCookieSessionStorage()) },
    {
      name: 'Remix 3, file',
      kind: 'file',
      over: 'fetch',
      open: ({ folder }) => theirs(createFsSessionStorage(join(folder, 'remix3'))),
    },
    {
      name: 'coatcheck/remix3, memory',
      kind: 'memory',
      over: 'fetch',
      ours: true,
      open: (tools) => openStored(MEMORY, tools, (store) => openOurs(ours.createSessionStorage({ store }))),
    },
    {
      name: 'coatcheck/remix3, sealed',
      kind: 'sealed',
      over: 'fetch',
      ours: true,
      open: () => openOurs(ours.createCookieSessionStorage()),
    },
  ],
}
