import { describe, expect, test } from 'vitest'
import { attempt, outcome, place, ticketIn } from '../../../test/helpers/servers.ts'
import { NEWER_SECRET, SECRET } from '../../../test/helpers/site.ts'
import type { LiveSession } from '../session/session.ts'

const ROLLOUT = 600

describe.each([false, true])(
  'C8: during a staggered rotation, a server without the new secret (encryptRecords: %s)',
  (encryptRecords) => {
    const rolling = async () => {
      const site = place({ encryptRecords })
      const newer = site.server({ secrets: [NEWER_SECRET, SECRET] })
      const ticket = await newer.visit((s) => s.signIn('ada'))
      return { site, newer, older: site.server({ secrets: SECRET }), ticket }
    }

    test('leaves the cookie alone when it reads: an empty session that is read-only', async () => {
      const { older, newer, ticket } = await rolling()
      const requestSession = older.arrive(ticket)
      const session = await requestSession.open()
      expect([session.isNew, session.readOnly, session.owner]).toEqual([true, true, undefined])
      expect(await outcome(requestSession)).toEqual({ told: 'done', lines: 0 })
      expect(older.events).toMatchObject([{ type: 'refused', reason: 'unknown-key' }])
      expect(await newer.look(ticket, (s) => s.owner)).toBe('ada')
    })

    test.each<[string, (session: LiveSession) => void]>([
      ['writes', (s) => s.set('a', 1)],
      ['leaves a flash value', (s) => s.flash('notice', 'hello')],
      ['destroys', (s) => s.destroy()],
      ['signs out', (s) => s.signOut()],
    ])('tells who %s: KEY_UNKNOWN, and sends nothing', async (_, act) => {
      const { older, newer, ticket } = await rolling()
      expect(await attempt(older, ticket, act)).toBe('KEY_UNKNOWN, nothing sent')
      expect(await attempt(older, ticket, act), 'as often as it is tried').toBe('KEY_UNKNOWN, nothing sent')
      expect(await newer.look(ticket, (s) => [s.owner, s.keys()])).toEqual(['ada', []])
    })

    test('lets somebody sign in, to a session of their own', async () => {
      const { older, newer, ticket } = await rolling()
      const other = await older.visit((s) => s.signIn('ada'), ticket)
      expect(other).not.toBe(ticket)
      for (const one of [ticket, other]) expect(await newer.look(one, (s) => s.owner)).toBe('ada')
    })

    test('can be written from the sign-in on, and as long as that is not forgotten', async () => {
      const { older, ticket } = await rolling()
      const session = await older.arrive(ticket).open()
      const seen = [session.readOnly]
      session.signIn('ada')
      seen.push(session.readOnly)
      session.revert()
      seen.push(session.readOnly)
      session.signIn('ada')
      session.destroy()
      seen.push(session.readOnly)
      expect(seen).toEqual([true, false, true, true])
    })

    test('takes the secret for one that was dropped ten minutes after it first met it', async () => {
      const { site, older, ticket } = await rolling()
      await older.look(ticket, () => {})
      site.clock.advance(ROLLOUT - 1)
      expect(await attempt(older, ticket, (s) => s.set('a', 1))).toBe('KEY_UNKNOWN, nothing sent')
      site.clock.advance(1)
      expect(await attempt(older, ticket, (s) => s.set('a', 1))).toBe('done, given')
    })

    test('is told of a new id that a server with it gave meanwhile', async () => {
      const { site, newer, older } = await rolling()
      const ticket = await site.server({ secrets: SECRET }).visit((s) => s.set('a', 1))
      const requestSession = older.arrive(ticket)
      ;(await requestSession.open()).set('late', 1)
      const now = await newer.visit((s) => s.signIn('ada'), ticket)
      const { told, lines } = await outcome(requestSession)
      expect([told, lines]).toEqual(encryptRecords ? ['KEY_UNKNOWN', 0] : ['done', 0])
      expect(await newer.look(now, (s) => s.keys())).toEqual(encryptRecords ? ['a'] : ['a', 'late'])
    })
  },
)

test('C8: a sealed session whose secret this server does not have yet is left alone the same way', async () => {
  const site = place()
  const newer = site.server({ secrets: [NEWER_SECRET, SECRET] })
  const ticket = await newer.visit((s) => s.set('a', 1))
  const older = site.server({ secrets: SECRET })
  expect(await attempt(older, ticket, (s) => s.get('a'))).toBe('done, nothing sent')
  expect(await attempt(older, ticket, (s) => s.set('b', 2))).toBe('KEY_UNKNOWN, nothing sent')
  expect(await attempt(older, ticket, (s) => s.destroy())).toBe('KEY_UNKNOWN, nothing sent')
  const requestSession = older.arrive(ticket)
  ;(await requestSession.open()).signIn('ada')
  await requestSession.commit()
  expect(await older.look(ticketIn(requestSession) ?? '', (s) => s.owner)).toBe('ada')
})
