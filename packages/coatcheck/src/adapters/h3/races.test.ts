import type { ServerResponse } from 'node:http'
import { describe, expect, onTestFinished, test } from 'vitest'
import { quietly } from '../../../test/helpers/adapter-stories.ts'
import { gate, settled } from '../../../test/helpers/gate.ts'
import { comesTo, HOUSES, linesOf, PASSWORD, said } from '../../../test/helpers/h3.ts'
import { type Watched, watched } from '../../../test/helpers/watched.ts'
import type { SessionEvent } from '../../core/model/events.ts'
import { memoryStore } from '../../stores/memory.ts'
import { visitor } from '../../testing/visitor.ts'
import {
  clearSession,
  getSession,
  type H3EventLike,
  rotateSession,
  type SessionConfig,
  type SessionManager,
  updateSession,
  useSession,
} from '../h3.ts'

interface Place {
  readonly config: SessionConfig
  readonly watch: Watched | undefined
  readonly events: SessionEvent[]
}

const KINDS: readonly (readonly [string, () => Place])[] = [
  [
    'sealed',
    () => {
      const events: SessionEvent[] = []
      return { config: { password: PASSWORD, onEvent: (event) => void events.push(event) }, watch: undefined, events }
    },
  ],
  [
    'stored',
    () => {
      const events: SessionEvent[] = []
      const watch = watched(memoryStore())
      return { config: { password: PASSWORD, store: watch.store, onEvent: (event) => void events.push(event) }, watch, events }
    },
  ],
]

type Step = (event: H3EventLike, session: SessionManager, config: SessionConfig) => unknown

const cases = HOUSES.flatMap((house) => KINDS.map(([kind, place]) => ({ house, kind, place })))

