import { describe, expect, test } from 'vitest'
import { outcome, type Place, place, ticketIn } from '../../../test/helpers/servers.ts'
import type { Store } from '../../stores/store.ts'
import type { LiveSession } from '../session/session.ts'

const add = (n: unknown) => Number(n ?? 0) + 1
const counts = (session: LiveSession) => void session.update('n', add)
const WAYS_TO_WRITE: [string, (session: LiveSession) => unknown][] = [
  ['writes', counts],
  ['takes a new id and writes', (s) => [counts(s), s.regenerateId()]],
  ['signs in and writes', (s) => [counts(s), s.signIn('ada')]],
]

/** A client that was cut off after each call of this kind, and sends it again; `meanwhile` others use the store. */
function resending(records: Store, call: 'update' | 'create', meanwhile: () => unknown): Store {
  const twice = async (...args: never[]) => {
    const send = records[call] as (...args: never[]) => Promise<unknown>
    await send.apply(records, args)
    await meanwhile()
    return send.apply(records, args)
  }
  return { ...records, [call]: twice }
}

/** Each of these writes of others comes a tenth of a second after the one before. */
async function others(site: Place, ticket: string, count: number, apart = 0.1): Promise<void> {
  const other = site.server()
  for (let i = 0; i < count; i++) {
    site.clock.advance(apart)
    await other.visit(counts, ticket)
  }
}

describe('a client that sends again what was carried out', () => {
  test.each(WAYS_TO_WRITE)('C1: counts once, after twenty writes of others: a request that %s', async (_, act) => {
    const site = place()
    const ticket = await site.server().visit((s) => s.set('n', 0))
    const store = resending(site.records, 'update', () => others(site, ticket, 20))
    const after = await site.server({ store }).visit(act, ticket)
    expect(await site.server().look(after, (s) => s.get('n'))).toBe(21)
  })

  test('C1: counts once also when the record was created so', async () => {
    const site = place()
    const store = resending(site.records, 'create', () => {})
    const ticket = await site.server({ store }).visit(counts)
    expect(await site.server().look(ticket, (s) => s.get('n'))).toBe(1)
  })

  test.each<[string, (session: LiveSession) => unknown]>([
    ['commits', () => {}],
    ['takes a new id', (s) => s.regenerateId()],
    ['signs in', (s) => s.signIn('ada')],
  ])('C1: counts once also when it was told of the second try only, could not look, and then %s again', async (_, act) => {
    const site = place()
    const ticket = await site.server().visit((s) => s.set('n', 0))
    const server = site.server({ store: resending(site.records, 'update', () => {}) })
    const requestSession = server.arrive(ticket)
    const session = await requestSession.open()
    counts(session)
    server.watch.before = (call) => {
      if (call !== 'read') return undefined
      server.watch.before = () => undefined
      throw new Error('connection lost')
    }
    expect(await outcome(requestSession)).toEqual({ told: 'STORE_FAILED', lines: 0 })
    act(session)
    expect((await outcome(requestSession)).told).toBe('done')
    expect(await site.server().look(ticketIn(requestSession) ?? ticket, (s) => s.get('n'))).toBe(1)
  })

  test('C1: is told CONFLICT where its own write is too long ago to be found, again and again', async () => {
    const site = place()
    const ticket = await site.server().visit((s) => s.set('n', 0))
    let isFirst = true
    const store = resending(site.records, 'update', async () => {
      if (isFirst) await others(site, ticket, 40, 5)
      isFirst = false
    })
    const requestSession = site.server({ store }).arrive(ticket)
    counts(await requestSession.open())
    expect(await outcome(requestSession)).toEqual({ told: 'CONFLICT', lines: 0 })
    expect(await outcome(requestSession)).toEqual({ told: 'CONFLICT', lines: 0 })
    expect(await site.server().look(ticket, (s) => s.get('n'))).toBe(41)
  })
})

describe('a commit whose answer was lost, made again by the same request', () => {
  const losing = async (
    act: (session: LiveSession) => void,
    count: number,
    apart: number,
    when: 'before' | 'after' = 'after',
  ) => {
    const site = place()
    const ticket = await site.server().visit((s) => s.set('n', 0))
    const server = site.server()
    const requestSession = server.arrive(ticket)
    act(await requestSession.open())
    server.watch[when] = (call) => {
      if (call !== 'update') return
      server.watch[when] = () => {}
      throw new Error('connection lost')
    }
    expect(await outcome(requestSession)).toEqual({ told: 'STORE_FAILED', lines: 0 })
    await others(site, ticket, count, apart)
    return { ...(await outcome(requestSession)), n: await site.server().look(ticket, (s) => s.get('n')) }
  }

  test('C1: counts once, however many wrote in between', async () => {
    expect(await losing(counts, 20, 0.1)).toEqual({ told: 'done', lines: 0, n: 21 })
  })

  test('C1: is made where it was not kept, however many wrote in between', async () => {
    expect(await losing(counts, 20, 0.1, 'before')).toEqual({ told: 'done', lines: 0, n: 21 })
  })

  test('C1: is found beside what its own server wrote meanwhile, and dropped', async () => {
    const site = place()
    const ticket = await site.server().visit((s) => s.set('n', 0))
    const server = site.server()
    const requestSession = server.arrive(ticket)
    counts(await requestSession.open())
    server.watch.after = (call) => {
      if (call !== 'update') return
      server.watch.after = () => {}
      throw new Error('connection lost')
    }
    expect((await outcome(requestSession)).told).toBe('STORE_FAILED')
    for (let i = 0; i < 20; i++) await server.visit(counts, ticket)
    expect((await outcome(requestSession)).told).toBe('done')
    expect(await server.look(ticket, (s) => s.get('n'))).toBe(21)
  })

  test('C1: is told CONFLICT where that cannot be known any more', async () => {
    expect(await losing(counts, 40, 5)).toEqual({ told: 'CONFLICT', lines: 0, n: 41 })
  })

  test('C8: shows a flash value once', async () => {
    const site = place()
    const ticket = await site.server().visit((s) => s.flash('notice', 'saved'))
    const server = site.server()
    const requestSession = server.arrive(ticket)
    const session = await requestSession.open()
    expect(session.flash('notice')).toBe('saved')
    server.watch.after = () => {
      server.watch.after = () => {}
      throw new Error('connection lost')
    }
    expect((await outcome(requestSession)).told).toBe('STORE_FAILED')
    await others(site, ticket, 20)
    expect(session.flash('notice')).toBeUndefined()
    expect((await outcome(requestSession)).told).toBe('done')
    expect(await server.look(ticket, (s) => s.flash('notice'))).toBeUndefined()
  })

  test('C8: leaves a flash value once, also when another request has shown it already', async () => {
    const site = place()
    const ticket = await site.server().visit((s) => s.set('a', 1))
    const server = site.server()
    const requestSession = server.arrive(ticket)
    ;(await requestSession.open()).flash('notice', 'saved')
    server.watch.after = (call) => {
      if (call !== 'update') return
      server.watch.after = () => {}
      throw new Error('connection lost')
    }
    expect((await outcome(requestSession)).told).toBe('STORE_FAILED')
    await site.server().visit((s) => expect(s.flash('notice')).toBe('saved'), ticket)
    await others(site, ticket, 20)
    expect((await outcome(requestSession)).told).toBe('done')
    expect(await server.look(ticket, (s) => s.flash('notice'))).toBeUndefined()
  })
})
