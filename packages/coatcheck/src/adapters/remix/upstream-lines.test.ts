import { describe, expect, test } from 'vitest'
import {
  base,
  cookiesAgree,
  kinds,
  NOW,
  parts,
  type Storage,
  sample,
  storagesAgree,
} from '../../../test/trials/upstream-lines.ts'
import { isIdle } from '../../cookies/idle.ts'
import { createCookieSessionStorage } from '../remix.ts'

// With `format: 'upstream'`, and of createCookie, the lines of the real package are compared with ours, option by option: 1 of 40 cases;
// `upstream-lines.slow.test.ts` has the others.

describe.each(Object.entries(kinds))('sessions %s', (_, make) => {
  test('commitSession and destroySession write what React Router writes, whatever they are told', () =>
    storagesAgree(make, sample))

  test('a time that one call says is not that of the next', async () => {
    const lines = await Promise.all(
      make({ ...base, maxAge: 600 }).map(async (storage) => {
        const session = await storage.getSession()
        session.set('userId', '1')
        const first = await storage.commitSession(session as never, { maxAge: 60 })
        const next = await storage.getSession(first.split(';')[0])
        next.set('userId', '2')
        // Ours has no reason to send an id again that the browser has; theirs sends a line each time.
        const again = await storage.commitSession(next as never)
        return [first, isIdle(again) ? first.replace('=60', '=600') : again]
      }),
    )
    expect(lines[0]?.map(parts)).toEqual(lines[1]?.map(parts))
  })

  // On purpose: React Router sends the values once more with an end in the past. Both remove the cookie.
  test.each([
    ['maxAge: 0', { maxAge: 0 }],
    ['a negative maxAge', { maxAge: -1 }],
    ['expires in the past', { expires: new Date(NOW - 1000) }],
  ])('%s in a call ends the session: a line without its values', async (_, over) => {
    const [ours] = make({ ...base, path: '/shop', domain: 'shop.example' })
    const session = await ours.getSession()
    session.set('userId', '1')
    const [held] = (await ours.commitSession(session as never)).split(';')
    const line = await ours.commitSession((await ours.getSession(held)) as never, over)
    const attributes = ['Domain=shop.example', 'Expires=Thu, 01 Jan 1970 00:00:00 GMT', 'Path=/shop', 'SameSite=Lax', 'Secure']
    expect(parts(line)).toEqual([...attributes, '__session='])
  })

  // On purpose: React Router begins a session that holds nothing.
  test('a visitor who has nothing is given nothing', async () => {
    const [ours] = make(base)
    expect(await ours.commitSession((await ours.getSession()) as never, { maxAge: 60 })).toMatch(
      /^__session=; .*Path=\/\.nothing$/,
    )
  })

  test.each([0, -5])('maxAge: %i in the configuration: no browser keeps the cookie, as with React Router', async (maxAge) => {
    const lines = await Promise.all(
      make({ ...base, maxAge }).map(async (storage) => {
        const session = await storage.getSession()
        session.set('userId', '1')
        return storage.commitSession(session as never)
      }),
    )
    expect(lines[0]).toContain('Max-Age=0')
    expect(parts(lines[0] ?? '')).toEqual(parts(lines[1] ?? ''))
  })

  test.each([{ maxAge: Number.NaN }, { maxAge: Number.POSITIVE_INFINITY }, { expires: new Date(Number.NaN) }])(
    '%o in a call is refused, as there',
    async (option) => {
      for (const storage of make(base)) {
        const session = await storage.getSession()
        session.set('userId', '1')
        await expect(storage.commitSession(session as never, option)).rejects.toThrow(/maxAge|expires/)
      }
    },
  )

  test.each(['encode', 'decode'] as const)('a function to %s with, which nothing would read back, is refused', async (option) => {
    const refused = { code: 'BAD_OPTIONS', message: expect.stringContaining(option) }
    expect(() => make({ ...base, [option]: encodeURIComponent })).toThrow(expect.objectContaining(refused))
    const [ours] = make(base)
    const session = await ours.getSession()
    session.set('userId', '1')
    await expect(ours.commitSession(session as never, { [option]: encodeURIComponent })).rejects.toMatchObject(refused)
  })
})

test('createCookie writes the attributes that React Router writes, and a value that it reads, whatever it is told', () =>
  cookiesAgree(sample))

describe('a session that is too large for a cookie', () => {
  const stuffed = async (kind: 0 | 1, length: number) => {
    const storage = kinds['in the cookie']?.(base)[kind] as Storage
    const session = await storage.getSession()
    session.set('userId', 'x'.repeat(length))
    return storage.commitSession(session as never)
  }

  test('is refused, where React Router refuses it, and the error names the largest value', async () => {
    await expect(stuffed(1, 5000)).rejects.toThrow(/exceed/)
    const refused = { code: 'COOKIE_TOO_LARGE', message: expect.stringContaining('"userId"') }
    await expect(stuffed(0, 5000)).rejects.toMatchObject(refused)
  })

  test('at the same length to the letter', async () => {
    const fits = async (kind: 0 | 1) => {
      const settled = await Promise.allSettled(Array.from({ length: 60 }, (_, at) => stuffed(kind, 2930 + at)))
      return settled.map(({ status }) => status)
    }
    const ours = await fits(0)
    expect(ours).toEqual(await fits(1))
    expect(new Set(ours)).toEqual(new Set(['fulfilled', 'rejected']))
  })

  test('is not lost: what is left goes on when the value is taken out', async () => {
    const storage = createCookieSessionStorage<{ big: string; n: number }>({ cookie: base, format: 'upstream' })
    const session = await storage.getSession()
    session.set('n', 1)
    session.set('big', 'x'.repeat(5000))
    await expect(storage.commitSession(session)).rejects.toMatchObject({ code: 'COOKIE_TOO_LARGE' })
    session.unset('big')
    const line = await storage.commitSession(session)
    expect((await storage.getSession(line.split(';')[0])).data).toEqual({ n: 1 })
  })
})
