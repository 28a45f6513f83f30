import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSession as createTheirSession } from '@remix-run/session'
import { createCookieSessionStorage as createTheirs } from '@remix-run/session/cookie-storage'
import { createFsSessionStorage as createTheirFiles } from '@remix-run/session/fs-storage'
import { afterAll, describe, expect, test } from 'vitest'
import { clockFrom, DAY } from '../../test/helpers/clock.ts'
import { SECRET } from '../../test/helpers/site.ts'
import vectors from '../../test/vectors/remix-3.json' with { type: 'json' }
import { memoryStore } from '../stores/memory.ts'
import { visitor } from '../testing/visitor.ts'
import {
  createCookie,
  createCookieSessionStorage,
  createFsSessionStorage,
  createMemorySessionStorage,
  createRedisSessionStorage,
  createSession,
  createSessionStorage,
  Session,
  type SessionStorage,
  type StorageOptions,
  session,
} from './remix3.ts'

const folders: string[] = []
function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'coatcheck-remix3-'))
  folders.push(made)
  return made
}
afterAll(() => {
  for (const each of folders) rmSync(each, { recursive: true, force: true })
})

// No Redis in these tests: a map with its calls. The real one is tried with the store for it.
function redis() {
  const records = new Map<string, string>()
  return {
    records,
    get: async (key: string) => records.get(key) ?? null,
    set: async (key: string, value: string) => void records.set(key, value),
    del: async (key: string) => void records.delete(key),
  }
}

const secrets = [SECRET]
const storages: Record<string, (options?: StorageOptions) => SessionStorage> = {
  createCookieSessionStorage: (options) => createCookieSessionStorage({ secrets, ...options }),
  createMemorySessionStorage: (options) => createMemorySessionStorage(options),
  createFsSessionStorage: (options) => createFsSessionStorage(folder(), options),
  createRedisSessionStorage: (options) => createRedisSessionStorage(redis(), options),
  'createSessionStorage on a store': (options) => createSessionStorage({ store: memoryStore(), ...options }),
}

/** A browser that keeps a storage's value. */
class Guest {
  readonly storage: SessionStorage
  value: string | null
  constructor(storage: SessionStorage, value: string | null = null) {
    this.storage = storage
    this.value = value
  }
  async does<T>(change: (session: Session) => T): Promise<T> {
    const opened = await this.storage.read(this.value)
    const result = await change(opened)
    const saved = await this.storage.save(opened)
    if (saved !== null) this.value = saved === '' ? null : saved
    return result
  }
}

