import type { AdapterOptions } from '../../../src/core/options/options.ts'
import type { CustomStorage } from '../../../src/core/persistence/custom.ts'
import { customPersistence } from '../../../src/core/persistence/custom.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import { cookieOf, type Grounds, grounds, HUSH, NOW, OLD_SECRET, SECRET } from '../grounds.ts'
import { withSeededBytes } from '../random.ts'

const DAY = 86_400_000

const never = () => 0
const sites: Readonly<Record<string, () => Partial<AdapterOptions>>> = {
  sealed: () => ({ secrets: [SECRET, OLD_SECRET] }),
  chunks: () => ({ secrets: [SECRET, OLD_SECRET], chunks: true }),
  stored: () => ({ secrets: [SECRET, OLD_SECRET], store: memoryStore({ now: never }) }),
  encrypted: () => ({ secrets: [SECRET, OLD_SECRET], store: memoryStore({ now: never }), encryptRecords: true }),
  bare: () => ({ store: memoryStore({ now: never }) }),
  lenient: () => ({ secrets: SECRET, store: memoryStore({ now: never }), encryptRecords: true, acceptUnsigned: true }),
  custom: () => ({ secrets: [SECRET, OLD_SECRET], persistence: customPersistence(rows()) }),
}
export const SITES: readonly string[] = Object.keys(sites)

function rows(): CustomStorage {
  const all = new Map<string, Record<string, unknown>>()
  let last = 0
  return {
    async create(data) {
      all.set(String(++last), data)
      return String(last)
    },
    read: async (id) => all.get(id),
    update: async (id, data) => all.set(id, data),
    delete: async (id) => all.delete(id),
  }
}

/** A site with sessions of every state, the same in each run. */
export function siteOf(name: string): Promise<Grounds> {
  const options = sites[name]?.() ?? {}
  return withSeededBytes(`site ${name}`, async () => {
    const site = grounds({ header: 'authorization', ...options })
    await site.person('ada', (session) => {
      session.set('name', 'ada')
      session.set('text', HUSH)
      session.set('when', new Date(0))
      session.signIn('user-ada')
    })
    await site.person('bob', (session) => session.set('name', 'bob'))
    if (name === 'chunks') await site.person('big', (session) => session.set('text', `${HUSH}-${'x'.repeat(9000)}`))
    site.clock.time = NOW - 400 * DAY
    await site.person('expired', (session) => session.set('name', 'expired'))
    site.clock.time = NOW + DAY
    await site.person('future', (session) => session.set('name', 'future'))
    site.clock.time = NOW
    await site.person('ended', (session) => session.set('name', 'ended'))
    await site.person('moved', (session) => session.set('name', 'moved'))
    const of = (person: string) => ({ authorization: `Bearer ${site.tickets.get(person)}` })
    if (name !== 'chunks') {
      await site.visit(of('ended'), (session) => session.signOut())
      await site.visit(of('moved'), (session) => session.regenerateId())
      site.clock.time += 75_000 // its grace is over
    }
    if (name !== 'bare' && name !== 'lenient') {
      const before = grounds({ ...options, secrets: OLD_SECRET })
      await before.person('stale', (session) => session.set('name', 'stale'))
      site.tickets.set('stale', before.tickets.get('stale') ?? '')
    }
    // Made by others: for another cookie, and with a secret of nobody's.
    for (const [other, more] of [
      ['neighbour', { cookie: { name: 'neighbour' } }],
      ['stranger', { secrets: 'nG5tRw8kLp2sVx9zQc4mHb7jFd3yTe6u' }],
    ] as const) {
      const elsewhere = grounds({ ...options, ...(name !== 'bare' && more), ...(name === 'bare' && { cookie: { name: other } }) })
      await elsewhere.person(other, (session) => session.set('name', other))
      site.tickets.set(other, elsewhere.tickets.get(other) ?? '')
    }
    // What each ticket opens now.
    for (const [person, ticket] of site.tickets) {
      const { picture, isEmpty } = await site.visit({ cookie: cookieOf(ticket) })
      for (const part of ticket.split(' ')) site.hidden.add(part)
      if (isEmpty) site.pictures.delete(person)
      else site.pictures.set(person, picture)
    }
    return site
  })
}

export async function allSites(): Promise<ReadonlyMap<string, Grounds>> {
  const made = new Map<string, Grounds>()
  for (const name of SITES) made.set(name, await siteOf(name))
  return made
}
