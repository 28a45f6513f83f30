import * as h3v2 from 'h3'
import * as h3v1 from 'h3-v1'
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest'
import { asking, pairOf, presenting, spoiled, THEN, vectors } from '../../test/helpers/migrate.ts'
import { SessionError } from '../errors.ts'
import { type H3SealOptions, h3Seal } from './h3.ts'

interface Version {
  readonly sealed: string
  readonly sealedMaxAge: string
  readonly [name: string]: unknown
}

const recorded = vectors<{ password: string; v1: Version; v2: Version }>('h3')
const { password } = recorded
const DATA = { foo: 'bar', n: 1 }
const FOUND = { values: DATA, flash: {}, createdAt: THEN, id: 'fixed-id-1', unique: `${THEN} fixed-id-1` }
const OTHER = 'another password, of thirty-two characters'
const MINUTE = 60_000

const ask = (now = THEN) => asking('h3', {}, now)

/** A site of h3 with this config: what it answers to a cookie header. */
type Site = (cookie: string, update?: Record<string, unknown>) => Promise<{ data: unknown; id: unknown; lines: string[] }>

const siteOf: Record<1 | 2, (config: object) => Site> = {
  1: (config) => async (cookie, update) => {
    const app = h3v1.createApp()
    const handler = h3v1.eventHandler(async (event) => {
      const session = await h3v1.useSession(event, { password, ...config })
      if (update) await session.update(update)
      return { data: session.data, id: session.id }
    })
    app.use('/', handler)
    const response = await h3v1.toWebHandler(app)(new Request('http://localhost/', { headers: { cookie } }))
    return { ...(await response.json()), lines: response.headers.getSetCookie() }
  },
  2: (config) => async (cookie, update) => {
    const app = new h3v2.H3().get('/', async (event) => {
      const session = await h3v2.useSession(event, { password, ...config })
      if (update) await session.update(update)
      return { data: session.data, id: session.id }
    })
    const response = await app.fetch(new Request('http://localhost/', { headers: { cookie } }))
    return { ...(await response.json()), lines: response.headers.getSetCookie() }
  },
}

describe.each(['v1', 'v2'] as const)('seals that h3 %s made', (version) => {
  const { sealed, sealedMaxAge } = recorded[version]

  it('are read', async () => {
    expect(await h3Seal({ password }).read(sealed, ask())).toEqual(FOUND)
  })

  it('are read with a list of passwords, and with named ones where `default` is for seals without a name', async () => {
    for (const passwords of [[OTHER, password], { new: OTHER, default: password }]) {
      expect(await h3Seal({ password: passwords }).read(sealed, ask())).toMatchObject(FOUND)
    }
    for (const passwords of [OTHER, [OTHER], { old: password }, { default: OTHER, old: password }]) {
      expect(await h3Seal({ password: passwords }).read(sealed, ask())).toBe(undefined)
    }
  })

  it('end when they say, and a minute for clocks that differ', async () => {
    const format = h3Seal({ password })
    const end = THEN + 3600_000
    const expected = { values: { foo: 'bar' }, createdAt: THEN, expiresAt: end + MINUTE }
    expect(await format.read(sealedMaxAge, ask(end + MINUTE - 1))).toMatchObject(expected)
    expect(await format.read(sealedMaxAge, ask(end + MINUTE))).toBe(undefined)
  })

  it('end `maxAge` after the session began, whatever they say', async () => {
    const format = h3Seal({ password, maxAge: 3600 })
    expect(await format.read(sealed, ask(THEN + 3600_000))).toMatchObject({ expiresAt: THEN + 3600_000 })
    expect(await format.read(sealed, ask(THEN + 3600_001))).toBe(undefined)
    expect(await format.read(sealedMaxAge, ask(THEN + 3600_001))).toBe(undefined)
  })

  it('are not read when only the other version is', async () => {
    const [mine, other]: [1 | 2, 1 | 2] = version === 'v1' ? [1, 2] : [2, 1]
    expect(await h3Seal({ password, reads: [mine] }).read(sealed, ask())).toMatchObject(FOUND)
    expect(await h3Seal({ password, reads: [other] }).read(sealed, ask())).toBe(undefined)
  })

  it('are nothing once a character is changed', async () => {
    const reads: H3SealOptions['reads'] = version === 'v1' ? [1] : [2]
    const format = h3Seal({ password, reads })
    const read = await Promise.all(spoiled(sealed).map((value) => format.read(value, ask())))
    expect(read.filter(Boolean)).toEqual([])
  })
})

