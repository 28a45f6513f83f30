import { describe, expect, test } from 'vitest'
import { clockFrom, DAY, HOUR } from '../../../test/helpers/clock.ts'
import { COOKIE, SECRET } from '../../../test/helpers/site.ts'
import type { ForeignReader } from '../../migrate/format.ts'
import { memoryStore } from '../../stores/memory.ts'
import type { FaceOptions } from '../options/options.ts'
import type { Scope } from './request-session.ts'
import { faceOf, sessionsOf } from '../sessions.ts'

const presenting = (ticket?: string) => ({ get: (name: string) => (name === 'cookie' && ticket ? `${COOKIE}=${ticket}` : null) })

describe.each(['stored', 'stored and encrypted', 'sealed'])('S13: a timeout that a site makes shorter, %s', (kind) => {
  const clock = clockFrom()
  const store = memoryStore({ now: clock.now })
  const where = kind === 'sealed' ? {} : { store, encryptRecords: kind !== 'stored' }
  const faceWith = (more: Partial<FaceOptions>) => faceOf(sessionsOf({ secrets: SECRET, now: clock.now, ...where, ...more }))

  async function visit(more: Partial<FaceOptions>, ticket?: string, act?: (scope: Scope) => void) {
    const scope = faceWith(more).detached(presenting(ticket))
    const session = await scope.open()
    act?.(scope)
    await scope.commit()
    return { ticket: scope.ticket ?? ticket, values: session.entries(), session }
  }
  const begin = (more: Partial<FaceOptions>) => visit(more, undefined, (scope) => scope.session?.set('a', 1))

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
    const old: ForeignReader = {
      format: 'old',
      read: (value) => (value === 'old' ? { values: { a: 1 }, createdAt: clock.now() - 90 * DAY * 1000 } : undefined),
    }
    const options = { foreign: [old], absoluteTimeout: 30 * DAY }
    const { ticket, session } = await visit(options, 'old', (scope) => scope.session?.set('b', 1))
    expect(session.createdAt).toBe(clock.now() - 90 * DAY * 1000)
    expect((await visit(options, ticket)).values).toHaveLength(2)
    clock.advance(2 * DAY)
    expect((await visit({ absoluteTimeout: DAY, idleTimeout: DAY }, ticket)).values).toEqual([])
  })
})
