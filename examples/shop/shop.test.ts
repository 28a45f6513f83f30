import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Visitor, visitor } from 'coatcheck/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { failToOpen, openShop, type RunningShop, temporaryFolder, tidyUp } from './running-shop.ts'

const COOKIE = '__Host-Http-session'

let file: string
let shop: RunningShop
beforeAll(async () => {
  file = join(temporaryFolder(), 'shop.sqlite')
  shop = await openShop({ SHOP_FILE: file })
})
afterAll(tidyUp)

const page = async (guest: Visitor, path: string): Promise<string> => (await guest.get(path)).text()
const add = (guest: Visitor, article: string) => guest.post('/cart/add', { article }, { follow: false })
const signIn = (guest: Visitor, name: string, password: string) => guest.post('/sign-in', { name, password })
const countOn = (text: string): number => Number(/data-count="(\d+)"/.exec(text)?.[1])
const noticesOn = (text: string): string[] =>
  [...text.matchAll(/role="(alert|status)" tabindex="-1">([^<]*)/g)].map(([, role, said]) => `${role}: ${said}`)
const ticketOf = (guest: Visitor): string => {
  const cookie = guest.cookies().find(({ name }) => name === COOKIE)
  if (!cookie) throw new Error('This visitor holds no ticket.')
  return cookie.value
}
/** The same thing as somebody who copied that ticket. */
const holding = (ticket: string): { readonly headers: { readonly cookie: string } } => ({
  headers: { cookie: `${COOKIE}=${ticket}` },
})

describe('a visitor who only looks', () => {
  it('gets no cookie, and leaves no record', async () => {
    const rows = () => new DatabaseSync(file, { readOnly: true }).prepare('SELECT count(*) AS n FROM coatcheck_sessions').get()?.n
    const before = rows()
    const guest = visitor(shop.origin)
    for (const path of ['/', '/cart', '/sign-in', '/account', '/nowhere']) {
      const response = await guest.get(path)
      expect(response.headers.getSetCookie(), path).toEqual([])
    }
    expect(await page(guest, '/')).toContain('not asked for anything')
    expect(guest.cookies()).toEqual([])
    expect(rows()).toBe(before)
  })

  it('is not followed by a session on the way to styles and scripts, which anybody may cache', async () => {
    const guest = visitor(shop.origin)
    await add(guest, 'hat')
    const home = await page(guest, '/')
    for (const path of home.match(/\/[0-9a-f]{8}\/[\w.]+/g) ?? []) {
      const response = await guest.get(path)
      expect(response.status, path).toBe(200)
      expect(response.headers.get('cache-control'), path).toBe('public, max-age=31536000, immutable')
      expect(response.headers.get('vary'), path).toBeNull()
    }
    expect(home.match(/\/[0-9a-f]{8}\/[\w.]+/g)).toHaveLength(3)
  })

  it('gets the colours with the style that uses them', async () => {
    const guest = visitor(shop.origin)
    const [style = ''] = /\/[0-9a-f]{8}\/style\.css/.exec(await page(guest, '/')) ?? []
    const [colours, rest] = ['colours.css', 'style.css'].map((file) =>
      readFileSync(join(import.meta.dirname, 'public', file), 'utf8'),
    )
    expect(await page(guest, style)).toBe(`${colours}${rest}`)
  })
})

describe('the inspector', () => {
  it('is linked to, and answers this machine alone', async () => {
    const guest = visitor(shop.origin)
    expect(await page(guest, '/')).toContain('href="/inspect"')
    const answer = await guest.get('/inspect')
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'; style-src 'self'")
    expect((await guest.get('/inspect', { headers: { 'x-forwarded-for': '192.0.2.7' } })).status).toBe(403)
    const form = new URLSearchParams({ do: 'end-all', owner: 'ada' })
    const elsewhere = { method: 'POST', body: form, headers: { origin: 'https://evil.example' } }
    expect((await fetch(`${shop.origin}/inspect`, elsewhere)).status).toBe(403)
  })
})

