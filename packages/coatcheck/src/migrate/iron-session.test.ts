import { getIronSession, sealData, unsealData } from 'iron-session'
import { sealData as sealData8, unsealData as unsealData8 } from 'iron-session-8'
import { describe, expect, it, test } from 'vitest'
import { asking, presenting, spoiled } from '../../test/helpers/migrate.ts'
import { type IronSessionOptions, ironSession, ironSessionChunks } from './iron-session.ts'

const password = 'a password of iron-session, long enough'
const OTHER = 'another password, of thirty-two characters'
const cookieName = 'app'
const VALUES = { user: 'ada', cart: ['coat', 'Hüte 🎩'], n: 1 }
const MINUTE = 60_000
const FORTNIGHT = 14 * 24 * 60 * MINUTE

const ask = (now = Date.now()) => asking(cookieName, {}, now)
const about = (now = Date.now()) => ({ id: 'ours', createdAt: now, now })

const packages = {
  8: { seal: sealData8, unseal: unsealData8 },
  9: { seal: sealData, unseal: unsealData },
}

describe.each([8, 9] as const)('with iron-session %i', (version) => {
  const { seal, unseal } = packages[version]

  it('reads what it seals, until the end in the seal and a minute', async () => {
    const value = await seal(VALUES, { password, ttl: 600 })
    const format = ironSession({ password, cookieName })
    const found = await format.read(value, ask())
    expect(found).toMatchObject({ values: VALUES, flash: {}, unique: value.slice(0, -2) })
    const end = found?.expiresAt ?? 0
    expect(Math.abs(end - Date.now() - 600_000 - MINUTE)).toBeLessThan(MINUTE)
    expect(await format.read(value, ask(end - 1))).toMatchObject({ values: VALUES })
    expect(await format.read(value, ask(end))).toBe(undefined)
  })

  it('reads a seal without an end', async () => {
    const value = await seal(VALUES, { password, ttl: 0 })
    const found = await ironSession({ password, cookieName }).read(value, ask(Date.now() + 9 * FORTNIGHT))
    expect(found).toEqual({ values: VALUES, flash: {}, unique: value.slice(0, -2) })
  })

  it('is opened by it, with the same end', async () => {
    const value = await ironSession({ password, cookieName }).write({ ...about(), values: VALUES, flash: { hi: 1 } })
    expect(await unseal(value, { password })).toEqual({ ...VALUES, __flash_hi__: 1 })
    expect(ironSession({ password, cookieName }).read(value, ask())).toMatchObject({ values: VALUES, flash: { hi: 1 } })

    const old = Date.now() - FORTNIGHT - 2 * MINUTE
    const over = await ironSession({ password, cookieName }).write({ ...about(old), values: VALUES })
    expect(await unseal(over, { password })).toEqual({})
    const endless = await ironSession({ password, cookieName, ttl: 0 }).write({ ...about(old), values: VALUES })
    expect(await unseal(endless, { password, ttl: 0 })).toEqual(VALUES)
  })

  it('keeps passwords by their numbers, the highest seals', async () => {
    const both = { 1: OTHER, 10: password, 2: OTHER }
    const theirs = await seal(VALUES, { password: both })
    expect(theirs).toMatch(/^Fe26\.2\*10\*/)
    const format = ironSession({ password: both, cookieName })
    const ours = String(await format.write({ ...about(), values: VALUES }))
    expect(ours).toMatch(/^Fe26\.2\*10\*/)
    expect(await unseal(ours, { password: both })).toEqual(VALUES)
    expect(await format.read(theirs, ask())).toMatchObject({ values: VALUES })
    expect(await format.read(await seal(VALUES, { password: OTHER }), ask())).toMatchObject({ values: VALUES })
    expect(await ironSession({ password, cookieName }).read(theirs, ask())).toBe(undefined)
  })

  it('is nothing for what a visitor made up', async () => {
    const value = await seal(VALUES, { password })
    const format = ironSession({ password, cookieName })
    expect(spoiled(value).flatMap((junk) => format.read(junk, ask()) ?? [])).toEqual([])
    for (const junk of [value.slice(0, -2), value.replace('~2', '~1'), `${value}~2`, value.replace('~2', '~02')]) {
      expect(format.read(junk, ask())).toBe(undefined)
    }
    expect(await ironSession({ password: OTHER, cookieName }).read(value, ask())).toBe(undefined)
  })

  it('is nothing for a seal of something else', async () => {
    const format = ironSession({ password, cookieName })
    for (const other of ['text', 7, null]) {
      expect(await format.read(await seal(other, { password }), ask())).toBe(undefined)
    }
  })
})

describe('several cookies, as iron-session 9 sets with `chunk`', () => {
  async function chunked(values: object): Promise<Record<string, string>> {
    const response = new Response()
    const options = { password, cookieName, chunk: true }
    const session = await getIronSession<Record<string, unknown>>(new Request('http://localhost/'), response, options)
    Object.assign(session, values)
    await session.save()
    return presenting(response.headers.getSetCookie()).cookies
  }

  const reader = ironSessionChunks({ password, cookieName })

  it('are read together', async () => {
    const values = { text: 'x'.repeat(6000) }
    const cookies = await chunked(values)
    expect(Object.keys(cookies)).toEqual(['app.0', 'app.1', 'app.2'])
    expect(reader.cookieName).toBe('app.0')
    const request = asking('app.0', cookies, Date.now())
    expect(await reader.read(cookies['app.0'] ?? '', request)).toMatchObject({ values })
  })

  it('are nothing when one is missing, or another is', async () => {
    const { 'app.0': first = '', ...cookies } = await chunked({ text: 'x'.repeat(6000) })
    const { 'app.2': last = '', ...fewer } = cookies
    const spoilt = [fewer, { ...cookies, 'app.1': last }, { ...cookies, 'app.3': 'more' }, {}]
    for (const cookie of spoilt) {
      expect(reader.read(first, asking('app.0', cookie, Date.now()))).toBe(undefined)
    }
    expect(reader.read('x'.repeat(70_000), asking('app.0', cookies, Date.now()))).toBe(undefined)
  })
})

test.each<IronSessionOptions['password']>(['', 'too short', {}, { 1: 'too short' }])('refuses the password %j', (bad) => {
  expect(() => ironSession({ password: bad, cookieName })).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
})