it('derives nothing for a text that cannot be a living seal', async () => {
  const derive = vi.fn()
  vi.resetModules()
  vi.doMock('./primitives.ts', () => ({ oldPrimitives: () => ({ pbkdf2: derive }) }))
  const { h3Seal: watched } = await import('./h3.ts')
  const { sealed, sealedMaxAge } = recorded.v2
  const parts = sealed.split('*')
  const bad = [
    ...spoiled('x').slice(0, 24),
    sealed.replace('Fe26.2', 'Fe26.1'),
    sealed.slice(0, -1),
    parts.toSpliced(2, 1, 'short').join('*'),
    parts.toSpliced(3, 1, 'A'.repeat(23)).join('*'),
    parts.toSpliced(4, 1, 'A'.repeat(23)).join('*'),
    parts.toSpliced(4, 1, '').join('*'),
    parts.toSpliced(5, 1, '1e9').join('*'),
    parts.toSpliced(5, 1, '1699999940000').join('*'),
    parts.toSpliced(6, 1, 'G'.repeat(64)).join('*'),
    parts.toSpliced(7, 1, `${'A'.repeat(42)}B`).join('*'),
    parts.toSpliced(1, 1, 'unknown').join('*'),
    sealedMaxAge,
    `${sealed}*`,
    parts.toSpliced(1, 1, 'constructor').join('*'),
    parts.toSpliced(4, 1, 'A'.repeat(87_360)).join('*'),
  ]
  const format = watched({ password: { default: password } })
  const late = ask(THEN + 3600_000 + MINUTE)
  expect(bad.flatMap((value) => format.read(value, late) ?? [])).toEqual([])
  expect(derive).not.toHaveBeenCalled()
  vi.doUnmock('./primitives.ts')
  vi.resetModules()
})

describe('what genuine seals may hold', () => {
  const format = h3Seal({ password, version: 1 })
  const sealedText = async (text: string) => {
    const { ironSeal } = await import('./iron.ts')
    return String(ironSeal(text, { id: '', secret: password }, 1))
  }

  test.each(['', 'null', '7', '[]', '{}', '{"id":"","data":{}}', '{"id":7,"data":{}}', '{"id":"a","data":[]}', '{"id":"a"'])(
    'is nothing for %s',
    async (text) => {
      expect(await format.read(await sealedText(text), ask())).toBe(undefined)
    },
  )

  it('is a session without its beginning when that is no time, which no maxAge lets live', async () => {
    const sealed = await sealedText('{"id":"a","createdAt":"soon","data":{"x":1}}')
    expect(await format.read(sealed, ask())).toEqual({ values: { x: 1 }, flash: {}, id: 'a', unique: ' a' })
    expect(await h3Seal({ password, maxAge: 60 }).read(sealed, ask())).toBe(undefined)
  })

  it('H12: takes no prototype from the data', async () => {
    const sealed = await sealedText(
      '{"id":"a","createdAt":1,"data":{"__proto__":{"isAdmin":true},"x":{"__proto__":{"isAdmin":true}}}}',
    )
    const read = await format.read(sealed, ask())
    expect(JSON.stringify(read?.values)).toBe('{"x":{}}')
    expect(read?.values).not.toHaveProperty('isAdmin')
  })
})