describe('the language', () => {
  it('is the first of the browser that the shop speaks', async () => {
    const ask = async (language: string) =>
      (await visitor(shop.origin).get('/', { headers: { 'accept-language': language } })).text()
    expect(await ask('es, de-AT;q=0.8, en;q=0.5')).toContain('<html lang="de">')
    expect(await ask('fr-CA')).toContain('<html lang="fr">')
    expect(await ask('en;q=0.2, fr;q=0.9')).toContain('<html lang="fr">')
    expect(await ask('es')).toContain('<html lang="en">')
  })

  it('once chosen stays through signing in and out', async () => {
    const guest = visitor(shop.origin)
    const chosen = await guest.post('/language', { language: 'fr', back: '/cart' })
    expect(new URL(chosen.url).pathname).toBe('/cart')
    expect(await chosen.text()).toContain('<h1>Votre panier</h1>')
    expect(await (await signIn(guest, 'ada', 'velvet collar')).text()).toContain('<h1>Bonjour, Ada</h1>')
    expect(await (await guest.post('/sign-out')).text()).toContain('Vous êtes déconnecté.')
    expect(await page(guest, '/nowhere')).toContain('<html lang="fr">')
  })

  it('leads back to a page of the shop only', async () => {
    for (const back of ['https://evil.example/', '//evil.example', '/sign-out', '']) {
      const response = await visitor(shop.origin).post('/language', { language: 'de', back }, { follow: false })
      expect(response.headers.get('location')).toBe('/')
    }
  })
})

describe('the cart', () => {
  it('takes articles, other quantities, and articles out again', async () => {
    const guest = visitor(shop.origin)
    for (const article of ['hat', 'hat', 'scarf']) await add(guest, article)
    const first = await page(guest, '/cart')
    expect(countOn(first)).toBe(3)
    expect(first).toContain('€210.00')

    const changed = await (await guest.post('/cart/quantity', { article: 'hat', quantity: '5' })).text()
    expect(noticesOn(changed)).toEqual(['status: Changed: Felt hat.'])
    expect(countOn(changed)).toBe(6)
    expect(countOn(await (await guest.post('/cart/quantity', { article: 'hat', quantity: '0' })).text())).toBe(1)

    const removed = await (await guest.post('/cart/remove', { article: 'scarf' })).text()
    expect(noticesOn(removed)).toEqual(['status: Taken out: Striped scarf.'])
    expect(removed).toContain('Nothing in it yet.')
  })

  it('knows nothing of articles and quantities that do not exist', async () => {
    const guest = visitor(shop.origin)
    await add(guest, 'hat')
    for (const [path, fields] of [
      ['/cart/add', { article: 'constructor' }],
      ['/cart/add', {}],
      ['/cart/quantity', { article: 'hat', quantity: 'many' }],
      ['/cart/quantity', { article: 'hat', quantity: '' }],
      ['/cart/quantity', { article: 'hat', quantity: '1.5' }],
      ['/cart/remove', { article: 'coat' }],
    ] as const) {
      expect((await guest.post(path, fields)).status).toBe(404)
    }
    expect(countOn(await page(guest, '/cart'))).toBe(1)
    await guest.post('/cart/quantity', { article: 'hat', quantity: '-3' })
    expect(countOn(await page(guest, '/cart'))).toBe(0)
    await guest.post('/cart/quantity', { article: 'hat', quantity: '1000000' })
    expect(countOn(await page(guest, '/cart'))).toBe(9999)
  })

  it('loses none of 32 articles that are added at once', async () => {
    const guest = visitor(shop.origin)
    await add(guest, 'hat')
    const answers = await guest.parallel(32, () => add(guest, 'tag'))
    expect(answers.map(({ status }) => status)).toEqual(Array(32).fill(303))
    const after = await page(guest, '/')
    expect(after).toContain('32 in your cart')
    expect(countOn(after)).toBe(33)
    // What the ticket on the page counts is what was sent.
    expect(after).toContain('33 requests')
  })
})