describe.each(cases)('within one request on $house.name, $kind', ({ house, place }) => {
  /** A visitor with a cart, who comes to a page that does this; what she then has. */
  async function after(step: Step, path = '/do') {
    const { config, watch, events } = place()
    const ada = await comesTo(
      house,
      async (event, at) => {
        if (at === '/') return (await getSession(event, config)).data
        const session = await useSession(event, config)
        if (at === '/cart') return void (await session.update({ cart: ['hat'], n: 0 }))
        return (await step(event, session, config)) ?? 'ok'
      },
      { commits: house.version === 1 && !house.onNode },
    )
    await ada.get('/cart')
    const before = ada.cookies()[0]?.value
    const response = await ada.get(path)
    const told = await said(response)
    return { ada, before, told, response, data: await said(ada.get('/')), config, watch, events }
  }

  test('updates begun at once are all kept, and one cookie goes out', async () => {
    const { data, response } = await after((event, session, config) =>
      Promise.all([
        session.update({ a: 1 }),
        session.update((data) => ({ n: data.n + 1 })),
        updateSession(event, config, { b: 2 }),
        updateSession(event, config, (data) => ({ n: data.n + 1 })),
        session.update((data) => {
          data.n += 1
          return data
        }),
      ]),
    )
    expect(data).toEqual({ cart: ['hat'], n: 3, a: 1, b: 2 })
    expect(linesOf(response).length).toBeLessThanOrEqual(1)
  })

  test.each<[string, Step]>([
    [
      'all waited for',
      async (_, session) => {
        await session.update({ a: 1 })
        await session.clear()
      },
    ],
    [
      'nothing waited for',
      (_, session) => {
        void session.update({ a: 1 })
        void session.clear()
      },
    ],
    ['begun together', (_, session) => Promise.all([session.update({ a: 1 }), session.clear()])],
    [
      'by the functions',
      (event, _, config) => {
        void updateSession(event, config, { a: 1 })
        void clearSession(event, config)
      },
    ],
  ])('an update and then an end leave nothing: %s', async (_, step) => {
    const { ada, before, data, watch } = await after(step)
    expect([data, ada.cookies()]).toEqual([{}, []])
    if (!watch) return // a copy of a sealed cookie opens it until it is over
    ada.plant(`h3=${before}; Path=/; Secure; HttpOnly`)
    expect(await said(ada.get('/'))).toEqual({})
  })

  test('what is shown after an end that was not waited for is empty, also later', async () => {
    const { told } = await after(async (_, session) => {
      void session.update({ a: 1 })
      void session.clear()
      const seen = [{ ...session.data }]
      await settled()
      seen.push({ ...session.data })
      return seen
    })
    expect(told).toEqual([{}, {}])
  })

  test.each<[string, Step]>([
    [
      'all waited for',
      async (_, session) => {
        await session.update({ a: 1 })
        await session.clear()
        await session.update({ language: 'en' })
        await session.update((data) => ({ count: (data.count ?? 0) + 1 }))
      },
    ],
    [
      'nothing waited for',
      (_, session) => {
        void session.update({ a: 1 })
        void session.clear()
        void session.update({ language: 'en' })
        void session.update((data) => ({ count: (data.count ?? 0) + 1 }))
      },
    ],
    [
      'with steps in between',
      async (_, session) => {
        void session.update({ a: 1 })
        await Promise.resolve()
        void session.clear()
        await settled()
        void session.update({ language: 'en' })
        await Promise.resolve()
        void session.update((data) => ({ count: (data.count ?? 0) + 1 }))
      },
    ],
  ])('H2: an update, an end and updates leave a new session of the last ones: %s', async (_, step) => {
    const { ada, before, data, response } = await after(step)
    expect(data).toEqual({ language: 'en', count: 1 })
    expect(linesOf(response)).toHaveLength(1)
    expect(ada.cookies()[0]?.value).not.toBe(before)
  })

  test.each<[string, Step]>([
    [
      'waited for',
      async (_, session) => {
        await session.update({ a: 1 })
        await session.rotate()
        await session.update({ b: 2 })
      },
    ],
    [
      'not waited for',
      (_, session) => {
        void session.update({ a: 1 })
        void session.rotate()
        void session.update({ b: 2 })
      },
    ],
    [
      'twice, by both ways',
      (event, session, config) => {
        void session.update({ a: 1 })
        void session.rotate()
        void rotateSession(event, config)
        void session.update({ b: 2 })
      },
    ],
  ])('H1: a rotation between updates keeps all, and the newest cookie is the one that leaves: %s', async (_, step) => {
    const { ada, before, data, response } = await after(step)
    expect(data).toEqual({ cart: ['hat'], n: 0, a: 1, b: 2 })
    expect(linesOf(response)).toHaveLength(1)
    expect(ada.cookies()[0]?.value).not.toBe(before)
  })

  test('a rotation and an end leave nothing', async () => {
    const { ada, data } = await after((_, session) => {
      void session.rotate()
      void session.clear()
    })
    expect([data, ada.cookies()]).toEqual([{}, []])
  })

  test('a cookie of the handler’s own is kept, whatever comes of ours', async () => {
    const { response } = await after((event, session) => {
      const line = 'theme=dark; Path=/'
      if (house.version === 2) (event.res as { headers: Headers }).headers.append('set-cookie', line)
      else (event.node?.res as ServerResponse | undefined)?.appendHeader('set-cookie', line)
      void session.rotate()
      void session.update({ a: 1 })
    })
    expect(response.headers.getSetCookie().filter((line) => line.startsWith('theme='))).toHaveLength(1)
    expect(linesOf(response)).toHaveLength(1)
  })

  test('HEAD answers with the cookie as well', async () => {
    const { config } = place()
    const ada = await comesTo(house, async (event) => {
      const session = await useSession(event, config)
      await session.update({ a: 1 })
      return 'ok'
    })
    const response = await ada.get('/', { method: 'HEAD' } as never)
    expect(linesOf(response)).toHaveLength(1)
  })

  test('a stream that is answered with carries the cookie of what was changed before it', async () => {
    const { response, told, data } = await after((_, session) => {
      void session.rotate()
      void session.update({ a: 1 })
      return new Response(
        new ReadableStream({
          async start(controller) {
            controller.enqueue(new TextEncoder().encode('one '))
            await settled()
            controller.enqueue(new TextEncoder().encode('two'))
            controller.close()
          },
        }),
      ).body
    })
    expect(told).toBe('one two')
    expect(linesOf(response)).toHaveLength(1)
    expect(data).toMatchObject({ a: 1 })
  })

  test('a change from within the stream is stored, or refused aloud, and ends no process', async () => {
    const lost: unknown[] = []
    const listener = (reason: unknown): void => void lost.push(reason)
    process.on('unhandledRejection', listener)
    onTestFinished(() => void process.off('unhandledRejection', listener))
    let outcome = 'nothing'
    const { data, events } = await after((_, session) => {
      const late = async (): Promise<void> => {
        await settled()
        try {
          await session.update({ late: true })
          outcome = 'stored'
        } catch (error) {
          outcome = (error as { code: string }).code
        }
      }
      return new Response(
        new ReadableStream(
          {
            async pull(controller) {
              await late()
              controller.enqueue(new TextEncoder().encode('done'))
              controller.close()
            },
          },
          { highWaterMark: 0 },
        ),
      ).body
    })
    await settled()
    expect(lost).toEqual([])
    const kept = (data as { late?: boolean }).late === true
    expect([outcome, kept, events.filter(({ type }) => type === 'late-failed').length]).toEqual(
      kept ? ['stored', true, 0] : ['TOO_LATE', false, expect.any(Number)],
    )
  })
})