describe.each([1, 2] as const)('with h3 %i running', (version) => {
  const site = siteOf[version]({})

  it('reads the cookie that it sets', async () => {
    const { lines, id } = await site('', { cart: ['coat', 'Hüte 🎩'], user: 'ada' })
    const [[name, value] = ['', '']] = lines.map(pairOf)
    expect(name).toBe('h3')
    const found = await h3Seal({ password }).read(value, ask(Date.now()))
    expect(found).toMatchObject({ values: { cart: ['coat', 'Hüte 🎩'], user: 'ada' }, id })
    expect(Math.abs((found?.createdAt ?? 0) - Date.now())).toBeLessThan(MINUTE)
  })

  it('is understood by it', async () => {
    const format = h3Seal({ password, version })
    const session = { id: 'our-id', createdAt: Date.now(), now: Date.now(), values: { cart: ['coat'] }, flash: { hi: 'Hüte 🎩' } }
    const value = await format.write(session)
    const { data, id } = await site(`h3=${value}`)
    expect({ data, id }).toEqual({ data: { cart: ['coat'], __flash_hi__: 'Hüte 🎩' }, id: 'our-id' })
    expect(await format.read(value, ask())).toMatchObject({ values: session.values, flash: session.flash, id: 'our-id' })
  })

  it('keeps to the same end as it', async () => {
    const limited = siteOf[version]({ maxAge: 600 })
    const { lines } = await limited('', { a: 1 })
    const [[, value] = ['', '']] = lines.map(pairOf)
    const format = h3Seal({ password, version, maxAge: 600 })
    const found = await format.read(value, ask(Date.now()))
    expect(found?.expiresAt).toBe((found?.createdAt ?? 0) + 600_000)
    const born = Date.now() - 599_000
    const late = await format.write({ id: 'x', createdAt: born, now: born, values: { b: 2 } })
    expect((await limited(`h3=${late}`)).data).toEqual({ b: 2 })
    expect(late.split('*')[5]).toBe(`${born + 600_000}`)
    const over = await format.write({ id: 'x', createdAt: born - 5000, now: born, values: { b: 2 } })
    expect((await limited(`h3=${over}`)).data).toEqual({})
  })
})

describe('with h3 2 running', () => {
  it('reads sessions that it spreads over several cookies, and none that lacks one', async () => {
    const long = { text: 'ä'.repeat(4000) }
    const { lines } = await siteOf[2]({ name: 'big' })('', long)
    const { cookies } = presenting(lines)
    expect(Object.keys(cookies)).toEqual(['big', 'big.1', 'big.2', 'big.3'])
    const format = h3Seal({ password })
    const found = await format.read(cookies.big ?? '', asking('big', cookies, Date.now()))
    expect(found).toMatchObject({ values: long })
    expect(found?.unique).toBe(`${found?.createdAt} ${found?.id}`)
    for (const name of ['big.1', 'big.2', 'big.3']) {
      const { [name]: _, ...rest } = cookies
      expect(await format.read(cookies.big ?? '', asking('big', rest, Date.now()))).toBe(undefined)
    }
    for (const head of ['__chunked__0', '__chunked__2', '__chunked__4', '__chunked__101', '__chunked__3x', '__chunked__']) {
      expect(await format.read(head, asking('big', cookies, Date.now()))).toBe(undefined)
    }
  })

  it('reads pieces wherever they were cut, down to one letter of the seal in the last', async () => {
    const format = h3Seal({ password, version: 1, reads: [1] })
    const seal = String(await format.write({ id: 'x', createdAt: 1, now: 1, values: { a: 1 } }))
    for (let cut = 7; cut < seal.length; cut++) {
      const cookies = { 'h3.1': seal.slice(0, cut), 'h3.2': seal.slice(cut) }
      expect(await format.read('__chunked__2', asking('h3', cookies)), `cut at ${cut}`).toMatchObject({ values: { a: 1 } })
    }
  })

  it('looks for no other piece where the first cannot begin a seal, and opens nothing where the last cannot end one', async () => {
    const format = h3Seal({ password, version: 1, reads: [1] })
    const seal = String(await format.write({ id: 'x', createdAt: 1, now: 1, values: { a: 1 } }))
    const [begin, middle, end] = [seal.slice(0, 100), seal.slice(100, 120), seal.slice(120)]
    const asked: string[] = []
    const readWith = (last: string, first = begin) => {
      const cookies: Record<string, string> = { 'h3.1': first, 'h3.2': middle, 'h3.3': last }
      const request = asking('h3', cookies)
      asked.length = 0
      const cookie = (name: string) => {
        asked.push(name)
        return request.cookie(name)
      }
      return format.read('__chunked__3', { ...request, cookie })
    }
    expect(await readWith(end)).toMatchObject({ values: { a: 1 } })
    expect(asked).toEqual(['h3.1', 'h3.2', 'h3.3'])
    for (const junk of ['x'.repeat(200), `${end}x`, end.slice(0, -1), end.replaceAll('*', '.'), `${'*'.repeat(109)}`]) {
      expect(await readWith(junk)).toBe(undefined)
    }
    expect(await readWith(end, begin.slice(1))).toBe(undefined)
    expect(asked).toEqual(['h3.1'])
  })

  it('keeps to its idle end', async () => {
    const site = siteOf[2]({ idleTimeout: 600 })
    const { lines } = await site('', { a: 1 })
    const [[, value] = ['', '']] = lines.map(pairOf)
    const format = h3Seal({ password, idleTimeout: 600 })
    const now = Date.now()
    expect(await format.read(value, ask(now))).toMatchObject({ values: { a: 1 } })
    expect(await format.read(value, ask(now + 600_001))).toBe(undefined)
    const born = now - 100_000_000
    const seen = await format.write({ id: 'x', createdAt: born, now: now - 590_000, values: { b: 2 } })
    expect((await site(`h3=${seen}`)).data).toEqual({ b: 2 })
    expect(await format.read(seen, ask(now))).toMatchObject({ values: { b: 2 }, createdAt: born, expiresAt: now + 10_000 })
    const unseen = await format.write({ id: 'x', createdAt: born, now: now - 605_000, values: { b: 2 } })
    expect((await site(`h3=${unseen}`)).data).toEqual({})
  })

  it('names the password that seals, and h3 with that one alone opens it', async () => {
    const format = h3Seal({ password: { next: password, default: OTHER } })
    const value = String(await format.write({ id: 'x', createdAt: 1, now: 1, values: { a: 1 } }))
    expect(value).toMatch(/^Fe26\.2\*next\*/)
    expect((await siteOf[2]({})(`h3=${value}`)).data).toEqual({ a: 1 })
    expect(await format.read(value, ask())).toMatchObject({ values: { a: 1 } })
    expect(await h3Seal({ password: { default: password } }).read(value, ask())).toBe(undefined)
    const plain = await h3Seal({ password: { default: password } }).write({ id: 'x', createdAt: 1, now: 1, values: {} })
    expect(plain).toMatch(/^Fe26\.2\*\*/)
  })
})

