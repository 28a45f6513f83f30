import { describe, expect, test } from 'vitest'
import { quietly } from '../../test/helpers/adapter-stories.ts'
import { type Act, adapters } from '../../test/helpers/adapters.ts'
import { clockFrom } from '../../test/helpers/clock.ts'
import { COOKIE, SECRET } from '../../test/helpers/site.ts'
import { createSessions } from '../core/sessions.ts'
import { memoryStore } from '../stores/memory.ts'
import { visitor } from '../testing/visitor.ts'

// What `sessions.list`, `end` and `endAll` do to a session that a page behind an adapter began.

describe.each(adapters.map((adapter) => [adapter.name, adapter] as const))('%s', (_, adapter) => {
  async function opened() {
    quietly()
    const clock = clockFrom()
    const store = memoryStore({ now: clock.now })
    const told = { store, secrets: [SECRET], now: clock.now, onEvent: () => {} }
    const serve = await adapter.serve(told)
    // Another part of the site, on the same store.
    const sessions = createSessions({ ...told, cookie: { name: COOKIE } })
    const person = () => {
      const who = visitor(async () => new Response(''), { now: clock.now })
      return async (act: Act) => {
        const cookie = who.jar.header(who.origin)
        const response = await serve(new Request(who.origin, { headers: cookie === '' ? {} : { cookie } }), act)
        for (const line of response.headers.getSetCookie()) who.jar.set(line, who.origin)
        return response.status
      }
    }
    const holds = async (visits: (act: Act) => Promise<unknown>) => {
      let found: unknown
      await visits(async (held) => {
        found = await held.get('name')
      })
      return found
    }
    return { clock, store, sessions, person, holds }
  }

  test('a session that was ended by its handle is gone at the next request', async () => {
    const { store, sessions, person, holds } = await opened()
    const [ada, bob] = [person(), person()]
    await ada((held) => held.set('name', 'ada'))
    const [handle = ''] = (await store.list(undefined, 10)).keys
    await bob((held) => held.set('name', 'bob'))
    expect([await holds(ada), await holds(bob)]).toEqual(['ada', 'bob'])
    expect(await sessions.end(handle)).toBe(true)
    expect([await holds(ada), await holds(bob)]).toEqual([undefined, 'bob'])
    await ada((held) => held.set('name', 'eve'))
    expect(await holds(ada)).toBe('eve')
  })

  test('all sessions that an owner signed in to are listed, ended, and gone at the next request', async () => {
    const { clock, sessions, person, holds } = await opened()
    const people = [person(), person(), person()]
    let knowsOwners = true
    for (const [at, visits] of people.entries())
      await visits(async (held) => {
        knowsOwners = held.signIn !== undefined
        await held.signIn?.(at < 2 ? 'ada' : 'bob')
        await held.set('name', at)
      })
    expect((await sessions.list('ada')).sessions).toHaveLength(knowsOwners ? 2 : 0)
    clock.advance(1)
    expect(await sessions.endAll('ada')).toBe(knowsOwners ? 2 : 0)
    const left: unknown[] = []
    for (const visits of people) left.push(await holds(visits))
    expect(left).toEqual(knowsOwners ? [undefined, undefined, 2] : [0, 1, 2])
  })
})
