import { describe, expect, it } from 'vitest'
import { type Client, type Data, KINDS, type Served, siteWith } from '../../test/helpers/socket-servers.ts'
import { createSessions, SessionError } from '../index.ts'
import { memoryStore } from '../stores/memory.ts'
import type { Store } from '../stores/store.ts'
import { withSession } from './fetch.ts'
import { type CrossSiteEvent, type SocketOptions, socketSessions } from './websocket.ts'

const SECRET = 'kq3vX0n1tWq8m2Zp5sYc7uJb4rEd6fGh'

async function opened(kind: (typeof KINDS)[number], options: SocketOptions = {}) {
  const refusals: CrossSiteEvent[] = []
  const store = memoryStore()
  const sessions = createSessions<Data>({ secrets: SECRET, store, cookie: { name: 'sid', secure: false } })
  const sockets = socketSessions(sessions, { onEvent: (event) => void refusals.push(event), ...options })
  const served = await siteWith(kind, sessions, sockets)
  /** A socket of a page of this very site. */
  const connect = async (cookie?: string): Promise<Client> => {
    const client = await served.connect({ origin: served.origin, ...(cookie && { cookie }) })
    if (typeof client === 'number') throw new Error(`It was refused with ${client}.`)
    return client
  }
  return { ...served, sessions, store, refusals, connect, from: served.connect }
}

const ada = async ({ page }: Pick<Served, 'page'>): Promise<string> => (await page('/login')).cookie

describe.each(KINDS)('%s', (kind) => {
  it('F41: reads the session at the upgrade, reads it again when asked to, and stores what a message changes', async () => {
    const site = await opened(kind)
    const cookie = await ada(site)
    await site.page('/count', cookie)
    const client = await site.connect(cookie)
    expect(await client.ask('owner')).toBe('ada')
    expect(await client.ask('n')).toBe('1')
    await site.page('/count', cookie)
    expect([await client.ask('n'), await client.ask('reload'), await client.ask('n')]).toEqual(['1', '2', '2'])
    expect(await client.ask('count')).toBe('3')
    expect((await site.page('/', cookie)).text).toBe('3')
    // None is lost of those that come at once, by both ways.
    await Promise.all([client.ask('count'), ...Array.from({ length: 16 }, () => site.page('/count', cookie))])
    expect((await site.page('/', cookie)).text).toBe('20')
  })

  it('F55: a session that was signed out reads no more, a write fails, and its socket is closed', async () => {
    const site = await opened(kind)
    const cookie = await ada(site)
    const client = await site.connect(cookie)
    const others = await site.connect(await ada(site))
    expect(await client.ask('write')).toBe('READ_ONLY')
    await site.page('/logout', cookie)
    expect(await client.closed).toBe(kind.startsWith('socket.io') ? 'io server disconnect' : 4401)
    expect(await others.ask('owner')).toBe('ada')
    // Nothing of it is there again.
    expect((await site.store.list(undefined, 10)).keys.length).toBeLessThanOrEqual(2)
    expect((await site.page('/', cookie)).text).toBe('undefined')
  })

  it('a page of another site, of a sibling subdomain, or of nobody, is refused', async () => {
    const site = await opened(kind, { origins: ['https://shop.example.com'] })
    const cookie = await ada(site)
    const from = (origin?: string) => site.from({ cookie, ...(origin !== undefined && { origin }) })
    expect(await from('https://evil.test')).toBe(403)
    expect(await from('https://blog.example.com')).toBe(403)
    expect(await from('http://shop.example.com')).toBe(403)
    expect(await from('null')).toBe(403)
    expect(await from()).toBe(403)
    expect(site.refusals.map(({ reason }) => reason)).toEqual([
      ...['foreign-origin', 'foreign-origin', 'foreign-origin', 'null-origin', 'no-origin'],
    ])
    expect(await ((await from('https://shop.example.com')) as Client).ask('owner')).toBe('ada')
    expect(await ((await from(site.origin)) as Client).ask('owner')).toBe('ada')
  })

  it('programs, which send no Origin, are let in by an option, and pages of other sites are not', async () => {
    const site = await opened(kind, { allowWithoutOrigin: true })
    const cookie = await ada(site)
    expect(await ((await site.from({ cookie })) as Client).ask('owner')).toBe('ada')
    expect(await site.from({ cookie, origin: 'https://evil.test' })).toBe(403)
    expect(await site.from({ cookie, origin: 'null' })).toBe(403)
  })

  it('a visitor without a session has none, and gets none', async () => {
    const site = await opened(kind)
    const client = await site.connect()
    expect([await client.ask('owner'), await client.ask('reload')]).toEqual(['undefined', 'undefined'])
    expect([await client.ask('count'), await client.ask('sign in')]).toEqual(['TOO_LATE', 'TOO_LATE'])
    expect((await site.store.list(undefined, 10)).keys).toEqual([])
  })

  it('a message signs out, and cannot sign in', async () => {
    const site = await opened(kind)
    const cookie = await ada(site)
    const client = await site.connect(cookie)
    expect(await client.ask('sign in')).toBe('TOO_LATE')
    expect(await client.ask('owner')).toBe('ada')
    client.ask('sign out').catch(() => {}) // the socket may be closed before the answer
    await client.closed
    expect((await site.page('/', cookie)).text).toBe('undefined')
  })

  it('after a new id the socket stays, shows nothing that comes after, and closes with the session', async () => {
    const site = await opened(kind)
    const before = await ada(site)
    const client = await site.connect(before)
    const { cookie } = await site.page('/renew', before)
    await site.page('/count', cookie)
    expect([await client.ask('owner'), await client.ask('reload'), await client.ask('count')]).toEqual([
      'ada',
      'CONFLICT',
      'CONFLICT',
    ])
    await site.page('/logout', cookie)
    await client.closed
  })
})

