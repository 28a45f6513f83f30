// Astro's own classes, made and ended as Astro does it around a page; the rest of Astro is not in the figures of either side.
import { join } from 'node:path'
import { sessionMiddleware } from 'coatcheck/astro/middleware'
import fsDriver from 'unstorage/drivers/fs-lite'
import memoryDriver from 'unstorage/drivers/memory'
import { AstroCookies } from '../node_modules/astro/dist/core/cookies/cookies.js'
import { AstroSession, PERSIST_SYMBOL } from '../node_modules/astro/dist/core/session/runtime.js'
import { counted, MEMORY, openPlace, type Place, SEALED } from '../own/places.ts'
import { type Page, SECRET, type SlowAccess } from '../session.ts'
import type { Group, Opened, Setting, Tools } from '../setting.ts'
import { throughFetch } from '../visits.ts'

type Theirs = ConstructorParameters<typeof AstroSession>[0]
type Driver = ReturnType<typeof memoryDriver>

let drivers = 0

function astro(driver: Driver, { counts }: Tools): Opened {
  const seen = counts ? counted(driver, (method) => /^(get|set|remove)/.test(method)) : undefined
  // Astro keeps one storage for each name of a driver in this process.
  const config = { driver: `bench-${drivers++}` }
  const visit = ({ useSlow }: Page) =>
    throughFetch(async (request) => {
      const cookies = new AstroCookies(request, undefined as never)
      const runtime = {
        cookies,
        config,
        runtimeMode: 'production',
        driverFactory: () => seen?.target ?? driver,
        mockStorage: null,
      }
      const session = new AstroSession(runtime as unknown as Theirs)
      const response = new Response(await useSlow(session as SlowAccess))
      await session[PERSIST_SYMBOL]()
      return withLines(response, cookies)
    })
  return { visit, ...(seen && { trips: seen.trips }) }
}

function withLines(response: Response, cookies: AstroCookies): Response {
  for (const line of cookies.headers()) response.headers.append('set-cookie', line)
  return response
}

/** Ours stands in the place of the session's methods, by middleware. */
async function ours(place: Place, tools: Tools): Promise<Opened> {
  const { store, rest } = await openPlace(place, tools)
  const settings = { cookie: { name: 'astro-session' }, formerCookie: 'astro-session', isProduction: true }
  const middleware = sessionMiddleware(settings, { getSecret: () => SECRET, store: store ?? null, settings: { secrets: SECRET } })
  const visit = ({ useSlow }: Page) =>
    throughFetch(async (request) => {
      const cookies = new AstroCookies(request, undefined as never)
      const session = new (class AstroSession {})()
      const context = { request, session, cookies, isPrerendered: false, routePattern: '/' }
      const next = async () => new Response(await useSlow(session as SlowAccess))
      const response = await middleware(context as unknown as Parameters<typeof middleware>[0], next)
      return withLines(response as Response, cookies)
    })
  return { visit, ...rest }
}

export const ASTRO_MEMORY = 'Astro, memory'

export const group: Group = {
  bare: {},
  settings: [
    { name: ASTRO_MEMORY, kind: 'memory', over: 'fetch', open: (tools) => astro(memoryDriver(), tools) },
    {
      name: 'Astro, fs-lite',
      kind: 'file',
      over: 'fetch',
      open: (tools) => astro(fsDriver({ base: join(tools.folder, 'astro') }), tools),
    },
    ...[SEALED, MEMORY].map(
      (place): Setting => ({
        name: `coatcheck/astro, ${place.kind}`,
        kind: place.kind,
        over: 'fetch',
        ours: true,
        open: (tools) => ours(place, tools),
      }),
    ),
  ],
}
