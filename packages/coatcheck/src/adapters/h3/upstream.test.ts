import * as h3 from 'h3'
import * as h3v1 from 'h3-v1'
import { describe, expect, test } from 'vitest'
import { quietly } from '../../../test/helpers/adapter-stories.ts'
import { clockFrom, HOUR } from '../../../test/helpers/clock.ts'
import { comesTo, HOUSES, type House, linesOf, NEWER_PASSWORD, PASSWORD, said } from '../../../test/helpers/h3.ts'
import { vectors } from '../../../test/helpers/migrate.ts'
import type { SessionEvent } from '../../core/model/events.ts'
import { memoryStore } from '../../stores/memory.ts'
import type { Visitor } from '../../testing/visitor.ts'
import { type H3EventLike, type SessionConfig, sealSession, unsealSession, useSession } from '../h3.ts'

interface Made {
  readonly setCookie: readonly string[]
}
interface Vectors {
  readonly password: string
  readonly v1: { readonly sealed: string; readonly clear: Made; readonly maxAge3600: Made; readonly named: Made }
  readonly v2: { readonly sealed: string; readonly clear: Made; readonly maxAge3600: Made; readonly named: Made }
}
const VECTORS = vectors<Vectors>('h3')

type Use = (
  event: never,
  config: h3v1.SessionConfig,
) => Promise<{ readonly data: Record<string, unknown>; update(change: object): Promise<unknown>; clear(): Promise<unknown> }>
const theirs = (version: 1 | 2): Use => (version === 1 ? h3v1.useSession : h3.useSession) as unknown as Use

/** An application with the old import, with ours, or with ours that writes as h3 does: whichever is deployed. */
type Release = 'old' | 'new' | 'both'

const pages =
  (house: House, released: () => Release, config: SessionConfig) =>
  async (event: H3EventLike, path: string): Promise<unknown> => {
    const format = released() === 'both' ? ({ format: 'upstream' } as const) : {}
    const session =
      released() === 'old'
        ? await theirs(house.version)(event as never, config as h3v1.SessionConfig)
        : await useSession(event, { ...config, ...format })
    if (path === '/out') await session.clear()
    else if (path.startsWith('/add')) {
      const cart = (session.data.cart ?? []) as string[]
      await session.update({ cart: [...cart, path.slice(5)] })
    }
    return session.data
  }

const iron = (browser: Visitor): boolean => browser.cookies().some(({ value }) => value.startsWith('Fe26.2*'))