describe('the session of a socket', () => {
  const request = (cookie = '') =>
    new Request('https://shop.test/socket', { headers: { upgrade: 'websocket', origin: 'https://shop.test', cookie } })

  /** Somebody who signed in, and the ticket of that. */
  async function person(store: Store | 'none' = memoryStore()) {
    const sessions = createSessions<Data>({ secrets: SECRET, ...(store !== 'none' && { store }) })
    const serve = withSession(sessions, async (asked) => {
      const session = await sessions.open(asked)
      if (asked.url.endsWith('/login')) session.signIn('ada')
      if (asked.url.endsWith('/logout')) session.signOut()
      return new Response(String(session.get('n')))
    })
    const visit = (path: string, cookie = '') => serve(new Request(`https://shop.test${path}`, { headers: { cookie } }))
    const cookie = (await visit('/login')).headers.getSetCookie()[0]?.split(';')[0] ?? ''
    return { sessions, sockets: socketSessions(sessions), visit, cookie }
  }

  it('F55: what ended while a message was worked on is not said to be stored', async () => {
    const { sockets, visit, cookie } = await person()
    const socket = await sockets.open(request(cookie))
    const work = socket.run(async (session) => {
      await visit('/logout', cookie)
      session.set('n', 5)
    })
    await expect(work).rejects.toMatchObject({ code: 'SESSION_ENDED' })
    await expect(socket.run(() => 1)).rejects.toMatchObject({ code: 'SESSION_ENDED' })
    expect(() => socket.session).toThrow(SessionError)
  })

  it('once its end is known, it reads no more', async () => {
    const { sockets, visit, cookie } = await person()
    const socket = await sockets.open(request(cookie))
    const aborted = new Promise((resolve) => socket.signal.addEventListener('abort', resolve))
    await visit('/logout', cookie)
    await aborted
    expect(() => socket.session).toThrow(expect.objectContaining({ code: 'SESSION_ENDED' }))
    await expect(socket.reload()).rejects.toMatchObject({ code: 'SESSION_ENDED' })
    let closedWith = 0
    socket.closeAtEnd({ close: (code = 0) => (closedWith = code) })
    expect(closedWith).toBe(4401)
  })

  it('is not watched any more after release, and nothing aborts', async () => {
    const store = memoryStore()
    let listening = 0
    const { sockets, visit, cookie } = await person({
      ...store,
      async watch(listener) {
        const inner = await store.watch(listener)
        listening++
        const stop = async (): Promise<void> => {
          listening--
          await inner.stop()
        }
        return { ...inner, stop }
      },
    })
    const socket = await sockets.open(request(cookie))
    const { signal } = socket
    await expect.poll(() => listening).toBe(1)
    socket.release()
    await expect.poll(() => listening).toBe(0)
    await visit('/logout', cookie)
    expect(signal.aborted).toBe(false)
  })

  it('when work throws nothing is stored', async () => {
    const { sockets, visit, cookie } = await person()
    const socket = await sockets.open(request(cookie))
    const work = socket.run((session) => {
      session.set('n', 5)
      throw new Error('mine')
    })
    await expect(work).rejects.toThrow('mine')
    expect(await (await visit('/', cookie)).text()).toBe('undefined')
  })

  it('without a store it is read at the upgrade, and the rest says that it needs one', async () => {
    const { sockets, cookie } = await person('none')
    const socket = await sockets.open(request(cookie))
    expect(socket.session.owner).toBe('ada')
    await expect(socket.reload()).rejects.toMatchObject({ code: 'BAD_OPTIONS' })
    await expect(socket.run(() => 1)).rejects.toMatchObject({ code: 'BAD_OPTIONS' })
    expect(() => socket.signal).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
  })

  it('a store that fails refuses the upgrade', async () => {
    const { cookie } = await person()
    const store = { ...memoryStore(), read: () => Promise.reject(new Error('down')) }
    const sockets = socketSessions(createSessions({ secrets: SECRET, store }))
    await expect(sockets.open(request(cookie))).rejects.toMatchObject({ code: 'STORE_FAILED' })
    const said: string[] = []
    const duplex = { on: () => {}, off: () => {}, end: (text: string) => void said.push(text) }
    const headers = { upgrade: 'websocket', host: 'shop.test', origin: 'http://shop.test', cookie }
    await sockets.upgrade({ headers }, duplex, () => said.push('accepted'))
    expect(said).toEqual([expect.stringMatching(/^HTTP\/1\.1 503 /)])
  })
})

it('wrong options are refused', () => {
  const sessions = createSessions({ secrets: SECRET, store: memoryStore() })
  expect(() => socketSessions(sessions, { origins: ['shop.example'] })).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
  expect(() => socketSessions(sessions, { orgins: [] } as never)).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
})