describe('signing in', () => {
  it('with a wrong password is told once, as an alert, to whoever tried', async () => {
    const guest = visitor(shop.origin)
    const wrong = await signIn(guest, '<ada>', 'velvet')
    expect(new URL(wrong.url).pathname).toBe('/sign-in')
    const text = await wrong.text()
    expect(noticesOn(text)).toEqual([
      'alert: That name and password do not belong together. Nothing else has changed; please try again.',
    ])
    expect(text).toContain('value="&lt;ada&gt;"')
    expect(text).toContain('aria-invalid="true" aria-describedby="notice"')
    const again = await page(guest, '/sign-in')
    expect(noticesOn(again)).toEqual([])
    expect(again).not.toContain('aria-invalid')
    expect((await guest.get('/account', { follow: false })).headers.get('location')).toBe('/sign-in')
  })

  it('keeps the message for a page, and does not spend it on what browsers fetch by themselves', async () => {
    const guest = visitor(shop.origin)
    await guest.post('/sign-in', { name: 'ada', password: 'wrong' }, { follow: false })
    await guest.get('/favicon.ico')
    expect(noticesOn(await page(guest, '/sign-in'))).toHaveLength(1)
  })

  it('keeps the cart under a new ticket, and the old one shows nothing of what comes now', async () => {
    const guest = visitor(shop.origin)
    await add(guest, 'umbrella')
    const before = ticketOf(guest)
    const account = await (await signIn(guest, 'ADA ', 'velvet collar')).text()
    expect(account).toContain('<h1>Hello, Ada</h1>')
    expect(countOn(account)).toBe(1)
    expect(ticketOf(guest)).not.toBe(before)
    await add(guest, 'beret')

    const thief = visitor(shop.origin)
    const seen = await thief.get('/cart', holding(before))
    expect(seen.headers.getSetCookie()).toEqual([])
    expect(countOn(await seen.text())).toBe(1)
    expect((await thief.get('/account', { ...holding(before), follow: false })).status).toBe(303)
    expect(countOn(await page(guest, '/cart'))).toBe(2)
  })

  it('as somebody else brings the language along and nothing more', async () => {
    const guest = visitor(shop.origin)
    await guest.post('/language', { language: 'de' })
    await signIn(guest, 'ada', 'velvet collar')
    await add(guest, 'beret')
    const ada = ticketOf(guest)
    const account = await (await signIn(guest, 'ben', 'left glove')).text()
    expect(account).toContain('<h1>Guten Tag, Ben</h1>')
    expect(countOn(account)).toBe(0)
    expect((await visitor(shop.origin).get('/account', { ...holding(ada), follow: false })).status).toBe(303)
  })
})

describe('signing out', () => {
  it('is final for whoever kept the ticket', async () => {
    const guest = visitor(shop.origin)
    await signIn(guest, 'ben', 'left glove')
    await add(guest, 'gloves')
    const thief = guest.steal()
    const out = await (await guest.post('/sign-out')).text()
    expect(noticesOn(out)).toEqual(['status: You are signed out. Your old ticket opens nothing any more.'])
    expect(countOn(out)).toBe(0)
    const tried = await thief.get('/account', { follow: false })
    expect(tried.headers.get('location')).toBe('/sign-in')
    expect(await page(thief, '/cart')).toContain('refused, reason unknown')
  })

  it('is final for a request that was under way, which gets no cookie', async () => {
    const guest = visitor(shop.origin)
    await signIn(guest, 'ben', 'left glove')
    await add(guest, 'gloves')
    const ticket = ticketOf(guest)
    const form = 'article=tag'

    const late = request(`${shop.origin}/cart/add`, {
      method: 'POST',
      headers: { cookie: `${COOKIE}=${ticket}`, origin: shop.origin, expect: '100-continue', 'content-length': form.length },
    })
    late.flushHeaders()
    const answered = once(late, 'response') as Promise<[IncomingMessage]>
    await once(late, 'continue')
    expect((await guest.post('/sign-out')).status).toBe(200)
    late.end(form)

    const [response] = await answered
    response.resume()
    expect(response.statusCode).toBe(303)
    // Had it opened the session after the end, it would have begun a new one and given out its ticket.
    expect(response.headers['set-cookie']).toBeUndefined()
    expect(countOn(await (await visitor(shop.origin).get('/cart', holding(ticket))).text())).toBe(0)
    expect((await visitor(shop.origin).get('/account', { ...holding(ticket), follow: false })).status).toBe(303)
  })

  it('leaves nothing for the back button: what a signed-in person sees is not kept by the browser', async () => {
    const guest = visitor(shop.origin)
    await signIn(guest, 'ada', 'velvet collar')
    for (const path of ['/', '/cart', '/account']) {
      expect((await guest.get(path)).headers.get('cache-control'), path).toBe('no-store')
    }
  })
})

