import { describe, expect, test } from 'vitest'
import { clockFrom, DAY, HOUR } from '../../../test/helpers/clock.ts'
import { COOKIE, SECRET } from '../../../test/helpers/site.ts'
import type { SessionReader } from '../../migrate/format.ts'
import { memoryStore } from '../../stores/memory.ts'
import type { AdapterOptions } from '../options/options.ts'
import { adapterOf, sessionsOf } from '../sessions.ts'
import type { RequestSession } from './request-session.ts'

const presenting = (ticket?: string) => ({ get: (name: string) => (name === 'cookie' && ticket ? `${COOKIE}=${ticket}` : null) })

describe.each(['stored', 'stored and encrypted', 'sealed'])('S13: a timeout that a site makes shorter, %s', (kind) => {
  const clock = clockFrom()
  const store = memoryStore({ now: clock.now })
  const where = kind === 'sealed' ? {} : { store, encryptRecords: kind !== 'stored' }
  const adapterWith = (more: Partial<AdapterOptions>) =>
    adapterOf(sessionsOf({ secrets: SECRET, now: clock.now, ...where, ...more }))

  async function visit(more: Partial<AdapterOptions>, ticket?: string, act?: (requestSession: RequestSession) => void) {
    const requestSession = adapterWith(more).detached(presenting(ticket))
    const session = await requestSession.open()
    act?.(requestSession)
    await requestSession.commit()
    return { ticket: requestSession.ticket ?? ticket, values: session.entries(), session }
  }
  const begin = (more: Partial<AdapterOptions>) => visit(more, undefined, (requestSession) => requestSession.session?.set('a', 1))

  test('ends sessions that began before by the absolute one', async () => {
    const { ticket } = await begin({ absoluteTimeout: 30 * DAY, idleTimeout: 30 * DAY })
    clock.advance(2 * DAY)
    expect((await visit({ absoluteTimeout: 3 * DAY }, ticket)).values).toEqual([['a', 1]])
    expect((await visit({ absoluteTimeout: DAY, idleTimeout: DAY }, ticket)).values).toEqual([])
    clock.advance(DAY)
    expect((await visit({ absoluteTimeout: 3 * DAY }, ticket)).values).toEqual([])
  })

  test('ends them by the idle one, once they were seen', async () => {
    const first = await begin({ idleTimeout: 30 * DAY, absoluteTimeout: 30 * DAY })
    const short = { idleTimeout: HOUR, absoluteTimeout: 30 * DAY }
    const { ticket, session } = await visit(short, first.ticket)
    expect(session.expiresAt).toBe(clock.now() + HOUR * 1000)
    clock.advance(HOUR)
    expect((await visit(short, ticket)).values).toEqual([])
    // In a store it is gone for the old ticket too; a sealed one that was copied before lives on in the copy.
    if (kind !== 'sealed') expect((await visit({ idleTimeout: 30 * DAY }, first.ticket)).values).toEqual([])
  })

  test('counts from the adoption of a session that another library kept long before', async () => {
    const old: SessionReader = {
      format: 'old',
      read: (value) => (value === 'old' ? { values: { a: 1 }, createdAt: clock.now() - 90 * DAY * 1000 } : undefined),
    }
    const options = { migrateFrom: [old], absoluteTimeout: 30 * DAY }
    const { ticket, session } = await visit(options, 'old', (requestSession) => requestSession.session?.set('b', 1))
    expect(session.createdAt).toBe(clock.now() - 90 * DAY * 1000)
    expect((await visit(options, ticket)).values).toHaveLength(2)
    clock.advance(2 * DAY)
    expect((await visit({ absoluteTimeout: DAY, idleTimeout: DAY }, ticket)).values).toEqual([])
  })
})