test.each(['', 'too short', [], {}, ['x'.repeat(31)], { a: 'x'.repeat(32), b: '' }])('refuses the password %j', (bad) => {
  expect(() => h3Seal({ password: bad })).toThrow(SessionError)
  expect(() => h3Seal({ password: bad })).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
})

describe('on other platforms', () => {
  beforeEach(() => vi.resetModules())
  afterEach(() => vi.unstubAllGlobals())
  const session = { id: 'x', createdAt: THEN, now: THEN, values: { a: 'ä' } }

  it('is synchronous where node:crypto is and a key costs little, and lets others work while a slow one is made', async () => {
    const [quick, slow] = [h3Seal({ password, version: 1 }), h3Seal({ password, reads: [2] })]
    expect(quick.read(String(quick.write(session)), ask())).toMatchObject({ values: { a: 'ä' } })
    expect(slow.write(session)).toBeInstanceOf(Promise)
    expect(slow.read(recorded.v2.sealed.replace(/.{64}\*.{43}$/, `${'0'.repeat(64)}*${'A'.repeat(43)}`), ask())).toBeInstanceOf(
      Promise,
    )
    expect(slow.read('Fe26.2**junk', ask())).toBe(undefined)
  })

  test.each<[string, (real: typeof import('node:crypto')) => object | undefined]>([
    ['is not there', () => undefined],
    ['is half there', (real) => ({ ...real, pbkdf2Sync: undefined })],
    ['answers otherwise', (real) => ({ ...real, pbkdf2Sync: () => Buffer.alloc(32) })],
  ])('seals and opens the same with WebCrypto where node:crypto %s', async (_, change) => {
    const real = process.getBuiltinModule('node:crypto')
    const { h3Seal: fresh } = await import('./h3.ts')
    vi.stubGlobal('process', { getBuiltinModule: (name: string) => (name === 'node:crypto' ? change(real) : undefined) })
    const format = fresh({ password: [OTHER, password] })
    for (const { sealed } of [recorded.v1, recorded.v2]) {
      const read = format.read(sealed, ask())
      expect(read).toBeInstanceOf(Promise)
      expect(await read).toMatchObject(FOUND)
      expect(await format.read(`${sealed.slice(0, -1)}A`, ask())).toBe(undefined)
    }
    const value = await format.write(session)
    vi.unstubAllGlobals()
    expect(await h3Seal({ password: OTHER }).read(value, ask())).toMatchObject({ values: { a: 'ä' } })
  })
})