describe('the ticket on the page', () => {
  it('tells of the very request that made the page, and of the one that led to it', async () => {
    const guest = visitor(shop.origin)
    const posted = await add(guest, 'trench')
    const given = posted.headers.getSetCookie()
    expect(given).toHaveLength(1)
    const ticket = ticketOf(guest)
    const home = await guest.get('/')
    const text = await home.text()

    const panel = text.slice(text.indexOf('<section id="panel"'))
    const [before = '', now = ''] = panel.split('This page')
    const short = `…${ticket.slice(8, 14)}…`
    expect(before).toContain('POST /cart/add')
    expect(before).toContain('<code>create</code>')
    expect(before).toContain(`<b>set-cookie:</b> ${given[0]?.replace(ticket, short)}`)
    expect(before).toContain(`<b>cache-control:</b> ${posted.headers.get('cache-control')}`)
    expect(now).toContain('GET /')
    expect(now).toContain(`<code>${short}</code>`)
    expect(now).toContain('<code>read</code> found')
    for (const name of ['cache-control', 'vary']) expect(now).toContain(`<b>${name}:</b> ${home.headers.get(name)}`)
    expect(now).not.toContain('set-cookie')

    // Reading the message once was a change; the page after that changes nothing.
    expect(now).toContain('<code>update</code> keep what changed')
    const again = await page(guest, '/')
    expect(again).toContain('<code>nothing</code>')
    expect(again).not.toContain('POST /cart/add')
  })

  it('never shows a whole ticket', async () => {
    const guest = visitor(shop.origin)
    const seen = [await (await guest.post('/cart/add', { article: 'tag' })).text()]
    const tickets = [ticketOf(guest)]
    seen.push(await (await signIn(guest, 'ada', 'velvet collar')).text())
    tickets.push(ticketOf(guest))
    seen.push(await (await guest.post('/sign-out')).text(), await page(guest, '/cart'))
    tickets.push(ticketOf(guest))
    for (const ticket of tickets)
      for (const part of [ticket.slice(0, 20), ticket.slice(20, 40), ticket.slice(-20)]) expect(seen.join('')).not.toContain(part)
  })

  it('says why a ticket was refused', async () => {
    const forged = await visitor(shop.origin).get('/', holding('A'.repeat(60)))
    const text = await forged.text()
    expect(text).toMatch(/refused, reason (?:unknown-version|malformed|forged)/)
    expect(text).toContain('not asked for anything')
  })
})

