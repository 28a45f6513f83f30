import { describe, expect, test } from 'vitest'
import { DAY } from '../../../../test/helpers/clock.ts'
import { attempt, down, outcome, type Place, place, ticketIn } from '../../../../test/helpers/servers.ts'
import { NEWER_SECRET, SECRET } from '../../../../test/helpers/site.ts'
import type { LiveSession } from '../../session/session.ts'

const signsIn = (s: LiveSession) => s.signIn('ada')
const WAYS_TO_END: [string, (session: LiveSession) => void][] = [
  ['destroys', (s) => s.destroy()],
  ['signs out', (s) => s.signOut()],
]

/** Makes a newer release's record of this one. */
async function renew(site: Place, key: string): Promise<void> {
  const found = await site.records.read(key)
  if (!found) throw new Error('no such record')
  const data = found.record.data.replace('"format":1', '"format":2')
  await site.records.update(key, { ...found.record, data }, found.version)
}

/** What is in the store under this key. */
const text = async (site: Place, key: string) => (await site.records.read(key))?.record.data

describe.each(WAYS_TO_END)('a request that %s', (_, ends) => {
  test('C4: is told of a forwarding record whose secret this server does not have yet, and ends nothing', async () => {
    const site = place({ encryptRecords: true })
    const [older, newer] = [site.server({ secrets: [SECRET] }), site.server({ secrets: [NEWER_SECRET, SECRET] })]
    const ticket = await older.visit((s) => s.set('a', 1))
    const requestSession = older.arrive(ticket)
    ends(await requestSession.open())
    const now = await newer.visit(signsIn, ticket)
    expect(await outcome(requestSession)).toEqual({ told: 'KEY_UNKNOWN', lines: 0 })
    expect(await newer.look(now, (s) => [s.owner, s.get('a')])).toEqual(['ada', 1])
  })

  test('C4: is told of a target that a newer release has written, and ends nothing', async () => {
    const site = place()
    const server = site.server()
    const ticket = await server.visit((s) => s.set('a', 1))
    const requestSession = server.arrive(ticket)
    ends(await requestSession.open())
    const now = await server.visit(signsIn, ticket)
    const key = await server.look(now, (s) => s.handle ?? '')
    await renew(site, key)
    const before = await text(site, key)
    expect(await outcome(requestSession)).toEqual({ told: 'STORE_FAILED', lines: 0 })
    for (const seconds of [0, 15, 400]) {
      site.clock.advance(seconds)
      expect(await attempt(server, ticket, ends), `${seconds}`).toMatch(/^(?:STORE_FAILED|CONFLICT), nothing sent$/)
    }
    expect(await attempt(server, now, ends)).toBe('STORE_FAILED, nothing sent')
    expect(await text(site, key)).toBe(before)
  })

  test('C4: is told of a session whose record is sealed with a secret that this server does not have yet', async () => {
    const site = place({ encryptRecords: true })
    const [older, newer] = [site.server({ secrets: [SECRET] }), site.server({ secrets: [NEWER_SECRET, SECRET] })]
    const ticket = await older.visit((s) => s.set('a', 1))
    await newer.visit((s) => s.set('b', 2), ticket)
    expect(await attempt(older, ticket, ends)).toBe('KEY_UNKNOWN, nothing sent')
    expect(await newer.look(ticket, (s) => s.keys())).toEqual(['a', 'b'])
  })

  test('C4: is told of a newer release’s record also where it waits behind another end that failed', async () => {
    const site = place()
    const server = site.server()
    const ticket = await server.visit((s) => s.set('a', 1))
    const key = await server.look(ticket, (s) => s.handle ?? '')
    const requestSessions = [server.arrive(ticket), server.arrive(ticket), server.arrive(ticket)]
    for (const requestSession of requestSessions) ends(await requestSession.open())
    let calls = 0
    server.watch.before = async (call) => {
      if (call !== 'update' || ++calls > 1) return
      await renew(site, key)
      down()
    }
    const came = await Promise.all(requestSessions.map(outcome))
    expect(came).toEqual(Array(3).fill({ told: 'STORE_FAILED', lines: 0 }))
    expect(await text(site, key)).toContain('"format":2')
  })

  test('C8: and presented two live tickets ends both', async () => {
    const site = place()
    const server = site.server()
    const [one, two] = [await server.visit((s) => s.set('a', 1)), await server.visit((s) => s.signIn('bob'))]
    const requestSession = server.arrive([one, two])
    const session = await requestSession.open()
    expect([session.isNew, session.keys(), session.owner]).toEqual([true, [], undefined])
    ends(session)
    expect((await outcome(requestSession)).told).toBe('done')
    expect(ticketIn(requestSession)).toBe('')
    for (const ticket of [one, two]) expect(await server.look(ticket, (s) => s.isNew)).toBe(true)
  })

  test('C8: and presented two live tickets is not told that both ended where one could not', async () => {
    const site = place()
    const server = site.server()
    const [one, two] = [await server.visit((s) => s.set('a', 1)), await server.visit((s) => s.signIn('bob'))]
    const last = await server.look(two, (s) => s.handle)
    const requestSession = server.arrive([one, two])
    ends(await requestSession.open())
    server.watch.before = (_, key) => (key === last ? down() : undefined)
    expect(await outcome(requestSession)).toEqual({ told: 'STORE_FAILED', lines: 0 })
    server.watch.before = () => {}
    expect((await outcome(requestSession)).told).toBe('done')
    for (const ticket of [one, two]) expect(await server.look(ticket, (s) => s.isNew)).toBe(true)
  })

  test('V10: ends what is over by this clock too, so that no slower clock goes on with it', async () => {
    const site = place()
    const [ahead, behind] = [site.server({ ahead: 50 }), site.server()]
    const ticket = await behind.visit(signsIn)
    site.clock.advance(7 * DAY - 20)
    expect(await attempt(ahead, ticket, ends)).toBe('done, cleared')
    expect(await behind.look(ticket, (s) => s.isNew)).toBe(true)
  })

  test('V10: ends what is over by this clock where a slower one went on with it under a new id', async () => {
    const site = place()
    const [ahead, behind] = [site.server({ ahead: 50 }), site.server()]
    const ticket = await behind.visit((s) => s.set('a', 1))
    site.clock.advance(7 * DAY - 20)
    const requestSession = ahead.arrive(ticket)
    ends(await requestSession.open())
    const now = await behind.visit(signsIn, ticket)
    expect((await outcome(requestSession)).told).toBe('done')
    expect(await behind.look(now, (s) => s.isNew)).toBe(true)
  })
})

