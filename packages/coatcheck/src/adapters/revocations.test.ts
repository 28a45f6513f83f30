import { describe, expect, test } from 'vitest'
import { type Act, adapters, type Serve } from '../../test/helpers/adapters.ts'
import { clockFrom } from '../../test/helpers/clock.ts'
import { COOKIE, SECRET } from '../../test/helpers/site.ts'
import { watched } from '../../test/helpers/watched.ts'
import type { SessionEvent } from '../core/model/events.ts'
import { sessionsOf } from '../core/sessions.ts'
import { memoryStore } from '../stores/memory.ts'
import { sessionsWith as h3With } from './h3/options.ts'
import { optionsOf as appSessionOptions } from './hydrogen/app-session-options.ts'
import { createCookieSessionStorage } from './remix.ts'

/** A browser of the one cookie. */
function browser(serve: Serve, cookie = '') {
  return {
    async does(act: Act): Promise<Response> {
      const headers = cookie === '' ? {} : { cookie, 'sec-fetch-mode': 'navigate' }
      const response = await serve(new Request('https://site.example/', { headers }), act)
      for (const line of response.headers.getSetCookie()) {
        const [pair = ''] = line.split(';')
        if (pair.startsWith(`${COOKIE}=`)) cookie = pair === `${COOKIE}=` ? '' : pair
      }
      return response
    },
    copy: () => browser(serve, cookie),
  }
}

async function read(who: ReturnType<typeof browser>): Promise<unknown> {
  let value: unknown
  await who.does(async (held) => {
    value = await held.get('name')
  })
  return value
}

describe.each([0, 30])('promise 15, ASVS 7.4.1, sealed sessions with `every` %s', (every) => {
  test.each(adapters)('$name: a copy of the cookie opens nothing after the end', async (adapter) => {
    const clock = clockFrom()
    const watch = watched(memoryStore({ now: clock.now }))
    const events: SessionEvent[] = []
    const told = {
      secrets: [SECRET],
      now: clock.now,
      onEvent: (event: SessionEvent) => void events.push(event),
      revocations: every ? { store: watch.store, every } : watch.store,
    }
    const serve = await adapter.serve(told)
    const ada = browser(serve)
    await ada.does((held) => held.set('name', 'ada'))
    expect(watch.calls, 'what is in the session stays in the cookie').not.toContain('create')
    const [thief, elsewhere] = [ada.copy(), ada.copy()]
    expect(await read(thief)).toBe('ada')
    await ada.does((held) => held.end())
    expect(watch.calls.filter((call) => call === 'create')).toHaveLength(1)
    expect([await read(ada), await read(thief)]).toEqual([undefined, undefined])
    expect(events.map((event) => event.type === 'refused' && event.reason)).toContain('revoked')
    // Nor does a write bring it back.
    await elsewhere.does((held) => held.set('other', 1))
    expect(await read(elsewhere)).toBeUndefined()
  })

  test.each(adapters.filter(({ name }) => !/Hydrogen/.test(name)))('$name: nor an old id after a new one', async (adapter) => {
    const clock = clockFrom()
    const told = { secrets: [SECRET], now: clock.now, onEvent: () => {} }
    const serve = await adapter.serve({ ...told, revocations: { store: memoryStore({ now: clock.now }), every } })
    const ada = browser(serve)
    await ada.does((held) => held.set('name', 'ada'))
    const [thief, late] = [ada.copy(), ada.copy()]
    await ada.does((held) => held.renew?.())
    expect(await read(thief), 'within `grace`').toBe('ada')
    clock.advance(200)
    expect([await read(ada), await read(thief)]).toEqual(['ada', undefined])
    clock.advance(-200)
    await late.does((held) => held.end())
    expect(await read(ada), 'a sign-out by the old id ends it').toBeUndefined()
  })
})

test('where another library’s cookie is written, they are refused at once: nothing in it could be ended', () => {
  const revocations = memoryStore()
  const told = { secrets: [SECRET], secure: true, revocations, format: 'upstream' } as const
  const { secrets: _, secure: __, ...rest } = told
  expect(() => createCookieSessionStorage({ ...rest, cookie: { name: 'session', secrets: [SECRET] } })).toThrow('`revocations`')
  expect(() => h3With({ ...rest, password: SECRET }, 2)).toThrow('`revocations`')
  expect(() => sessionsOf(appSessionOptions(told))).toThrow('`revocations`')
})