describe('the sentence on the ticket', () => {
  const said = (text: string) => /<p class="said">([^<]*)/.exec(text)?.[1]

  it('says what happened, from the first visit to the last', async () => {
    const guest = visitor(shop.origin)
    expect(said(await page(guest, '/'))).toBe('You have no session yet: this page stored nothing and set no cookie.')
    await add(guest, 'hat')
    expect(said(await page(guest, '/'))).toBe('Your session began, and you were given a ticket for it.')
    expect(said(await page(guest, '/'))).toBe('Your session was read. Nothing in it changed, so nothing was written.')
    await add(guest, 'hat')
    expect(said(await page(guest, '/'))).toBe('Your change was stored before you got the answer.')
    await guest.parallel(8, () => add(guest, 'tag'))
    expect(said(await page(guest, '/'))).toBe('8 requests changed one session, and every change was stored.')
    const account = await (await signIn(guest, 'ada', 'velvet collar')).text()
    expect(said(account)).toBe('You signed in and got a new ticket. The old one shows nothing of what you do now.')
    const thief = guest.steal()
    expect(said(await (await guest.post('/sign-out')).text())).toBe(
      'You signed out. Your session is gone from the store, for good.',
    )
    expect(said(await page(thief, '/'))).toBe('A ticket came that opens nothing, so nothing was shown to it.')
  })
})

describe('the trials of the first page', () => {
  it.each(['here', 'express-session'])(
    'at %s: know who is signed in, what was added, and who came with an old cookie',
    async (side) => {
      const guest = visitor(shop.origin)
      const who = async (from: Visitor, options = {}) => (await from.get(`/try/${side}/who`, options)).json()
      expect(await who(guest)).toEqual({ user: null, tags: 0 })
      await guest.post(`/try/${side}/sign-in`)
      for (const tag of [1, 2, 2]) await guest.post(`/try/${side}/add?tag=${tag}`)
      expect(await who(guest)).toEqual({ user: 'ada', tags: 2 })
      const copy = await (await guest.get(`/try/${side}/copy`)).text()
      expect(copy).toMatch(new RegExp(`^${side}=[^;]{40,}$`))
      const replayed = () => who(visitor(shop.origin), { headers: { 'x-old-cookie': copy } })
      expect(await replayed()).toEqual({ user: 'ada', tags: 2 })
      await guest.post(`/try/${side}/sign-out`)
      expect(await who(guest)).toEqual({ user: null, tags: 0 })
      expect(await replayed()).toEqual({ user: null, tags: 0 })
      const migrateFrom = await guest.post(`/try/${side}/sign-in`, {}, { headers: { 'sec-fetch-site': 'cross-site' } })
      expect(migrateFrom.status).toBe(403)
    },
  )

  it('steal a cookie, which is refused once that of the device is over', async () => {
    const guest = visitor(shop.origin)
    const answer = await guest.post('/try/device?language=en')
    const rows = [...(await answer.text()).matchAll(/<td>(.*?)<\/td><td>(.*?)<\/td>/g)].map(([, you, copy]) => [you, copy])
    expect(rows).toEqual([
      ['ada (bound)', 'ada (bound)'],
      ['ada (bound)', '– (lapsed)'],
    ])
    expect(await page(guest, '/')).toContain('Steal my cookie')
  })

  it('put no cookie of their own in the place of those of the shop', async () => {
    const guest = visitor(shop.origin)
    await add(guest, 'hat')
    const headers = { 'x-old-cookie': `${COOKIE}=${ticketOf(guest)}` }
    expect(countOn(await (await visitor(shop.origin).get('/cart', { headers })).text())).toBe(0)
  })

  it('show the lines that they run on, and link to both files', async () => {
    const home = await page(visitor(shop.origin), '/')
    for (const file of ['here.ts', 'express-session.ts']) {
      expect(home).toContain(`href="/try/${file}"`)
      expect(await page(visitor(shop.origin), `/try/${file}`)).toBe(
        readFileSync(join(import.meta.dirname, 'trials', file), 'utf8'),
      )
    }
    const shown = [...home.matchAll(/<span>([^<]+)<\/span>/g)].map(([, line = '']) => line).slice(-4)
    expect(shown).toEqual([
      'const sessions = createSessions({ secrets, store, cookie, onEvent })',
      'here.use(withSession(sessions))',
      'const session = await sessions.open(c)',
      'session.set(tag, true)',
    ])
  })
})