describe('V10: a session that is over by this clock', () => {
  test('is removed before another begins in its place', async () => {
    const site = place()
    const [ahead, behind] = [site.server({ ahead: 50 }), site.server()]
    const ticket = await behind.visit((s) => s.set('a', 1))
    site.clock.advance(7 * DAY - 20)
    expect(await attempt(ahead, ticket, (s) => s.set('b', 2))).toBe('done, given')
    expect(await behind.look(ticket, (s) => s.isNew)).toBe(true)
  })

  test('is looked at again where a slower clock went on with it: no second one begins', async () => {
    const site = place()
    const [ahead, behind] = [site.server({ ahead: 50 }), site.server()]
    const ticket = await behind.visit((s) => s.set('a', 1))
    site.clock.advance(7 * DAY - 20)
    const requestSession = ahead.arrive(ticket)
    ;(await requestSession.open()).set('b', 2)
    await behind.visit((s) => s.set('c', 3), ticket)
    expect(await outcome(requestSession)).toEqual({ told: 'CONFLICT', lines: 0 })
    expect(await ahead.look(ticket, (s) => s.keys())).toEqual(['a', 'c'])
  })
})

describe('a browser that holds the old ticket and the new one, of two paths', () => {
  test.each(['the old one first', 'the new one first'])('V4: has the session, not a choice of two: %s', async (order) => {
    const site = place()
    const server = site.server()
    const old = await server.visit((s) => s.set('a', 1))
    const now = await server.visit(signsIn, old)
    const both = order === 'the old one first' ? [old, now] : [now, old]
    for (const seconds of [0, 5, 60]) {
      site.clock.advance(seconds)
      const session = await server.arrive(both).open()
      expect([session.owner, session.keys()]).toEqual(['ada', ['a']])
    }
    expect(server.events).not.toContainEqual(expect.objectContaining({ type: 'refused', reason: 'duplicate' }))
  })

  test('V4: an old ticket that leads elsewhere is another one', async () => {
    const site = place()
    const server = site.server()
    const old = await server.visit((s) => s.set('a', 1))
    await server.visit(signsIn, old)
    const planted = await server.visit((s) => s.signIn('eve'))
    const session = await server.arrive([old, planted]).open()
    expect([session.isNew, session.owner]).toEqual([true, undefined])
    expect(server.events).toContainEqual(expect.objectContaining({ type: 'refused', reason: 'duplicate' }))
  })
})

test('C8: a session that is pruned while somebody signs in with it: told, and the next try begins one', async () => {
  const site = place()
  const server = site.server()
  const ticket = await server.visit((s) => s.set('a', 1))
  site.clock.advance(7 * DAY - 1)
  const requestSession = server.arrive(ticket)
  signsIn(await requestSession.open())
  site.clock.advance(1)
  await site.records.prune(site.clock.now(), 1000)
  expect(await outcome(requestSession)).toEqual({ told: 'CONFLICT', lines: 0 })
  const now = await server.visit(signsIn, ticket)
  expect(await server.look(now, (s) => [s.owner, s.keys()])).toEqual(['ada', []])
})
