import { describe, expect, test } from 'vitest'
import { clockFrom } from '../../../../test/helpers/clock.ts'
import { gate, settled } from '../../../../test/helpers/gate.ts'
import { COOKIE, SECRET } from '../../../../test/helpers/site.ts'
import { watched } from '../../../../test/helpers/watched.ts'
import { memoryStore } from '../../../stores/memory.ts'
import type { Scope } from '../../request/request-session.ts'
import type { LiveSession } from '../../session/session.ts'
import { faceOf, sessionsOf } from '../../sessions.ts'

/** A framework whose updates need not be awaited, in front of one stored session. */
async function framework(values: Record<string, unknown> = { cart: ['hat'] }, prepare = (_: LiveSession): void => {}) {
  const clock = clockFrom()
  const watch = watched(memoryStore())
  const face = faceOf(sessionsOf({ secrets: SECRET, now: clock.now, store: watch.store }))
  const comes = async (ticket: string | undefined): Promise<{ scope: Scope; session: LiveSession }> => {
    const scope = face.detached({
      get: (name) => (name === 'cookie' && ticket !== undefined ? `${COOKIE}=${ticket}` : null),
    })
    return { scope, session: await scope.open() }
  }
  const first = await comes(undefined)
  first.session.replace(values)
  prepare(first.session)
  await first.scope.commit()
  const ticket = first.scope.ticket
  return {
    face,
    watch,
    comes,
    ticket,
    ada: () => comes(ticket),
    /** Lets the next call of this kind wait. */
    holds(call: string) {
      const door = gate()
      watch.before = async (name) => {
        if (name !== call) return
        watch.before = () => {}
        await door.pass()
      }
      return door
    },
    fails(call: string) {
      const door = gate()
      watch.before = async (name) => {
        if (name !== call) return
        watch.before = () => {}
        await door.pass()
        throw new Error('connection refused')
      }
      return door
    },
  }
}

describe('while a commit of this request is under way', () => {
  test('a session that is ended stays ended to whoever looks, also once that commit is done', async () => {
    const { ada, holds, comes, ticket } = await framework({ cart: ['hat'] }, (session) => session.signIn('ada'))
    const { scope, session } = await ada()
    const door = holds('update')
    session.set('n', 1)
    const first = scope.commit()
    await door.reached
    session.signOut()
    door.open()
    await first
    expect([session.owner, session.keys(), session.handle]).toEqual([undefined, [], undefined])
    await scope.commit()
    expect((await comes(ticket)).session.isNew).toBe(true)
  })

  test('what is begun anew after an end has nothing of what was ended', async () => {
    const { ada, holds, comes } = await framework({ cart: ['hat'] }, (session) => session.flash('message', 'hello'))
    const { scope, session } = await ada()
    const door = holds('update')
    session.set('n', 1)
    const first = scope.commit()
    await door.reached
    const fresh = scope.afresh()
    fresh.begin()
    door.open()
    await first
    expect([fresh.keys(), fresh.flashKeys(), fresh.get('cart'), fresh.peek('message')]).toEqual([[], [], undefined, undefined])
    fresh.update('cart', (cart) => [...((cart as string[] | undefined) ?? []), 'coat'])
    await scope.commit()
    expect({ ...(await comes(scope.ticket)).session.data }).toEqual({ cart: ['coat'] })
  })

  test('a flash value is read once', async () => {
    const { ada, holds } = await framework({ n: 0 }, (session) => session.flash('message', 'hello'))
    const { scope, session } = await ada()
    const door = holds('update')
    expect(session.flash('message')).toBe('hello')
    const first = scope.commit()
    await door.reached
    expect([session.flash('message'), session.flashKeys()]).toEqual([undefined, []])
    door.open()
    await first
    expect((await ada()).session.flash('message')).toBeUndefined()
  })

  test('a flash value that it leaves can be read', async () => {
    const { ada, holds } = await framework({ n: 0 })
    const { scope, session } = await ada()
    const door = holds('update')
    session.flash('message', 'hello')
    const first = scope.commit()
    await door.reached
    const seen = [session.flashKeys(), session.flash('message')]
    door.open()
    await first
    expect(seen).toEqual([['message'], 'hello'])
    await scope.commit()
    expect((await ada()).session.flash('message')).toBeUndefined()
  })

  test('a flash value that takes the place of the one it leaves is the only one that shows', async () => {
    const { ada, holds } = await framework({ n: 0 })
    const { scope, session } = await ada()
    const door = holds('update')
    session.flash('message', 'old')
    const first = scope.commit()
    await door.reached
    session.flash('message', 'new')
    door.open()
    await first
    expect(session.flash('message')).toBe('new')
    await scope.commit()
    expect((await ada()).session.flash('message')).toBeUndefined()
  })
})