describe('a form of another site', () => {
  it('changes nothing', async () => {
    const guest = visitor(shop.origin)
    await add(guest, 'hat')
    const migrateFrom: readonly Record<string, string>[] = [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:1' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
    ]
    for (const headers of migrateFrom) {
      const response = await guest.post('/cart/add', { article: 'hat' }, { headers })
      expect(response.status).toBe(403)
      expect(await response.text()).toContain('sent by another site')
    }
    expect(countOn(await page(guest, '/'))).toBe(1)
    const ours: readonly Record<string, string>[] = [{ 'sec-fetch-site': 'same-origin' }, { origin: shop.origin }, {}]
    for (const headers of ours) await guest.post('/cart/add', { article: 'hat' }, { headers })
    expect(countOn(await page(guest, '/'))).toBe(4)
  })

  it('cannot frame the shop, and no script but its own runs in it', async () => {
    const { headers } = await visitor(shop.origin).get('/')
    expect(headers.get('content-security-policy')).toContain("default-src 'none'; style-src 'self'; script-src 'self'")
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('referrer-policy')).toBe('same-origin')
  })

  it('that is larger than any of the shop is not read', async () => {
    expect((await visitor(shop.origin).post('/sign-in', { name: 'ada', password: 'x'.repeat(20_000) })).status).toBe(413)
  })
})

describe('a shop that is struck by lightning', () => {
  it('has every cart, every visitor signed in, and every article that it had confirmed', async () => {
    const own = join(temporaryFolder(), 'shop.sqlite')
    const struck = await openShop({ SHOP_FILE: own })
    const guest = visitor(struck.origin)
    await guest.post('/language', { language: 'de' })
    await signIn(guest, 'ada', 'velvet collar')
    await add(guest, 'overcoat')
    let confirmed = 0
    const adding = guest.parallel(32, async () => {
      if ((await add(guest, 'tag')).status !== 303) return
      if (++confirmed === 1) await struck.killHard()
    })
    await adding.catch(() => {})
    await struck.killHard()
    expect(confirmed).toBeGreaterThan(0)

    const reopened = await openShop({ SHOP_FILE: own })
    await reopened.says('so tickets given out before still count')
    const back = visitor(reopened.origin, { jar: guest.jar })
    const account = await page(back, '/account')
    expect(account).toContain('<h1>Guten Tag, Ada</h1>')
    expect(countOn(account)).toBeGreaterThanOrEqual(1 + confirmed)
    expect(countOn(account)).toBeLessThanOrEqual(1 + 32)
    expect(await reopened.close()).toBe(0)
  })

  it('finishes what is under way when it is asked to close', async () => {
    const own = await openShop({ SHOP_FILE: join(temporaryFolder(), 'shop.sqlite') })
    const late = request(`${own.origin}/cart/add`, { method: 'POST', headers: { expect: '100-continue', 'content-length': 11 } })
    late.flushHeaders()
    const answered = once(late, 'response') as Promise<[IncomingMessage]>
    await once(late, 'continue')
    const closed = own.close()
    await own.says('Closing.')
    late.end('article=tag')
    const [response] = await answered
    response.resume()
    expect(response.statusCode).toBe(303)
    expect(response.headers['set-cookie']).toHaveLength(1)
    expect(await closed).toBe(0)
  })

  it('says so, and signs nobody out, while its store is broken', async () => {
    const own = join(temporaryFolder(), 'shop.sqlite')
    const broken = await openShop({ SHOP_FILE: own })
    const guest = visitor(broken.origin)
    await add(guest, 'hat')
    const vandal = new DatabaseSync(own, { timeout: 1000 })
    vandal.exec('ALTER TABLE coatcheck_sessions RENAME TO elsewhere')
    for (const answer of [await guest.get('/cart'), await add(guest, 'hat')]) {
      expect(answer.status).toBe(503)
      expect(answer.headers.getSetCookie()).toEqual([])
      expect(await answer.text()).toContain('You are not signed out')
    }
    await broken.says('STORE_FAILED')
    vandal.exec('ALTER TABLE elsewhere RENAME TO coatcheck_sessions')
    vandal.close()
    expect(countOn(await page(guest, '/cart'))).toBe(1)
  })
})

