import type { Adapter } from '../helpers/adapters.ts'
import { Browser, type Came, HEADER, originOf } from './origin.ts'

/** A cache in front of a site at this port. */
export type Cache = (site: number) => Promise<{ readonly port: number; stop(): Promise<void> }>

/** What of the visitors' rights this cache, as it is configured, cannot give. */
export interface Limits {
  /** It ignores Vary: who has a session may be shown the page of those who have none. */
  readonly showsPublicPages?: boolean
  /** It goes by ages alone, and keeps a private page that has one for whoever sends the same cookies. */
  readonly keepsPrivatePages?: boolean
}

/** What went wrong in front of an adapter, and how many of the pages that may be shared came from the cache. */
export interface Found {
  readonly wrong: readonly string[]
  readonly shared: number
  /** The status for a visitor with a session who presents the ETag of a page. */
  readonly conditional: number
}

let nonce = 0

/** All stories, each on pages of its own, on one site. */
export async function tryCache(adapter: Adapter, cache: Cache, limits: Limits = {}): Promise<Found> {
  const origin = await originOf(adapter)
  const { port, stop } = await cache(origin.port)
  try {
    const wrong: string[] = []
    let shared = 0
    const seen = new Map<number, string>()
    const page = (name: string): string => `/${name}/${nonce++}`
    const stranger = (): Browser => new Browser(port)

    /** Looks at an answer as its visitor would. `as`: the name that it must show. */
    const look = (story: string, came: Came, as: string): Came => {
      const { serial, name, headers } = came
      const allowed = as === name || (limits.showsPublicPages && name === 'undefined')
      if (came.body !== '' && !allowed) wrong.push(`${story}: ${as} was shown the page of ${name || `status ${came.status}`}`)
      const isCopy = seen.has(serial)
      if (isCopy && (headers['set-cookie'] || headers[HEADER])) wrong.push(`${story}: a copy carries a ticket`)
      const mayKeep = limits.keepsPrivatePages && !story.startsWith('aged')
      if (isCopy && name !== 'undefined' && !mayKeep) wrong.push(`${story}: the page of ${name} was kept`)
      seen.set(serial, name)
      return came
    }
    const login = async (name: string): Promise<Browser> => {
      const browser = stranger()
      await browser.visit(page('login'), { 'x-name': name })
      if (!browser.holds) wrong.push(`login: ${name} was given nothing`)
      return browser
    }
    const [ada, bob] = [await login('ada'), await login('bob')]

    for (const kind of ['quiet', 'loud']) {
      const first = page(kind)
      const one = look(kind, await stranger().visit(first), 'undefined')
      const two = look(kind, await stranger().visit(first), 'undefined')
      if (one.serial === two.serial) shared += 1
      look(`${kind}, kept before`, await ada.visit(first), 'ada')
      look(`${kind}, kept before`, await bob.visit(first), 'bob')
    }
    for (const kind of ['quiet', 'loud', 'aged', 'private', 'note']) {
      const path = page(kind)
      for (let round = 0; round < 2; round++) {
        look(`${kind}, ada first`, await ada.visit(path), 'ada')
        look(`${kind}, ada first`, await bob.visit(path), 'bob')
      }
      look(`${kind}, ada first`, await stranger().visit(path), 'undefined')
    }
    const herd = page('loud')
    const some = [ada, bob, stranger(), stranger(), ada, bob, stranger()]
    const names = ['ada', 'bob', 'undefined', 'undefined', 'ada', 'bob', 'undefined']
    const all = await Promise.all(some.map((browser) => browser.visit(herd)))
    all.forEach((came, at) => {
      const name = names[at] ?? ''
      if (came.name !== name && !(limits.showsPublicPages && came.name === 'undefined'))
        wrong.push(`at the same time: ${name} was shown the page of ${came.name}`)
    })

    for (const kind of ['login', 'note']) {
      const path = page(kind)
      const [eve, mallory] = [stranger(), stranger()]
      const headers = { 'x-name': 'eve' }
      const one = await eve.visit(path, headers)
      const two = await mallory.visit(path, { 'x-name': 'mallory' })
      if (!eve.holds || !mallory.holds) wrong.push(`${kind}: no ticket came through`)
      if (one.serial === two.serial || eve.holds === mallory.holds)
        wrong.push(`${kind}: the next visitor was given the same ticket`)
    }
    const renewed = page('renew')
    const before = ada.holds
    look('a new id', await ada.visit(renewed), 'ada')
    look('a new id, the next', await stranger().visit(renewed), 'undefined')
    look('a new id, again', await ada.visit(renewed), 'ada')
    look('a new id, then a page', await ada.visit(page('quiet')), 'ada')
    if (before === '') wrong.push('a new id: ada had none')

    const left = await ada.visit(page('leave'))
    const taking = page('take')
    look('flash', await ada.visit(taking), left.status === 200 ? 'ada+flash' : 'ada')
    look('flash, the next', await stranger().visit(taking), 'undefined')
    if (!limits.keepsPrivatePages) look('flash, again', await ada.visit(taking), 'ada')

    const conditional = page('conditional')
    const etag = { 'if-none-match': '"of-the-page"' }
    look('ETag', await ada.visit(conditional), 'ada')
    // nginx takes the condition away from what it asks of the site.
    const still = await ada.visit(conditional, etag)
    if (still.status !== 304) look('ETag', still, 'ada')
    if (still.headers['set-cookie'] || still.headers[HEADER]) wrong.push('ETag: a 304 carries a ticket')
    look('ETag, after a 304', await bob.visit(conditional), 'bob')
    look('ETag, after a 304', await stranger().visit(conditional), 'undefined')
    look('ETag, after a 304', await stranger().visit(conditional, { 'if-none-match': '"another"' }), 'undefined')

    const headed = page('loud')
    const head = await ada.visit(headed, {}, 'HEAD')
    if (head.status !== 200 || head.body !== '') wrong.push(`HEAD: ${head.status} ${head.body}`)
    look('after a HEAD', await stranger().visit(headed), 'undefined')
    look('after a HEAD', await bob.visit(headed), 'bob')
    const [made, kept] = [origin.made(), await stranger().visit(headed, {}, 'HEAD')]
    if (kept.headers['set-cookie'] || kept.headers[HEADER]) wrong.push('HEAD: it carries a ticket')
    if (origin.made() === made) shared += 1

    const partial = page('partial')
    const range = { range: 'bytes=0-40' }
    for (const [browser, name] of [
      [ada, 'ada'],
      [stranger(), 'undefined'],
      [bob, 'bob'],
      [stranger(), 'undefined'],
    ] as const)
      look('Range', await browser.visit(partial, range), name)
    look('Range, then all of it', await stranger().visit(partial), 'undefined')

    const out = page('logout')
    const copy = bob.holds
    await bob.visit(out)
    if (bob.holds === copy) wrong.push('logout: bob still has the ticket')
    const next = await ada.visit(out, {}, 'HEAD')
    if (next.status !== 200) wrong.push(`logout: the next visitor was answered ${next.status}`)
    look('after a logout', await bob.visit(page('quiet')), 'undefined')
    return { wrong: [...new Set(wrong)], shared, conditional: still.status }
  } finally {
    await stop()
  }
}