describe.each(Object.entries(storages))('%s', (kind, make) => {
  test('keeps values', async () => {
    const ada = new Guest(make())
    await ada.does((mine) => {
      mine.set('user', 'ada')
      mine.set('gone', 1)
      mine.unset('gone')
      mine.set('also', 2)
      mine.set('also', null)
    })
    await ada.does((mine) => {
      expect([mine.get('user'), mine.has('gone'), mine.has('also'), mine.size, mine.dirty, mine.data]).toEqual([
        'ada',
        false,
        false,
        1,
        false,
        [{ user: 'ada' }, {}],
      ])
    })
  })

  test('shows a flash value in the next request, wherever it is read, and in no other', async () => {
    const ada = new Guest(make())
    await ada.does((mine) => {
      mine.flash('message', 'hi')
      expect(mine.get('message')).toBeUndefined()
    })
    await ada.does((mine) => expect([mine.get('message'), mine.get('message'), mine.dirty]).toEqual(['hi', 'hi', true]))
    await ada.does((mine) => expect(mine.has('message')).toBe(false))
  })

  test('says nothing for an empty new session, and nothing for a value that opens nothing', async () => {
    const storage = make()
    for (const value of [null, '', 'x', '{"i":5}', '../../etc/passwd', 'A'.repeat(5000)]) {
      const opened = await storage.read(value)
      expect([opened.size, await storage.save(opened)]).toEqual([0, null])
    }
  })

  test('ends for good, and cannot be written to afterwards', async () => {
    const ada = new Guest(make())
    await ada.does((mine) => mine.set('user', 'ada'))
    const { value } = ada
    await ada.does((mine) => {
      mine.destroy()
      expect([mine.destroyed, mine.get('user'), mine.has('user'), mine.size]).toEqual([true, undefined, false, 0])
      for (const write of [() => mine.set('a', 1), () => mine.flash('a', 1), () => mine.unset('a'), () => mine.regenerateId()])
        expect(write).toThrow(/destroyed/)
    })
    expect(ada.value).toBeNull()
    if (kind !== 'createCookieSessionStorage') expect((await ada.storage.read(value)).size).toBe(0)
  })

  test('S1: gives a new id, and the old one is dead, asked to be deleted or not', async () => {
    for (const deleteOld of [false, true]) {
      const clock = clockFrom()
      const ada = new Guest(make({ now: clock.now }))
      await ada.does((mine) => mine.set('user', 'ada'))
      const old = ada.value
      await ada.does((mine) => {
        const { id } = mine
        mine.regenerateId(deleteOld)
        expect(mine.deleteId).toBe(deleteOld ? id : undefined)
      })
      expect(ada.value).not.toBe(old)
      expect(await ada.does((mine) => mine.get('user'))).toBe('ada')
      if (kind === 'createCookieSessionStorage') continue
      clock.advance(60) // until then the old one shows what was
      expect((await ada.storage.read(old)).size).toBe(0)
      await ada.does((mine) => mine.destroy())
      expect((await ada.storage.read(old)).size).toBe(0)
    }
  })

  test('S5: ends', async () => {
    const clock = clockFrom()
    const ada = new Guest(make({ now: clock.now }))
    await ada.does((mine) => mine.set('user', 'ada'))
    clock.advance(31 * DAY)
    expect(await ada.does((mine) => mine.size)).toBe(0)
  })

  test('a value, or a flash value, that is undefined is gone once it is saved', async () => {
    const ada = new Guest(make())
    await ada.does((session) => session.set('userId', 'ada'))
    await ada.does((session) => {
      session.set('userId', undefined)
      session.flash('message', undefined)
    })
    expect(await ada.does((session) => [session.has('userId'), session.has('message')])).toEqual([false, false])
    const made = createSession(undefined, [{ userId: undefined, n: 1 }, { message: undefined }])
    const bob = new Guest(ada.storage, await ada.storage.save(made))
    expect(await bob.does(({ data }) => data)).toStrictEqual([{ n: 1 }, {}])
  })

  test('a session of another storage is refused, and neither is changed', async () => {
    const [ada, other] = [new Guest(make()), make()]
    await ada.does((session) => session.set('n', 1))
    const opened = await ada.storage.read(ada.value)
    opened.set('n', 2)
    await expect(other.save(opened)).rejects.toMatchObject({ code: 'BAD_OPTIONS' })
    expect(await ada.does((session) => session.get('n'))).toBe(1)
    const bob = new Guest(other, await other.save(createSession(undefined, opened.data)))
    expect(await bob.does((session) => session.get('n'))).toBe(2)
  })

  test('S8: two requests share no object', async () => {
    const ada = new Guest(make())
    await ada.does((mine) => mine.set('cart', { items: ['hat'] }))
    const one = await ada.storage.read(ada.value)
    ;(one.get('cart') as { items: string[] }).items.push('leaked')
    expect((await ada.storage.read(ada.value)).get('cart')).toEqual({ items: ['hat'] })
  })
})