describe.each(HOUSES)('moving from $name', (house) => {
  test.each<[string, SessionConfig]>([
    ['sealed', { password: PASSWORD }],
    ['stored', { password: PASSWORD, store: memoryStore() }],
    ['with maxAge', { password: PASSWORD, maxAge: HOUR }],
    ['with another name', { password: PASSWORD, name: 'shop' }],
  ])('its sessions are taken over, and the next write is ours: %s', async (_, config) => {
    let release: Release = 'old'
    const ada = await comesTo(
      house,
      pages(house, () => release, config),
    )
    await ada.get('/add/hat')
    expect(iron(ada)).toBe(true)
    release = 'new'
    const first = await ada.get('/')
    expect([linesOf(first, config.name), await said(first)], 'a look changes nothing').toEqual([[], { cart: ['hat'] }])
    expect(await said(ada.get('/add/scarf'))).toEqual({ cart: ['hat', 'scarf'] })
    expect([iron(ada), ada.cookies().length]).toEqual([false, 1])
    expect(await said(ada.get('/'))).toEqual({ cart: ['hat', 'scarf'] })
  })

  test('parallel first requests with one old cookie meet in one session', async () => {
    const config: SessionConfig = { password: PASSWORD, store: memoryStore() }
    let release: Release = 'old'
    const ada = await comesTo(house, async (event, path) => {
      if (release === 'old') return pages(house, () => release, config)(event, path)
      const session = await useSession(event, config)
      if (path !== '/') await session.update({ [path]: true })
      return session.data
    })
    await ada.get('/add/hat')
    release = 'new'
    await ada.parallel(6, (at) => ada.get(`/${at}`))
    expect(await said(ada.get('/'))).toEqual({
      cart: ['hat'],
      ...Object.fromEntries([0, 1, 2, 3, 4, 5].map((at) => [`/${at}`, true])),
    })
  })

  test('an old session can be cleared, and sealed anew', async () => {
    const config: SessionConfig = { password: PASSWORD, store: memoryStore() }
    let release: Release = 'old'
    const shop = pages(house, () => release, config)
    const ada = await comesTo(house, async (event, path) => (path === '/seal' ? sealSession(event, config) : shop(event, path)))
    await ada.get('/add/hat')
    release = 'new'
    const sealed = await (await ada.get('/seal')).text()
    expect(sealed).not.toContain('Fe26')
    expect(await said(ada.get('/', { headers: { cookie: '', 'x-h3-session': sealed } }))).toEqual({ cart: ['hat'] })
    await ada.get('/out')
    expect([ada.cookies(), await said(ada.get('/'))]).toEqual([[], {}])
  })

  test('its seals open in unsealSession and in the header, both as the vectors hold them', async () => {
    const config: SessionConfig = { password: VECTORS.password }
    const ada = await comesTo(house, async (event, path) => {
      if (path === '/') return (await useSession(event, config)).data
      return (await unsealSession(event, config, path === '/1' ? VECTORS.v1.sealed : VECTORS.v2.sealed)).data
    })
    for (const [path, { sealed }] of [['/1', VECTORS.v1] as const, ['/2', VECTORS.v2] as const]) {
      expect(await said(ada.get(path))).toEqual({ foo: 'bar', n: 1 })
      expect(await said(ada.get('/', { headers: { 'x-h3-session': sealed } }))).toEqual({ foo: 'bar', n: 1 })
    }
  })

  test('legacySealFallback: false refuses seals of h3 1, migrateFrom: [] those of both', async () => {
    const read = async (more: Partial<SessionConfig>, cookie: string) => {
      const ada = await comesTo(house, async (event) => (await useSession(event, { password: VECTORS.password, ...more })).data)
      return said(ada.get('/', { headers: { cookie: `h3=${cookie}` } }))
    }
    expect(await read({ legacySealFallback: false }, VECTORS.v1.sealed)).toEqual({})
    expect(await read({ legacySealFallback: false }, VECTORS.v2.sealed)).toEqual({ foo: 'bar', n: 1 })
    expect(await read({ migrateFrom: [] }, VECTORS.v2.sealed)).toEqual({})
  })

  test("format: 'upstream' writes what the old release reads, both ways, until it is turned off", async () => {
    for (const store of [undefined, memoryStore()]) {
      const config: SessionConfig = { password: PASSWORD, maxAge: HOUR }
      let release: Release = 'old'
      const shop = pages(house, () => release, config)
      const ada = await comesTo(house, (event, path) => {
        const later = pages(house, () => release, { ...config, ...(store && { store }) })
        return (release === 'new' ? later : shop)(event, path)
      })
      const releases: Release[] = ['old', 'both', 'old', 'both', 'new', 'new']
      for (const [at, each] of releases.entries()) {
        release = each
        await ada.get(`/add/${at}`)
        expect(iron(ada), `${at} ${each}`).toBe(each !== 'new')
      }
      expect(await said(ada.get('/'))).toEqual({ cart: releases.map((_, at) => String(at)) })
    }
  })

  test("format: 'upstream' also reads what is ours, for rolling back", async () => {
    let release: Release = 'new'
    const ada = await comesTo(
      house,
      pages(house, () => release, { password: PASSWORD }),
    )
    for (release of ['new', 'both', 'old'] as const) await ada.get(`/add/${release}`)
    expect(await said(ada.get('/'))).toEqual({ cart: ['new', 'both', 'old'] })
  })

  test("format: 'upstream' sets and clears cookies with the attributes of h3, byte for byte", async () => {
    const clock = clockFrom(1_700_000_000_000)
    const config: SessionConfig = { password: VECTORS.password, format: 'upstream', now: clock.now }
    const theirsOf = house.version === 1 ? VECTORS.v1 : VECTORS.v2
    const seen: string[] = []
    const ada = await comesTo(
      house,
      async (event, path) => {
        const more = path === '/maxAge' ? { maxAge: 3600 } : path === '/named' ? { name: 'custom-name' } : {}
        const session = await useSession(event, { ...config, ...more })
        await session.update({ foo: 'bar' })
        if (path === '/clear') await session.clear()
        return 'ok'
      },
      { now: clock.now },
    )
    for (const [path, made] of [
      ['/maxAge', theirsOf.maxAge3600],
      ['/named', theirsOf.named],
      ['/clear', theirsOf.clear],
    ] as const) {
      const bare = (line: string) => line.replace(/=Fe26\.2\*[^;]*/, '=…')
      const lines = (await ada.get(path)).headers.getSetCookie().map(bare)
      expect(lines, path).toEqual(made.setCookie.map(bare))
      seen.push(...lines)
    }
    expect(seen).toHaveLength(3)
  })

  test("format: 'upstream' holds large sessions as h3 does, where h3 can", async () => {
    quietly()
    const config: SessionConfig = { password: PASSWORD }
    let release: Release = 'both'
    const shop = pages(house, () => release, config)
    const ada = await comesTo(house, shop)
    const large = await ada.get(`/add/${'x'.repeat(5000)}`)
    if (house.version === 1) {
      expect([large.status, ada.refused]).toEqual([500, []])
      return
    }
    expect(ada.cookies().map(({ name }) => name)).toEqual(['h3', 'h3.1', 'h3.2'])
    for (release of ['old', 'both', 'new'] as const)
      expect(await said(ada.get('/')), release).toEqual({ cart: ['x'.repeat(5000)] })
    await ada.get('/add/y')
    expect(await said(ada.get('/'))).toEqual({ cart: ['x'.repeat(5000), 'y'] })
  })
})

