import { describe, expect, test } from 'vitest'
import { clockFrom } from '../../../../test/helpers/clock.ts'
import { gate, settled } from '../../../../test/helpers/gate.ts'
import { COOKIE, SECRET } from '../../../../test/helpers/site.ts'
import { watched } from '../../../../test/helpers/watched.ts'
import { memoryStore } from '../../../stores/memory.ts'
import type { RequestSession } from '../../request/request-session.ts'
import type { LiveSession } from '../../session/session.ts'
import { adapterOf, sessionsOf } from '../../sessions.ts'

/** A framework whose updates need not be awaited, in front of one stored session. */
async function framework(values: Record<string, unknown> = { cart: ['hat'] }, prepare = (_: LiveSession): void => {}) {
  const clock = clockFrom()
  const watch = watched(memoryStore())
  const adapter = adapterOf(sessionsOf({ secrets: SECRET, now: clock.now, store: watch.store }))
  const comes = async (ticket: string | undefined): Promise<{ requestSession: RequestSession; session: LiveSession }> => {
    const requestSession = adapter.detached({
      get: (name) => (name === 'cookie' && ticket !== undefined ? `${COOKIE}=${ticket}` : null),
    })
    return { requestSession, session: await requestSession.open() }
  }
  const first = await comes(undefined)
  first.session.replace(values)
  prepare(first.session)
  await first.requestSession.commit()
  const ticket = first.requestSession.ticket
  return {
    adapter,
    watch,
    comes,
    ticket,
    ada: () => comes(ticket),
    /** Lets the next call of this kind wait. */
    holds(call: string) {
      const barrier = gate()
      watch.before = async (name) => {
        if (name !== call) return
        watch.before = () => {}
        await barrier.pass()
      }
      return barrier
    },
    fails(call: string) {
      const barrier = gate()
      watch.before = async (name) => {
        if (name !== call) return
        watch.before = () => {}
        await barrier.pass()
        throw new Error('connection refused')
      }
      return barrier
    },
  }
}

describe('while a commit of this request is under way', () => {
  test('a session that is ended stays ended to whoever looks, also once that commit is done', async () => {
    const { ada, holds, comes, ticket } = await framework({ cart: ['hat'] }, (session) => session.signIn('ada'))
    const { requestSession, session } = await ada()
    const barrier = holds('update')
    session.set('n', 1)
    const first = requestSession.commit()
    await barrier.reached
    session.signOut()
    barrier.open()
    await first
    expect([session.owner, session.keys(), session.handle]).toEqual([undefined, [], undefined])
    await requestSession.commit()
    expect((await comes(ticket)).session.isNew).toBe(true)
  })

  test('what is begun anew after an end has nothing of what was ended', async () => {
    const { ada, holds, comes } = await framework({ cart: ['hat'] }, (session) => session.flash('message', 'hello'))
    const { requestSession, session } = await ada()
    const barrier = holds('update')
    session.set('n', 1)
    const first = requestSession.commit()
    await barrier.reached
    const fresh = requestSession.afresh()
    fresh.begin()
    barrier.open()
    await first
    expect([fresh.keys(), fresh.flashKeys(), fresh.get('cart'), fresh.peek('message')]).toEqual([[], [], undefined, undefined])
    fresh.update('cart', (cart) => [...((cart as string[] | undefined) ?? []), 'coat'])
    await requestSession.commit()
    expect({ ...(await comes(requestSession.ticket)).session.data }).toEqual({ cart: ['coat'] })
  })

  test('a flash value is read once', async () => {
    const { ada, holds } = await framework({ n: 0 }, (session) => session.flash('message', 'hello'))
    const { requestSession, session } = await ada()
    const barrier = holds('update')
    expect(session.flash('message')).toBe('hello')
    const first = requestSession.commit()
    await barrier.reached
    expect([session.flash('message'), session.flashKeys()]).toEqual([undefined, []])
    barrier.open()
    await first
    expect((await ada()).session.flash('message')).toBeUndefined()
  })

  test('a flash value that it leaves can be read', async () => {
    const { ada, holds } = await framework({ n: 0 })
    const { requestSession, session } = await ada()
    const barrier = holds('update')
    session.flash('message', 'hello')
    const first = requestSession.commit()
    await barrier.reached
    const seen = [session.flashKeys(), session.flash('message')]
    barrier.open()
    await first
    expect(seen).toEqual([['message'], 'hello'])
    await requestSession.commit()
    expect((await ada()).session.flash('message')).toBeUndefined()
  })

  test('a flash value that takes the place of the one it leaves is the only one that shows', async () => {
    const { ada, holds } = await framework({ n: 0 })
    const { requestSession, session } = await ada()
    const barrier = holds('update')
    session.flash('message', 'old')
    const first = requestSession.commit()
    await barrier.reached
    session.flash('message', 'new')
    barrier.open()
    await first
    expect(session.flash('message')).toBe('new')
    await requestSession.commit()
    expect((await ada()).session.flash('message')).toBeUndefined()
  })
})

