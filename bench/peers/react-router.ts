import * as ours from 'coatcheck/react-router'
import { createCookieSessionStorage, createMemorySessionStorage } from 'react-router'
import { MEMORY, openStored } from '../own/places.ts'
import { SECRET } from '../session.ts'
import type { Group } from '../setting.ts'
import { COOKIE, openStorage } from './storages.ts'

const cookie = { ...COOKIE, secrets: [SECRET] }

export const group: Group = {
  bare: {},
  settings: [
    {
      name: 'React Router, memory',
      kind: 'memory',
      over: 'fetch',
      open: () => openStorage(createMemorySessionStorage({ cookie })),
    },
    {
      name: 'React Router, cookie',
      kind: 'signed',
      over: 'fetch',
      open: () => openStorage(createCookieSessionStorage({ cookie })),
    },
    {
      name: 'coatcheck/react-router, memory',
      kind: 'memory',
      over: 'fetch',
      ours: true,
      open: (tools) => openStored(MEMORY, tools, (store) => openStorage(ours.createSessionStorage({ cookie, store }))),
    },
    {
      name: 'coatcheck/react-router, sealed',
      kind: 'sealed',
      over: 'fetch',
      ours: true,
      open: () => openStorage(ours.createCookieSessionStorage({ cookie })),
    },
  ],
}