describe.each(HOUSES)('requests at once on $name', (house) => {
  test.each<[string, (data: { n: number }) => object]>([
    ['by what it returns', (data) => ({ n: data.n + 1 })],
    [
      'in place',
      (data) => {
        data.n += 1
        return data
      },
    ],
  ])('H10: 20 that count one number by a function are all counted: %s', async (_, change) => {
    const config: SessionConfig = { password: PASSWORD, store: memoryStore() }
    const ada = await comesTo(house, async (event, path) => {
      const session = await useSession(event, config)
      if (path === '/begin') await session.update({ n: 0 })
      if (path === '/count') void session.update(change as never)
      return session.data
    })
    await ada.get('/begin')
    await Promise.all(Array.from({ length: 20 }, () => ada.get('/count')))
    expect(await said(ada.get('/'))).toEqual({ n: 20 })
  })

  test('20 new visitors at once have 20 sessions, and each sees only her own', async () => {
    const config: SessionConfig = { password: PASSWORD, store: memoryStore() }
    const page = async (event: H3EventLike, path: string) => {
      const session = await useSession(event, config)
      await settled()
      if (path !== '/') void session.update({ name: path })
      await settled()
      return session.data
    }
    const serve = await house.serve(page)
    const people = Array.from({ length: 20 }, () => visitor(serve, { follow: false }))
    await Promise.all(people.map((person, at) => person.get(`/p${at}`)))
    const seen = await Promise.all(people.map((person) => said(person.get('/'))))
    expect(seen).toEqual(people.map((_, at) => ({ name: `/p${at}` })))
  })

  test('an end and updates: whatever comes first, the session stays ended', async () => {
    const watch = watched(memoryStore())
    const config: SessionConfig = { password: PASSWORD, store: watch.store, issue: 'when-stored' }
    const barrier = gate()
    const ada = await comesTo(house, async (event, path) => {
      const session = await useSession(event, config)
      if (path === '/begin') await session.update({ n: 0 })
      if (path === '/slow') {
        await barrier.pass()
        void session.update({ slow: true })
      }
      if (path === '/out') await session.clear()
      return session.data
    })
    await ada.get('/begin')
    const cookie = ada.cookies()[0]?.value ?? ''
    const thief = ada.steal()
    const slow = ada.begin('/slow')
    await barrier.reached
    await ada.get('/out')
    barrier.open()
    ;(await slow).arrive()
    expect(ada.cookies()).toEqual([])
    expect(thief.cookies()[0]?.value).toBe(cookie)
    expect(await said(thief.get('/'))).toEqual({})
  })

  test('a handler that throws after an update that nobody awaited gives no ticket on its error page, or one that works', async () => {
    quietly()
    const config: SessionConfig = { password: PASSWORD, store: memoryStore(), issue: 'when-stored' }
    const ada = await comesTo(house, async (event, path) => {
      const session = await useSession(event, config)
      if (path === '/throw') {
        void session.update({ a: 1 })
        throw new Error('no')
      }
      return session.data
    })
    const response = await ada.get('/throw')
    expect(response.status).toBe(500)
    expect(await said(ada.get('/'))).toEqual(linesOf(response).length > 0 ? { a: 1 } : {})
  })
})