describe('Remix 3’s weaknesses, and what the adapter does', () => {
  test('S2: two requests that write at once are both kept, and an end is final', async () => {
    const ada = new Guest(createSessionStorage({ store: memoryStore() }))
    await ada.does((mine) => mine.set('n', 1))
    const [one, two] = [await ada.storage.read(ada.value), await ada.storage.read(ada.value)]
    one.set('a', 1)
    two.set('b', 2)
    await Promise.all([ada.storage.save(one), ada.storage.save(two)])
    expect(await ada.does((mine) => mine.data[0])).toEqual({ n: 1, a: 1, b: 2 })
    const late = await ada.storage.read(ada.value)
    const { value } = ada
    await ada.does((mine) => mine.destroy())
    late.set('c', 3)
    expect(await ada.storage.save(late)).toBeNull()
    expect((await ada.storage.read(value)).size).toBe(0)
  })

  test('S3: a file is never read half written', async () => {
    const ada = new Guest(createFsSessionStorage(folder()))
    await ada.does((mine) => mine.set('text', 'x'.repeat(20_000)))
    const { value } = ada
    let isWriting = true
    const writing = (async () => {
      for (let round = 0; round < 20; round++) await ada.does((mine) => mine.set('round', round))
      isWriting = false
    })()
    while (isWriting) expect((await ada.storage.read(value)).get('text')).toHaveLength(20_000)
    await writing
  })

  test('S7: the store’s key is not what the client holds', async () => {
    const client = redis()
    const ada = new Guest(createRedisSessionStorage(client))
    await ada.does((mine) => mine.set('user', 'ada'))
    expect([...client.records.keys()].join()).not.toContain(ada.value)
  })

  test('S10: a value of the wrong shape is no session', async () => {
    for (const format of [undefined, 'upstream'] as const) {
      const storage = createCookieSessionStorage({ secrets, ...(format && { format }) })
      for (const value of ['{"i":5,"d":7}', '{"i":"a"}', '{"i":"a","d":[1,2]}', '[]', '{'])
        expect((await storage.read(value)).size).toBe(0)
    }
  })

  const cookie = createCookie('sess', { secrets, secure: true })
  type Page = (mine: Session, context: { get(key: unknown): unknown }) => Response
  function site(page: Page, storage: SessionStorage = createSessionStorage({ store: memoryStore() })) {
    const middleware = session(cookie, storage)
    const serve = async (request: Request) => {
      const values = new Map<unknown, unknown>()
      const context = {
        request,
        get: (key: unknown) => values.get(key),
        set: (key: unknown, value: unknown) => void values.set(key, value),
      }
      return middleware(context, async () => page((context as unknown as { session: Session }).session, context))
    }
    return visitor(serve, { follow: false })
  }

  test('S4: the cookie of an ended session is removed from the browser', async () => {
    const ada = site((mine) => {
      if (mine.has('user')) mine.destroy()
      else mine.set('user', 'ada')
      return new Response('ok')
    })
    await ada.get('/')
    expect(ada.cookies().map(({ name }) => name)).toEqual(['sess'])
    expect((await ada.get('/')).headers.getSetCookie()[0]).toMatch(/Max-Age=0/)
    expect(ada.cookies()).toEqual([])
  })

  test('S6: a cookie that no browser keeps is an error before it is sent', async () => {
    const ada = site((mine) => {
      mine.set('text', 'x'.repeat(5000))
      return new Response('ok')
    }, createCookieSessionStorage())
    await expect(ada.get('/')).rejects.toMatchObject({ code: 'COOKIE_TOO_LARGE' })
  })

  test('S9: a handler that throws changes nothing, and what it ended stays ended', async () => {
    const storage = createSessionStorage({ store: memoryStore() })
    const ada = site((mine) => {
      if (!mine.has('user')) mine.set('user', 'ada')
      else if (!mine.has('n')) {
        mine.set('n', 1)
        throw new Error('no')
      }
      return new Response('ok')
    }, storage)
    await ada.get('/')
    await expect(ada.get('/')).rejects.toThrow('no')
    await expect(ada.get('/')).rejects.toThrow('no')
    const value = await cookie.parse(`sess=${ada.cookies()[0]?.value}`)
    const ending = session(cookie, storage)
    const request = new Request('https://app.test/', { headers: { cookie: `sess=${ada.cookies()[0]?.value}` } })
    const context = { request } as { request: Request; session?: Session }
    await expect(
      ending(context, async () => {
        context.session?.destroy()
        throw new Error('after the end')
      }),
    ).rejects.toThrow('after the end')
    expect((await storage.read(value)).size).toBe(0)
  })

  test('the middleware gives one session, by name and by class, and keeps its pages out of shared caches', async () => {
    const ada = site((mine, context) => {
      expect(context.get(Session)).toBe(mine)
      mine.set('user', 'ada')
      return new Response('ok', { headers: { 'set-cookie': 'other=1' } })
    })
    const { headers } = await ada.get('/')
    expect(headers.getSetCookie()).toEqual(['other=1', expect.stringMatching(/^sess=.*HttpOnly.*Secure/)])
    expect([headers.get('cache-control'), headers.get('vary')]).toEqual(['no-store', 'Cookie'])
  })

  test('the middleware refuses an unsigned cookie, and a second session in one request', async () => {
    expect(() => session(createCookie('sess'), createMemorySessionStorage())).toThrow(/signed/)
    const twice = session(cookie, createMemorySessionStorage())
    const context = { request: new Request('https://app.test/') }
    await expect(twice(context, () => twice(context, async () => new Response('ok')))).rejects.toThrow(/refusing to overwrite/)
  })
})

