import { type SessionConfig, useSession as useOurs } from 'coatcheck/h3'
import { H3, type H3Event, useSession } from 'h3'
import { createApp, eventHandler, type H3Event as OldEvent, toNodeListener, useSession as useOldSession } from 'h3-v1'
import { MEMORY, openPlace, type Place, SEALED } from '../own/places.ts'
import { collecting, type Page, SECRET } from '../session.ts'
import type { Group, Opened, Setting, Tools, Visit } from '../setting.ts'
import { throughFetch, throughNode } from '../visits.ts'

interface Manager {
  readonly data: Record<string, unknown>
  update(changes: Record<string, unknown>): Promise<unknown>
}

async function respond(manager: Manager, { use, writes }: Page): Promise<string> {
  const { access, changes } = collecting(manager.data)
  const body = use(access)
  const text = body instanceof Promise ? await body : body
  if (writes) await manager.update(changes)
  return text
}

const inNew = (handle: (event: H3Event) => Promise<string>): Visit => {
  const app = new H3().get('/', handle)
  return throughFetch((request) => app.fetch(request))
}
const inOld = (handle: (event: OldEvent) => Promise<string>): Visit =>
  throughNode(toNodeListener(createApp().use('/', eventHandler(handle))))

const config = { password: SECRET, cookie: { sameSite: 'lax' } } as const

async function ours(place: Place, tools: Tools, isOld: boolean): Promise<Opened> {
  const { store, rest } = await openPlace(place, tools)
  const settings: SessionConfig = { ...config, issue: 'when-stored', ...(store && { store }) }
  const handle = (page: Page) => async (event: H3Event | OldEvent) =>
    respond((await useOurs(event as Parameters<typeof useOurs>[0], settings)) as unknown as Manager, page)
  return { visit: (page) => (isOld ? inOld(handle(page)) : inNew(handle(page))), ...rest }
}

const rows = (over: 'h3 2' | 'h3 1'): Setting[] =>
  [SEALED, MEMORY].map((place) => ({
    name: `coatcheck/h3, ${over}, ${place.kind}`,
    kind: place.kind,
    over,
    ours: true,
    open: (tools) => ours(place, tools, over === 'h3 1'),
  }))

export const group: Group = {
  bare: { 'h3 2': () => inNew(async () => 'ok'), 'h3 1': () => inOld(async () => 'ok') },
  settings: [
    {
      name: 'h3 2',
      kind: 'sealed',
      over: 'h3 2',
      open: () => ({ visit: (page) => inNew(async (event) => respond(await useSession(event, config), page)) }),
    },
    {
      name: 'h3 1',
      kind: 'sealed',
      over: 'h3 1',
      open: () => ({ visit: (page) => inOld(async (event) => respond(await useOldSession(event, config), page)) }),
    },
    ...rows('h3 2'),
    ...rows('h3 1'),
  ],
}
