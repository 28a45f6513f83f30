import { afterEach, describe, expect, it, vi } from 'vitest'
import { DAY, HOUR, MINUTE } from '../test/helpers/clock.ts'
import { HUSH } from '../test/helpers/discretion.ts'
import { discretion, NEWER_SECRET, SECRET, type Site, site } from '../test/helpers/site.ts'
import { SessionError } from './errors.ts'
import { type Inspector, type InspectorOptions, inspector, recorder } from './inspector.ts'
import { memoryStore } from './stores/memory.ts'
import type { Store } from './stores/store.ts'

const HERE = '127.0.0.1'

interface Shown {
  readonly site: Site
  readonly inspect: Inspector
  /** Looks at a page, as somebody at this machine. */
  get(query?: string): Promise<string>
  /** Sends a form of a page, and looks at the page that it leads to. */
  send(fields: Readonly<Record<string, string>>): Promise<string>
}

/** Everything that pages ever said in this file. */
const said: string[] = []

type Given = NonNullable<Parameters<typeof site>[0]> & { readonly inspects?: InspectorOptions; readonly elapsed?: () => number }

function shown({ inspects, elapsed, ...options }: Given = {}): Shown {
  const clock = options.clock
  const at = site({
    store: memoryStore({ ...(clock && { now: clock.now }) }),
    ...options,
    telemetry: recorder({ now: () => at.clock.now(), ...(elapsed && { elapsed }) }),
  })
  const inspect = inspector(at.sessions, inspects)
  const get = async (query = '') => {
    const response = await inspect(new Request(`http://localhost/any/where${query}`), HERE)
    const text = await response.text()
    said.push(text)
    return text
  }
  return {
    site: at,
    inspect,
    get,
    async send(fields) {
      const response = await inspect(post(fields), HERE)
      return get(response.headers.get('location') ?? expect.fail(`${response.status}: ${await response.text()}`))
    },
  }
}

const post = (
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = { 'sec-fetch-site': 'same-origin' },
) => new Request('http://localhost/any/where', { method: 'POST', body: new URLSearchParams(fields), headers })

/** The text of a page as it is read, without tags. */
const text = (page: string): string =>
  page
    .slice(page.indexOf('<main'))
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#39;/g, "'")
    .replace(/&quot;/g, '"')
    .replace(/&gt;/g, '>')
    .replace(/\s+/g, ' ')