describe('when a commit fails that was under way', () => {
  test('while its visitor signed out, the sign-in of before does not come back', async () => {
    const { ada, fails, comes, ticket } = await framework()
    const { requestSession, session } = await ada()
    const barrier = fails('create')
    session.signIn('ada')
    session.flash('message', 'Welcome, ada')
    const first = requestSession.commit()
    await barrier.reached
    const fresh = requestSession.afresh()
    barrier.open()
    await expect(first).rejects.toThrow('create')
    fresh.set('language', 'en')
    expect([fresh.owner, fresh.flashKeys()]).toEqual([undefined, []])
    await requestSession.commit()
    const next = await comes(requestSession.ticket)
    expect([next.session.owner, next.session.keys(), next.session.flashKeys()]).toEqual([undefined, ['language'], []])
    expect((await comes(ticket)).session.isNew).toBe(true)
  })

  test('while its handler failed, nothing of it is tried again', async () => {
    const { ada, fails, comes, ticket } = await framework()
    const { requestSession, session } = await ada()
    const barrier = fails('create')
    session.signIn('ada')
    session.flash('message', 'Welcome, ada')
    const first = requestSession.commit()
    await barrier.reached
    const closed = requestSession.close(500)
    barrier.open()
    await expect(first).rejects.toThrow('create')
    await closed
    expect(requestSession.lines).toEqual([])
    const next = await comes(ticket)
    expect([next.session.owner, next.session.flashKeys()]).toEqual([undefined, []])
  })
})

describe('a commit that was kept although its answer was lost', () => {
  /** Lets the next call of this kind be carried out, and its answer wait and then be lost. */
  const losing = async (call: string) => {
    const shop = await framework({ cart: ['hat'], language: 'en' })
    const barrier = gate()
    shop.watch.after = async (name) => {
      if (name !== call) return
      shop.watch.after = () => {}
      await barrier.pass()
      throw new Error('answer lost')
    }
    return { ...shop, barrier, ...(await shop.ada()) }
  }

  test.each<[string, (session: LiveSession) => void, (session: LiveSession) => void, object]>([
    ['taken back by a delete', (s) => s.set('new', 1), (s) => s.delete('new'), { cart: ['hat'], language: 'en' }],
    [
      'taken back by what was there',
      (s) => s.set('language', 'de'),
      (s) => s.set('language', 'en'),
      { cart: ['hat'], language: 'en' },
    ],
    ['a delete, set again', (s) => s.delete('language'), (s) => s.set('language', 'en'), { cart: ['hat'], language: 'en' }],
    [
      'counted, and counted back',
      (s) => s.update('language', () => 'de'),
      (s) => s.update('language', () => 'en'),
      { cart: ['hat'], language: 'en' },
    ],
    [
      'changed inside, and back',
      (s) => void (s.get('cart') as string[]).push('coat'),
      (s) => void (s.get('cart') as string[]).pop(),
      { cart: ['hat'], language: 'en' },
    ],
    ['replaced', (s) => s.set('new', 1), (s) => s.replace({ only: 1 }), { only: 1 }],
  ])('does not outlive a change of mind: %s', async (_, first, then, after) => {
    const { requestSession, session, barrier, ada } = await losing('update')
    first(session)
    const lost = requestSession.commit()
    await barrier.reached
    then(session)
    barrier.open()
    await expect(lost).rejects.toMatchObject({ code: 'STORE_FAILED' })
    await requestSession.commit()
    expect({ ...session.data }).toEqual(after)
    expect({ ...(await ada()).session.data }).toEqual(after)
  })

  test.each<[string, (session: LiveSession) => void, (session: LiveSession) => void, object]>([
    ['taken back by a delete', (s) => s.set('new', 1), (s) => s.delete('new'), { cart: ['hat'], language: 'en' }],
    [
      'taken back by what was there',
      (s) => s.set('language', 'de'),
      (s) => s.set('language', 'en'),
      { cart: ['hat'], language: 'en' },
    ],
  ])('nor one after it failed: %s', async (_, first, then, after) => {
    const { requestSession, session, barrier, ada } = await losing('update')
    barrier.open()
    first(session)
    await expect((async () => requestSession.commit())()).rejects.toMatchObject({ code: 'STORE_FAILED' })
    then(session)
    await requestSession.commit()
    expect({ ...(await ada()).session.data }).toEqual(after)
  })

  test('nor does a flash value that was left by it and read since', async () => {
    const { requestSession, session, barrier, ada } = await losing('update')
    session.flash('message', 'hello')
    const lost = requestSession.commit()
    await barrier.reached
    expect(session.flash('message')).toBe('hello')
    barrier.open()
    await expect(lost).rejects.toMatchObject({ code: 'STORE_FAILED' })
    await requestSession.commit()
    expect((await ada()).session.flash('message')).toBeUndefined()
  })
})

describe('a request whose session was ended by another', () => {
  test('goes on with a new one when it asks for that, commit after commit', async () => {
    const { ada, comes } = await framework()
    const [one, other] = [await ada(), await ada()]
    other.session.destroy()
    await other.requestSession.commit()
    one.session.set('n', 1)
    expect((await one.requestSession.commit()).send).toEqual([])
    const fresh = one.requestSession.afresh()
    fresh.set('a', 1)
    await one.requestSession.commit()
    fresh.set('b', 2)
    await one.requestSession.commit()
    expect({ ...(await comes(one.requestSession.ticket)).session.data }).toEqual({ a: 1, b: 2 })
  })
})

describe('a change that was refused when it came to it', () => {
  test('does not keep a failed request from ending its session', async () => {
    const { adapter, ticket, comes } = await framework()
    const requestSession = adapter.detached({ get: (name) => (name === 'cookie' ? `${COOKIE}=${ticket}` : null) })
    requestSession.later((session) => session.set('n', () => {}))
    requestSession.later((session) => session.destroy())
    await requestSession.open()
    await requestSession.close(500)
    await settled()
    expect((await comes(ticket)).session.isNew).toBe(true)
  })
})