describe('createCookie', () => {
  test('writes and reads what Remix 3 does', async () => {
    for (const [text, { signed, unsigned }] of Object.entries(vectors.cookie)) {
      const theirs = createCookie('__sess', { secrets: ['secret1'], format: 'upstream' })
      const [ours, bare] = [createCookie('__sess', { secrets: ['secret1'] }), createCookie('u')]
      expect([await theirs.serialize(text), await bare.serialize(text)]).toEqual([signed, unsigned])
      const pair = signed.split(';')[0] ?? ''
      expect([await theirs.parse(pair), await ours.parse(pair), await bare.parse(unsigned.split(';')[0] ?? '')]).toEqual([
        text,
        text,
        text,
      ])
      expect(await ours.parse((await ours.serialize(text)).split(';')[0] ?? '')).toBe(text)
    }
    for (const header of Object.keys(vectors.cookie_bad)) {
      const expected = (vectors.cookie_bad as Record<string, { ok: string | null }>)[header]?.ok
      expect([header, await createCookie('__sess', { secrets: ['secret1'] }).parse(header)]).toEqual([header, expected])
    }
  })
})

describe('with wire: upstream, and what Remix 3 left', () => {
  const filled = () => {
    const theirs = createTheirSession<Record<string, unknown>, Record<string, unknown>>('11111111-1111-4111-8111-111111111111', [
      { user: 'mj' },
      {},
    ])
    theirs.set('n', 1)
    theirs.flash('msg', 'hi')
    return theirs
  }

  test('the values of cookie sessions are Remix 3’s own, in both directions', async () => {
    const [ours, theirs] = [createCookieSessionStorage({ secrets, format: 'upstream' }), createTheirs()]
    const mine = createSession('', [{ user: 'mj' }, {}])
    mine.flash('msg', 'hi')
    const read = await theirs.read(await ours.save(mine))
    expect([read.get('user' as never), read.get('msg' as never)]).toEqual(['mj', 'hi'])
    const back = await ours.read(await theirs.save(filled() as never))
    expect([back.get('user'), back.get('msg'), back.get('n')]).toEqual(['mj', 'hi', 1])
  })

  test('old cookie sessions go on, under a value of ours', async () => {
    const ada = new Guest(createCookieSessionStorage({ secrets }), await createTheirs().save(filled() as never))
    await ada.does((mine) => {
      expect([mine.get('user'), mine.get('msg')]).toEqual(['mj', 'hi'])
      mine.set('cart', ['hat'])
    })
    expect(ada.value).not.toMatch(/^\{/)
    expect(await ada.does((mine) => mine.data[0])).toEqual({ user: 'mj', n: 1, cart: ['hat'] })
  })

  test('old files go on, and are removed once theirs is kept here', async () => {
    const dir = folder()
    const theirs = createTheirFiles(dir)
    const ada = new Guest(createFsSessionStorage(dir), await theirs.save(filled() as never))
    const files = () =>
      readdirSync(dir, { recursive: true, withFileTypes: true }).filter(
        (entry) => entry.isFile() && !entry.parentPath.startsWith(join(dir, 'coatcheck')),
      )
    expect(files()).toHaveLength(1)
    await ada.does((mine) => {
      expect(mine.get('user')).toBe('mj')
      mine.set('cart', ['hat'])
    })
    expect(files()).toHaveLength(0)
    expect(await ada.does((mine) => mine.get('cart'))).toEqual(['hat'])
  })
})