const handlesOn = (page: string): string[] => [
  ...new Set([...page.matchAll(/\?session=([0-9a-f]{64})/g)].map(([, handle]) => handle ?? '')),
]
const handleOf = async (person: ReturnType<Site['person']>): Promise<string> =>
  (await person.does((session) => session.handle)) ?? ''

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('who may look', () => {
  const { inspect } = shown()
  const ask = async (url: string, info: unknown, headers: Readonly<Record<string, string>> = {}) => {
    const response = await inspect(new Request(url, { headers }), info)
    return `${response.status} ${response.status === 200 ? '' : (await response.text()).trim()}`
  }

  it.each([
    ['an address', HERE],
    ["Node's request", { socket: { remoteAddress: '::ffff:127.0.0.1' } }],
    ['the environment of Hono on Node', { incoming: { socket: { remoteAddress: '::1' } } }],
    ["Deno's info", { remoteAddr: { hostname: '127.0.0.8' } }],
    ["Bun's server", { requestIP: () => ({ address: '::1' }) }],
  ])('is somebody at this machine, by %s', async (_, info) => {
    expect(await ask('http://localhost:3000/inspect', info)).toBe('200 ')
    expect(await ask('http://[::1]/', info)).toBe('200 ')
  })

  it('is nobody else: not from elsewhere, by another name, through a proxy, or of unknown address', async () => {
    expect(await ask('http://localhost/', { remoteAddr: { hostname: '10.0.0.8' } })).toMatch(/^403 .*comes from elsewhere/)
    expect(await ask('http://localhost/', undefined)).toMatch(/^403 .*second argument/)
    expect(await ask('http://localhost/', { requestIP: () => null })).toMatch(/^403 .*second argument/)
    expect(await ask('http://evil.example/', HERE)).toMatch(/^403 .*localhost only/)
    expect(await ask('http://localhost/', HERE, { host: 'localhost.evil.example' })).toMatch(/^403 .*localhost only/)
    for (const name of ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip'])
      expect(await ask('http://localhost/', HERE, { [name]: '127.0.0.1' }), name).toMatch(/^403 .*proxy/)
  })

  it('is nobody in production', async () => {
    vi.stubEnv('NODE_ENV', 'production')
    expect(await ask('http://localhost/', HERE)).toMatch(/^403 .*NODE_ENV/)
  })

  it('is whom `authorize` lets in, wherever they are, and nobody else', async () => {
    vi.stubEnv('NODE_ENV', 'production')
    const { site: at } = shown()
    const authorize = vi.fn(
      async (request: Request, info: unknown) => request.headers.get('x-admin') === 'yes' && info === 'info',
    )
    const inspect = inspector(at.sessions, { authorize })
    const ask = async (headers: Readonly<Record<string, string>>, init: RequestInit = {}) =>
      (await inspect(new Request('https://shop.example/inspect?asset=style.css', { ...init, headers }), 'info')).status
    expect([await ask({ 'x-admin': 'yes' }), await ask({}), await ask({}, { method: 'POST' })]).toEqual([200, 403, 403])
    const truthy = inspector(at.sessions, { authorize: () => 'yes' as unknown as boolean })
    expect((await truthy(new Request('https://shop.example/inspect'))).status).toBe(403)
  })

  it('sends forms from these pages only', async () => {
    const { site: at, inspect } = shown()
    const ada = at.person()
    await ada.does((session) => session.signIn('ada'))
    const handle = await handleOf(ada)
    const end = async (headers: Readonly<Record<string, string>>) =>
      (await inspect(post({ do: 'end', handle }, headers), HERE)).status
    expect(await end({ 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' })).toBe(403)
    expect(await end({ origin: 'http://localhost:8080' })).toBe(403)
    expect(await ada.does((session) => session.owner)).toBe('ada')
    expect(await end({ 'sec-fetch-site': 'same-origin' })).toBe(303)
    expect(await ada.does((session) => session.owner)).toBeUndefined()
  })
})

describe('every answer', () => {
  it('may not be kept, and may load nothing from elsewhere and nothing inline', async () => {
    const { inspect, site: at } = shown()
    const ada = at.person()
    await ada.does((session) => session.signIn('ada'))
    const handle = await handleOf(ada)
    const queries = [
      '',
      '?view=events',
      '?view=plots',
      '?view=store',
      `?session=${handle}`,
      '?session=no',
      '?asset=style.css',
      '?asset=live.js',
    ]
    for (const query of queries) {
      const { headers } = await inspect(new Request(`http://localhost/${query}`), HERE)
      expect(headers.get('cache-control'), query).toBe('no-store')
      expect(headers.get('content-security-policy'), query).toMatch(/^default-src 'none'; style-src 'self'; script-src 'self';/)
      expect(headers.get('content-security-policy'), query).not.toContain('unsafe')
    }
    const head = await inspect(new Request('http://localhost/?stream=new', { method: 'HEAD' }), HERE)
    expect([head.status, head.body, head.headers.get('cache-control')]).toEqual([200, null, 'no-store'])
    for (const query of queries.slice(0, 5)) {
      const page = await (await inspect(new Request(`http://localhost/${query}`), HERE)).text()
      expect(page, query).not.toMatch(/ style=| on[a-z]+=|<style|<script(?! type="module" src="\?asset=live\.js")|https?:\/\//)
      // Every link and form is a query alone, and so works under any path.
      const links = [...page.matchAll(/(?:href|src|action)="([^"]*)"/g)].map(([, link]) => link)
      expect(
        links.filter((link) => !/^(?:\?|#content$)/.test(link ?? '')),
        query,
      ).toEqual([])
    }
  })

  it('is an error in words where the request is wrong, or the store is down', async () => {
    const store = memoryStore()
    const { inspect } = shown({ store: { ...store, list: () => Promise.reject(new Error(`no route to ${HUSH}`)) } })
    const ask = async (request: Request) => {
      const response = await inspect(request, HERE)
      said.push(await response.clone().text())
      return `${response.status} ${(await response.text()).trim()}`
    }
    expect(await ask(new Request('http://localhost/'))).toMatch(/^503 STORE_FAILED: /)
    expect(await ask(new Request('http://localhost/', { method: 'PUT' }))).toMatch(/^405 /)
    expect(await ask(new Request('http://localhost/?asset=toString'))).toMatch(/^404 /)
    expect(await ask(post({ do: 'everything' }))).toMatch(/^400 /)
    expect(await ask(post({ do: 'end', handle: '../x' }))).toMatch(/^400 /)
    expect(await ask(post({ do: 'search', q: 'x'.repeat(20_000) }))).toMatch(/^413 /)
    const headless = new Request('http://localhost/', {
      method: 'POST',
      body: new Blob(['do=search&q=', 'x'.repeat(20_000)]).stream(),
      duplex: 'half',
      headers: { 'sec-fetch-site': 'same-origin' },
    } as RequestInit)
    expect(await ask(headless)).toMatch(/^413 /)
  })
})

describe('the sessions', () => {
  it('are shown, sorted, and found by owner, handle and note', async () => {
    const { site: at, get, send } = shown()
    const people = []
    for (const [name, browser] of [
      ['ada', 'Firefox'],
      ['ben', 'Safari'],
      ['ada', 'Opera'],
    ] as const) {
      const person = at.person()
      await person.does((session) => {
        session.signIn(name)
        session.note({ browser, token: HUSH })
        session.set('cart', ['x'.repeat(browser.length * 10)])
      })
      at.clock.advance(2 * HOUR)
      people.push(person)
    }
    await at.person().does((session) => session.set('cart', [1]))
    const [first = '', second = '', third = ''] = await Promise.all(people.map(handleOf))
    const page = await get()
    expect(handlesOn(page)).toHaveLength(4)
    expect(text(page)).toContain('4 sessions in 4 records read')
    expect(text(page)).toMatch(/ada browser: Firefox 6 h ago 6 h ago in 6 d/)
    expect(handlesOn(await get('?sort=began')).slice(1)).toEqual([third, second, first])
    expect(handlesOn(await get('?sort=size'))[0]).toBe(first)
    expect(
      handlesOn(await get('?sort=owner'))
        .slice(0, 3)
        .sort(),
    ).toEqual([first, second, third].sort())

    const adas = await send({ do: 'search', in: 'owner', q: ' ada ' })
    expect(handlesOn(adas).sort()).toEqual([first, third].sort())
    expect(text(adas)).toContain('Sessions of ada')
    expect(handlesOn(await send({ do: 'search', in: 'note', q: 'SAFARI' }))).toEqual([second])
    expect(handlesOn(await send({ do: 'search', in: 'handle', q: second.slice(0, 9) }))).toEqual([second])
    expect(text(await send({ do: 'search', in: 'handle', q: second }))).toContain(second)
    // What a note hides finds nobody.
    expect(handlesOn(await send({ do: 'search', in: 'note', q: HUSH.slice(0, 6) }))).toEqual([])
    expect(await send({ do: 'search', in: 'owner', q: '' })).toContain('<h1>Sessions</h1>')
    // No address names a person.
    const { headers } = await shown().inspect(post({ do: 'search', in: 'owner', q: 'ada@example.com' }), HERE)
    expect(headers.get('location')).toMatch(/^\?owner=[0-9a-f]{64}$/)
  })

  it('leave out those that are over, old ids, and notes of the engine', async () => {
    const { site: at, get } = shown()
    const [ada, ben, eve] = [at.person(), at.person(), at.person()]
    await ben.does((session) => session.signIn('ben'))
    at.clock.advance(6 * DAY)
    await ada.does((session) => session.set('cart', 1))
    await ada.does((session) => session.signIn('ada'))
    await eve.does((session) => session.signIn('eve'))
    await at.sessions.endAll('eve')
    at.clock.advance(2 * DAY)
    expect(handlesOn(await get())).toEqual([await handleOf(ada)])
  })

  it('where the store cannot list are those that this process met, which it says', async () => {
    const { list: _, listByOwner: __, ...store } = memoryStore()
    const { site: at, get, send } = shown({ store: store as Store })
    const ada = at.person()
    await ada.does((session) => session.signIn('ada'))
    at.clock.advance(MINUTE)
    const page = await get()
    expect(text(page)).toContain('This store cannot list its sessions. These are the last that this process has met')
    expect(text(page)).toMatch(/1 min ago committed/)
    expect(handlesOn(page)).toEqual([await handleOf(ada)])
    expect(text(await get(`?session=${await handleOf(ada)}`))).toContain('Two clocks')
    await expect(send({ do: 'end-all', owner: 'ada' })).rejects.toThrow(/409: BAD_OPTIONS/)
  })

  it('in cookies are those that this process met: there is nothing to look into', async () => {
    const { site: at, get } = shown({ store: undefined as never })
    await at.person().does((session) => session.signIn('ada'))
    const page = text(await get())
    expect(page).toContain('nowhere but in the cookies of their visitors')
    expect(page).toMatch(/now|0 s ago/)
    expect(text(await get('?view=store'))).toContain('sealed in the cookie')
    expect((await get(`?owner=${'0'.repeat(64)}`)).length).toBeGreaterThan(500)
  })

  it('are shown where one record is damaged, and those that are sealed, but for those of unknown secrets', async () => {
    const store = memoryStore()
    const damaged = new Set<string>()
    const read = async (key: string) => {
      if (damaged.has(key)) throw new SessionError('DAMAGED_RECORD', 'The record is torn.')
      return store.read(key)
    }
    const readMany = (keys: readonly string[]) => Promise.all(keys.map(read))
    for (const given of [
      { ...store, read },
      { ...store, read, readMany },
    ]) {
      const { site: at, get } = shown({ store: given, encryptRecords: true })
      const [torn, whole] = [at.person(), at.person()]
      await torn.does((session) => session.signIn('ada'))
      await whole.does((session) => session.signIn('ben'))
      damaged.add(await handleOf(torn))
      expect(handlesOn(await get())).toContain(await handleOf(whole))
      expect(handlesOn(await get())).not.toContain([...damaged].at(-1))
    }
    const elsewhere = shown({ store, encryptRecords: true, secrets: NEWER_SECRET })
    expect(text(await elsewhere.get())).toContain('0 sessions in 4 records read, of which 4 cannot be opened here.')
  })

  it('come with a note that nothing is recorded, where nobody does', async () => {
    const at = site({ store: memoryStore() })
    const inspect = inspector(at.sessions)
    const ask = async (query: string) => text(await (await inspect(new Request(`http://localhost/${query}`), HERE)).text())
    expect(await ask('?view=events')).toContain('telemetry: recorder()')
    expect(await ask('?view=plots')).toContain('telemetry: recorder()')
    expect(await ask('')).toContain('0 sessions in 0 records read')
    expect((await inspect(new Request('http://localhost/?stream=x-1'), HERE)).status).toBe(404)
  })
})

describe('one session', () => {
  it('shows values with type and size, both clocks, its commits, its ticket, and the ids it had', async () => {
    const { site: at, get } = shown({ idleTimeout: DAY, absoluteTimeout: 10 * DAY, inspects: { redact: 'names' } })
    const ada = at.person()
    await ada.does((session) => session.set('cart', { hat: 2 }))
    const asGuest = await handleOf(ada)
    at.clock.advance(HOUR)
    await ada.does((session) => session.signIn('ada', { level: 'password' }))
    await ada.does((session) => {
      session.set('language', 'de')
      session.set('apiToken', HUSH)
      session.set('seen', new Map([['hat', new Date(0)]]), { ttl: 600 })
      session.flash('notice', 'signed in')
    })
    at.clock.advance(HOUR)
    const handle = await handleOf(ada)
    expect(handle).not.toBe(asGuest)
    const page = text(await get(`?session=${handle}`))
    expect(page).toContain('Idle : 23 h left of 1 d')
    expect(page).toMatch(/Absolute : 9 d left of 10 d/)
    expect(page).toContain('language string 4 B "de"')
    expect(page).toContain('apiToken string 11 B ‹9 characters›')
    expect(page).toMatch(/seen ended 50 min ago Map of 1 \d+ B Map\(1\) \[ "hat" => 1970-01-01T00:00:00.000Z \]/)
    expect(page).toMatch(/notice flash string 11 B "signed in"/)
    expect(page).toContain('cart object of 1 9 B { hat: 2 }')
    expect(page).toContain('Proved who it is 1 h ago , level password')
    expect(page).toMatch(/\d commits in all.*No\. \d, /)
    expect(page).toContain('79 bytes of the 4096 that browsers keep, with the name __Host-Http-session')
    expect(page).toContain(`${asGuest.slice(0, 10)}… the first, whose record no list names`)
    expect(page).toContain('regenerate')
    // Through the old handle the same session is found, and with it where it came from.
    const older = text(await get(`?session=${asGuest}`))
    expect(older).toContain('was given up. This is the session that it led to.')
    expect(older).toMatch(
      new RegExp(`${asGuest.slice(0, 10)}… since 2 h ago ; signed in 1 h ago ${handle.slice(0, 10)}… since 1 h ago now`),
    )
  })

  it('hides every text where nothing else was said', async () => {
    const { site: at, get } = shown()
    const ada = at.person()
    await ada.does((session) => session.set('harmless', { says: HUSH, n: 7 }))
    expect(text(await get(`?session=${await handleOf(ada)}`))).toContain('{ says: ‹9 characters›, n: 7 }')
  })

  it('that is over, or never was, is not found', async () => {
    const { site: at, inspect } = shown()
    const ada = at.person()
    await ada.does((session) => session.signIn('ada'))
    const handle = await handleOf(ada)
    await ada.does((session) => session.signOut())
    for (const asked of [handle, 'f'.repeat(64), '<script>', 'x'.repeat(5000)]) {
      const response = await inspect(new Request(`http://localhost/?session=${encodeURIComponent(asked)}`), HERE)
      expect(response.status).toBe(404)
      expect(await response.text()).not.toContain('<script>')
    }
  })

  it('and its owner are texts, whatever they are made of', async () => {
    const { site: at, get, send } = shown({ inspects: { redact: 'names' } })
    const ada = at.person()
    const evil = `"><script>alert('1')</script>&lt;`
    await ada.does((session) => {
      session.signIn(evil, { level: evil })
      session.note({ browser: evil, [evil]: 1 })
      session.set(evil, evil)
      session.set('list', new Map([[evil, evil]]))
    })
    const pages = [await get(), await get(`?session=${await handleOf(ada)}`), await send({ do: 'search', in: 'owner', q: evil })]
    pages.push(await send({ do: 'search', in: 'note', q: evil }), await get(`?view=events&of=${encodeURIComponent(evil)}`))
    for (const page of pages) {
      expect(page).toContain('&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;lt;')
      expect(page).not.toMatch(/<script>|alert\('/)
    }
  })

  it('is looked at without moving its clocks, and without a trace among the calls of the store', async () => {
    const { site: at, get } = shown()
    const ada = at.person()
    await ada.does((session) => session.signIn('ada'))
    const handle = await handleOf(ada)
    const before = await at.sessions.find(handle)
    at.clock.advance(5 * DAY)
    const calls = () => /Store calls, an hour (\d+)/
    await get('?view=sessions')
    const counted = calls().exec(text(await get()))?.[1]
    for (const query of [`?session=${handle}`, '', '?view=store']) await get(query)
    expect(calls().exec(text(await get()))?.[1]).toBe(counted)
    expect(await at.sessions.find(handle)).toEqual(before)
  })
})

describe("an owner's sessions", () => {
  it('end one by one, all but one, or all', async () => {
    const { site: at, get, send } = shown()
    const people = await Promise.all(
      [1, 2, 3, 4].map(async () => {
        const person = at.person()
        await person.does((session) => session.signIn('ada'))
        return person
      }),
    )
    const handles = await Promise.all(people.map(handleOf))
    const signedIn = async () =>
      (await Promise.all(people.map((person) => person.does(({ owner }) => owner)))).map((owner) => owner === 'ada')
    const page = await send({ do: 'search', in: 'owner', q: 'ada' })
    const [, back = ''] = /name="back" value="([0-9a-f]{64})"/.exec(page) ?? []
    expect(text(await send({ do: 'end', handle: handles[0] ?? '', back }))).toContain('1 session ended.')
    expect(await signedIn()).toEqual([false, true, true, true])
    expect(text(await send({ do: 'end', handle: handles[0] ?? '', back }))).toContain('No session was ended')
    expect(text(await send({ do: 'end-others', owner: 'ada', except: handles[2] ?? '' }))).toContain('2 sessions ended.')
    expect(await signedIn()).toEqual([false, false, true, false])
    expect(text(await send({ do: 'end-all', owner: 'ada' }))).toContain('1 session ended.')
    expect(await signedIn()).toEqual([false, false, false, false])
    expect(await get(`?owner=${back}`)).toContain('Nobody of this name is signed in here.')
  })

  it('in cookies, where a list of them is kept, are found by name, and end as well', async () => {
    const { site: at, inspect } = shown({ store: undefined as never, revocations: { store: memoryStore(), list: true } })
    const [one, two] = [at.person(), at.person()]
    for (const person of [one, two]) await person.does((session) => session.signIn('ada'))
    const ask = async (fields: Readonly<Record<string, string>>) => {
      const page = await (await inspect(post(fields), HERE)).text()
      said.push(page)
      return page
    }
    const page = await ask({ do: 'search', in: 'owner', q: 'ada' })
    expect(text(page)).toContain('Sessions of ada 2 sessions')
    const [, handle = ''] = /name="handle" value="([^"]+)"/.exec(page) ?? []
    expect(text(await ask({ do: 'end', handle, owner: 'ada' }))).toMatch(/1 session ended\. 1 session /)
    expect(text(await ask({ do: 'end-all', owner: 'ada' }))).toMatch(/1 session ended\. 0 sessions .*Nobody of this name/)
    expect(await Promise.all([one, two].map((person) => person.does(({ owner }) => owner)))).toEqual([undefined, undefined])
  })

  it('of a guest end, too', async () => {
    const { site: at, send } = shown()
    const guest = at.person()
    await guest.does((session) => session.set('cart', 1))
    expect(text(await send({ do: 'end', handle: await handleOf(guest) }))).toMatch(/1 session ended\..*No session here/)
    expect(await guest.does((session) => session.get('cart'))).toBeUndefined()
  })

  it('are those of who acts as somebody else, and not of the other', async () => {
    const { site: at, send } = shown()
    const support = at.person()
    await support.does((session) => session.signIn('sue'))
    await support.does((session) => session.impersonate('ada'))
    expect(text(await send({ do: 'search', in: 'owner', q: 'sue' }))).toContain('Sessions of sue')
    expect(text(await send({ do: 'search', in: 'owner', q: 'ada' }))).toContain('Nobody of this name')
  })
})

describe('the plots', () => {
  it('count what this process saw, by minute or by quarter of an hour, with the numbers as tables', async () => {
    let took = 0
    const { site: at, get } = shown({
      elapsed: () => {
        took += 3
        return took
      },
    })
    for (const name of ['ada', 'ben']) {
      const person = at.person()
      await person.does((session) => session.signIn(name))
      at.clock.advance(MINUTE)
      if (name === 'ben') await person.does((session) => session.signOut())
    }
    await at.person().browser.get('/', { headers: { cookie: '__Host-Http-session=nonsense!', 'x-visit': 'none' } })
    const page = await get('?view=plots')
    const drawn = (id: string): string =>
      page.slice(page.indexOf(`id="${id}"`), page.indexOf('</figure>', page.indexOf(`id="${id}"`)))
    expect(text(`<main${drawn('created')}`)).toContain('2 sessions stored for the first time.')
    expect(drawn('created').match(/<rect class="f1"/g)).toHaveLength(2)
    expect(text(`<main${drawn('created')}`)).toMatch(/Numbers Created From created 08:00 1 08:01 1/)
    expect(drawn('ended')).toContain('aria-label="Ended, by reason. signed-out: 1"')
    expect(text(`<main${drawn('latency')}`)).toMatch(/half, ms 99 of 100, ms 08:00 5 5/)
    expect(drawn('latency')).toContain('and 99 of 100; 0 failed.')
    expect(drawn('conflicts')).toContain('Nothing in this time.')
    expect(text(`<main${(await get('?view=plots&span=day')).split('id="created"')[1]}`)).toMatch(/From created 08:00 2 /)
  })
})

describe('the store and the secrets', () => {
  it('are shown: what makes tickets, since when, and how each ticket begins', async () => {
    const start = Date.parse('2096-11-21T08:00:00Z')
    const { site: at, get } = shown({
      secrets: [
        { secret: NEWER_SECRET, from: start - 3 * DAY * 1000, until: start + 9 * DAY * 1000 },
        { secret: SECRET, state: 'retired' },
      ],
    })
    const ada = at.person()
    await ada.does((session) => session.set('cart', 1))
    const page = text(await get('?view=store'))
    expect(page).toContain(`${ada.ticket?.slice(0, 6)}… write makes tickets, and opens them 3 d ago in 9 d`)
    expect(page).toContain('renew opens tickets, which the next write renews not said never')
    expect(page).toMatch(/What was tried: memory .*What was ended stays ended yes/)
    expect(page).toContain('Consistency strong')
  })

  it('come from a source that is asked, and are told apart from none', async () => {
    const { get } = shown({ secrets: async () => [SECRET] })
    expect(text(await get('?view=store'))).toContain('write makes tickets')
    expect(text(await shown({ secrets: [] }).get('?view=store'))).toContain('None: a ticket is a random id without a MAC')
  })

  it('have the row of guarantees that the option names', async () => {
    const { get } = shown({ inspects: { store: 'cloudflare-kv' } })
    expect(text(await get('?view=store'))).toContain('stays ended no: a test showed otherwise')
  })
})

describe('wrong options', () => {
  it.each([
    ['redact', { redact: 'none' }],
    ['authorize', { authorize: true }],
    ['store', { store: 'oracle' }],
    ['redat', { redat: 'names' }],
  ])('are refused: %s', (name, options) =>
    expect(() => inspector(site().sessions, options as InspectorOptions)).toThrow(new RegExp(`\`${name}\``)),
  )

  it('are refused: sessions of somebody else', () => expect(() => inspector({} as never)).toThrow(/createSessions/))
})

describe('no page', () => {
  it('ever said a ticket, an id, a secret, or a value that is private', () => {
    expect(said.length).toBeGreaterThan(40)
    for (const page of said) discretion.tell(page)
    discretion.check()
  })
})