describe.each(HOUSES)('a time that is said of the cookie: $name', (house) => {
  test.each<[string, Partial<SessionConfig>, isStored?: boolean]>([
    ['theirs', {}],
    ['ours', {}],
    ['ours in a store', {}, true],
    ['ours in a store, with an end', { maxAge: 24 * HOUR }, true],
    ["ours with format: 'upstream'", { format: 'upstream' }],
  ])('D1: begins anew with each change: %s', async (whose, more, isStored = false) => {
    const { now, advance } = clockFrom(Date.now())
    const config = { password: PASSWORD, cookie: { maxAge: 300 }, ...more, now, ...(isStored && { store: memoryStore({ now }) }) }
    const use = (whose === 'theirs' ? theirs(house.version) : useSession) as unknown as Use
    const ada = await comesTo(
      house,
      async (event) => {
        const session = await use(event as never, config as never)
        await session.update({ visits: Number(session.data.visits ?? 0) + 1 })
        return session.data
      },
      { now },
    )
    await ada.get('/')
    for (let visit = 0; visit < 9; visit++) {
      advance(200)
      await ada.get('/')
    }
    expect(await said(ada.get('/'))).toMatchObject({ visits: 11 })
  })
})

describe.each(HOUSES)('a time that is said only when something is written: $name', (house) => {
  test.each<[string, Partial<SessionConfig>]>([
    ['theirs', {}],
    ['ours', {}],
    ['ours in a store', { store: memoryStore() }],
    ["ours with format: 'upstream'", { format: 'upstream' }],
  ])('D10: counts, though the session was read before: %s', async (whose, more) => {
    const clock = clockFrom(Date.now())
    const config: SessionConfig = { password: PASSWORD, ...more, now: clock.now }
    const use = (whose === 'theirs' ? theirs(house.version) : useSession) as unknown as Use
    const ada = await comesTo(
      house,
      async (event, path) => {
        const { data } = await use(event as never, config as never)
        if (path === '/in') await (await use(event as never, { ...config, maxAge: HOUR } as never)).update({ user: 'ada' })
        return data
      },
      { now: clock.now },
    )
    await ada.get('/')
    expect(ada.cookies()[0]?.expiresAt).toBeUndefined()
    await ada.get('/in')
    expect(ada.cookies()[0]?.expiresAt).toBeDefined()
    expect(await said(ada.get('/'))).toEqual({ user: 'ada' })
    // Theirs goes by the machine's clock; what is sealed as h3 does ends with the first call's configuration.
    if (whose === 'theirs' || more.format) return
    const copy = ada.cookies().map(({ name, value }) => `${name}=${value}`)
    clock.advance(HOUR + 60)
    expect(await said(ada.get('/', { headers: { cookie: copy.join('; ') } }))).toEqual({})
  })
})

describe('an old cookie that cannot be believed', () => {
  test.each(HOUSES)('begins a fresh session and is told: $name', async (house) => {
    const events: SessionEvent[] = []
    const config: SessionConfig = { password: NEWER_PASSWORD, onEvent: (event) => void events.push(event) }
    const ada = await comesTo(
      house,
      pages(house, () => 'new', config),
    )
    for (const value of [VECTORS.v1.sealed, `${VECTORS.v2.sealed}x`, 'Fe26.2*', '__chunked__100']) {
      const response = await ada.get('/', { headers: { cookie: `h3=${value}` } })
      expect([response.status, await said(response)]).toEqual([200, {}])
    }
    expect(events.filter(({ type }) => type === 'refused')).toHaveLength(4)
    expect(events.filter(({ type }) => type === 'adopted')).toEqual([])
  })
})