describe('opening', () => {
  it('keeps the secret in a file that only its owner may read', async () => {
    expect((await stat(`${file}.secret`)).mode & 0o777).toBe(0o600)
    await shop.says('A secret was made')
  })

  it('takes secrets from the environment, and rotates them without signing anybody out', async () => {
    const own = join(temporaryFolder(), 'shop.sqlite')
    const [old, fresh] = ['first secret: 0123456789 abcdefghijkl', 'next secret: mnopqrstuvwxyz 9876543210'].map((text) =>
      Buffer.from(text).toString('base64url'),
    )
    const before = await openShop({ SHOP_FILE: own, SHOP_SECRETS: `${old}` })
    const guest = visitor(before.origin)
    await add(guest, 'hat')
    await before.close()
    const after = await openShop({ SHOP_FILE: own, SHOP_SECRETS: `${fresh}, ${old}` })
    expect(countOn(await page(visitor(after.origin, { jar: guest.jar }), '/'))).toBe(1)
    await after.close()
  })

  it('offers a cookie without Secure for browsers that keep none on plain http', async () => {
    const own = await openShop({ SHOP_FILE: join(temporaryFolder(), 'shop.sqlite'), SHOP_INSECURE: '1' })
    const [line] = (await add(visitor(own.origin), 'hat')).headers.getSetCookie()
    expect(line).toMatch(/^session=[\w-]+; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax$/)
    await own.close()
  })

  it.each([
    ['a port that is no port', { PORT: 'http' }, 'PORT is "http", which is no port.'],
    ['a port beyond the last', { PORT: '65536' }, 'PORT is "65536", which is no port.'],
    [
      'an address of another machine',
      { SHOP_HOST: '192.0.2.1' },
      'SHOP_HOST is "192.0.2.1", which is no address of this machine.',
    ],
    ['a switch that is neither on nor off', { SHOP_INSECURE: 'yes' }, 'SHOP_INSECURE is "yes".'],
    ['a secret that can be guessed', { SHOP_SECRETS: 'hunter2' }, 'can be guessed'],
    [
      'a file in a place that is no folder',
      { SHOP_FILE: '/dev/null/shop.sqlite' },
      'The sessions cannot be kept in /dev/null/shop.sqlite.',
    ],
    ['a folder as the file', { SHOP_FILE: '/' }, 'The sessions cannot be kept in /.'],
    ['a file that is something else', { SHOP_FILE: import.meta.filename }, 'This file is something else.'],
  ])('refuses %s, and says what to do', async (_, env, said) => {
    const { code, output } = await failToOpen({ SHOP_FILE: join(temporaryFolder(), 'shop.sqlite'), ...env })
    expect(output).toContain(said)
    expect(output).not.toMatch(/^\s+at /m)
    expect(code).toBe(1)
  })

  it('refuses a port that is taken, and names another', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const port = typeof address === 'object' ? `${address?.port}` : ''
    const { code, output } = await failToOpen({ SHOP_FILE: join(temporaryFolder(), 'shop.sqlite'), PORT: port })
    expect(output).toBe(`Port ${port} is taken by another program. Stop that, or choose another port: PORT=3001 npm start\n`)
    expect(code).toBe(1)
    other.close()
  })

  it('refuses a secret that it did not write, rather than signing everybody out', async () => {
    const own = join(temporaryFolder(), 'shop.sqlite')
    writeFileSync(`${own}.secret`, 'torn')
    const { code, output } = await failToOpen({ SHOP_FILE: own })
    expect(output).toContain(`${own}.secret holds no secret that this shop wrote.`)
    expect(code).toBe(1)
  })
})