describe('when a commit fails that was under way', () => {
  test('while its visitor signed out, the sign-in of before does not come back', async () => {
    const { ada, fails, comes, ticket } = await framework()
    const { scope, session } = await ada()
    const door = fails('create')
    session.signIn('ada')
    session.flash('message', 'Welcome, ada')
    const first = scope.commit()
    await door.reached
    const fresh = scope.afresh()
    door.open()
    await expect(first).rejects.toThrow('create')
    fresh.set('language', 'en')
    expect([fresh.owner, fresh.flashKeys()]).toEqual([undefined, []])
    await scope.commit()
    const next = await comes(scope.ticket)
    expect([next.session.owner, next.session.keys(), next.session.flashKeys()]).toEqual([undefined, ['language'], []])
    expect((await comes(ticket)).session.isNew).toBe(true)
  })

  test('while its handler failed, nothing of it is tried again', async () => {
    const { ada, fails, comes, ticket } = await framework()
    const { scope, session } = await ada()
    const door = fails('create')
    session.signIn('ada')
    session.flash('message', 'Welcome, ada')
    const first = scope.commit()
    await door.reached
    const closed = scope.close(500)
    door.open()
    await expect(first).rejects.toThrow('create')
    await closed
    expect(scope.lines).toEqual([])
    const next = await comes(ticket)
    expect([next.session.owner, next.session.flashKeys()]).toEqual([undefined, []])
  })
})

describe('a commit that was kept although its answer was lost', () => {
  /** Lets the next call of this kind be carried out, and its answer wait and then be lost. */
  const losing = async (call: string) => {
    const shop = await framework({ cart: ['hat'], language: 'en' })
    const door = gate()
    shop.watch.after = async (name) => {
      if (name !== call) return
      shop.watch.after = () => {}
      await door.pass()
      throw new Error('answer lost')
    }
    return { ...shop, door, ...(await shop.ada()) }
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
    const { scope, session, door, ada } = await losing('update')
    first(session)
    const lost = scope.commit()
    await door.reached
    then(session)
    door.open()
    await expect(lost).rejects.toMatchObject({ code: 'STORE_FAILED' })
    await scope.commit()
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
    const { scope, session, door, ada } = await losing('update')
    door.open()
    first(session)
    await expect((async () => scope.commit())()).rejects.toMatchObject({ code: 'STORE_FAILED' })
    then(session)
    await scope.commit()
    expect({ ...(await ada()).session.data }).toEqual(after)
  })

  test('nor does a flash value that was left by it and read since', async () => {
    const { scope, session, door, ada } = await losing('update')
    session.flash('message', 'hello')
    const lost = scope.commit()
    await door.reached
    expect(session.flash('message')).toBe('hello')
    door.open()
    await expect(lost).rejects.toMatchObject({ code: 'STORE_FAILED' })
    await scope.commit()
    expect((await ada()).session.flash('message')).toBeUndefined()
  })
})

describe('a request whose session was ended by another', () => {
  test('goes on with a new one when it asks for that, commit after commit', async () => {
    const { ada, comes } = await framework()
    const [one, other] = [await ada(), await ada()]
    other.session.destroy()
    await other.scope.commit()
    one.session.set('n', 1)
    expect((await one.scope.commit()).send).toEqual([])
    const fresh = one.scope.afresh()
    fresh.set('a', 1)
    await one.scope.commit()
    fresh.set('b', 2)
    await one.scope.commit()
    expect({ ...(await comes(one.scope.ticket)).session.data }).toEqual({ a: 1, b: 2 })
  })
})

describe('a change that was refused when it came to it', () => {
  test('does not keep a failed request from ending its session', async () => {
    const { face, ticket, comes } = await framework()
    const scope = face.detached({ get: (name) => (name === 'cookie' ? `${COOKIE}=${ticket}` : null) })
    scope.later((session) => session.set('n', () => {}))
    scope.later((session) => session.destroy())
    await scope.open()
    await scope.close(500)
    await settled()
    expect((await comes(ticket)).session.isNew).toBe(true)
  })
})
