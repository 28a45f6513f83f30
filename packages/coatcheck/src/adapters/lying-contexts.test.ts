import { describe, expect, test } from 'vitest'
import { KINDS, listening, pairOf, sample, storageOf, visitorsStayApart } from '../../test/trials/lying-contexts.ts'

// 3 of 9 adapters; `lying-contexts.slow.test.ts` has the others.
visitorsStayApart(sample)

describe.each(KINDS)('S1: two sessions that are begun in one request, %s', (_, isStored) => {
  test.each(['on node:http', 'inside withSession', 'anywhere'] as const)(
    'are two: each gets its own cookie (%s)',
    async (where) => {
      const storage = storageOf(isStored)
      const mint = async (user: string): Promise<string> => {
        const session = await storage.getSession()
        session.set('user', user)
        return pairOf(await storage.commitSession(session))
      }
      const both = async (): Promise<string[]> => [
        await mint('ada'),
        await mint('bob'),
        ...(await Promise.all(['eve', 'dan'].map(mint))),
      ]
      let tickets: string[] = []
      if (where === 'anywhere') tickets = await both()
      if (where === 'inside withSession') tickets = await storage.withSession(both)(new Request('http://shop.test/'))
      if (where === 'on node:http') tickets = (await (await fetch(await listening(both))).json()) as string[]
      const users = await Promise.all(tickets.map(async (ticket) => (await storage.getSession(ticket)).get('user')))
      expect(users).toEqual(['ada', 'bob', 'eve', 'dan'])
    },
  )
})
