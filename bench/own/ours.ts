import { createSessions, type Sessions } from 'coatcheck'
import { withSession as withFetch } from 'coatcheck/fetch'
import { AppSession } from 'coatcheck/hydrogen'
import { withSession as withNode } from 'coatcheck/node'
import { type Page, SECRET } from '../session.ts'
import type { Group, Opened, Setting, Tools } from '../setting.ts'
import { throughFetch, throughNode } from '../visits.ts'
import { floor } from './floor.ts'
import { MEMORY, openPlace, PLACES, type Place, SEALED } from './places.ts'

export type OurSessions = Sessions<Record<string, unknown>>

type Visiting = (sessions: OurSessions, page: Page) => ReturnType<Opened['visit']>

/** Through an adapter of ours; `visiting` says how a request comes to it. */
export async function openOurs(place: Place, tools: Tools, visiting: Visiting): Promise<Opened> {
  const { store, rest } = await openPlace(place, tools)
  const sessions: OurSessions = createSessions({ secrets: SECRET, ...(store && { store }) })
  return { visit: (page) => visiting(sessions, page), ...rest }
}

/** One row for each of these places, each of them through the same adapter. */
export function ourRows(name: string, over: string, visiting: Visiting, places: readonly Place[] = [SEALED, MEMORY]): Setting[] {
  return places.map((place) => ({
    name: `${name}, ${place.kind}`,
    kind: place.kind,
    over,
    ours: true,
    ...(place.needs && { needs: place.needs }),
    open: (tools) => openOurs(place, tools, visiting),
  }))
}

/** The handler of all rows that speak `Request` and `Response`. */
export const fetchVisit: Visiting = (sessions, { use }) =>
  throughFetch(
    withFetch(sessions, async (request) => {
      const body = use(await sessions.open(request))
      return new Response(body instanceof Promise ? await body : body)
    }) as (request: Request) => Promise<Response>,
  )

const nodeVisit: Visiting = (sessions, { use }) =>
  throughNode(
    withNode(sessions, async (req, res) => {
      const body = use(await sessions.open(req))
      res.end(body instanceof Promise ? await body : body)
    }),
  )

/** The class of a Hydrogen shop, and what its server does around it. */
async function openHydrogen(place: Place, tools: Tools): Promise<Opened> {
  const { store, rest } = await openPlace(place, tools)
  const options = { secure: true, ...(store && { store }) }
  const visit = ({ use }: Page) =>
    throughFetch(async (request) => {
      const session = await AppSession.init(request, [SECRET], options)
      const body = use({ get: session.get, set: session.set as (key: string, value: unknown) => void })
      const response = new Response(body instanceof Promise ? await body : body)
      if (session.isPending) response.headers.append('set-cookie', await session.commit())
      return response
    })
  return { visit, ...rest }
}

const hydrogen = [SEALED, MEMORY].map(
  (place): Setting => ({
    name: `coatcheck/hydrogen, ${place.kind}`,
    kind: place.kind,
    over: 'fetch',
    ours: true,
    open: (tools) => openHydrogen(place, tools),
  }),
)

export const group: Group = {
  bare: {
    fetch: () => throughFetch(async () => new Response('ok')),
    'node:http': () => throughNode((_, res) => res.end('ok')),
  },
  settings: [
    ...floor,
    ...ourRows('coatcheck/fetch', 'fetch', fetchVisit, PLACES),
    ...ourRows('coatcheck/node', 'node:http', nodeVisit),
    ...hydrogen,
  ],
}
