import { join } from 'node:path'
import { createFileSessionStorage } from '@remix-run/node'
import * as ours from 'coatcheck/remix'
import { FILE, openStored } from '../own/places.ts'
import { SECRET } from '../session.ts'
import type { Group } from '../setting.ts'
import { COOKIE, openStorage } from './storages.ts'

const cookie = { ...COOKIE, secrets: [SECRET] }

export const group: Group = {
  bare: {},
  settings: [
    {
      name: 'Remix 2, file',
      kind: 'file',
      over: 'fetch',
      open: ({ folder }) => openStorage(createFileSessionStorage({ dir: join(folder, 'remix'), cookie })),
    },
    {
      name: 'coatcheck/remix, file',
      kind: 'file',
      over: 'fetch',
      ours: true,
      open: (tools) => openStored(FILE, tools, (store) => openStorage(ours.createSessionStorage({ cookie, store }))),
    },
    {
      name: 'coatcheck/remix, sealed',
      kind: 'sealed',
      over: 'fetch',
      ours: true,
      open: () => openStorage(ours.createCookieSessionStorage({ cookie })),
    },
  ],
}
