import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createSecret, createSessions, type Session } from 'coatcheck'
import { withSession } from 'coatcheck/fetch'
import { inspector, recorder } from 'coatcheck/inspector'
import { memoryStore } from 'coatcheck/stores/memory'
import { type Visitor, visitor } from 'coatcheck/testing'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium, problemsOn } from '../chromium.ts'
import { keepForDocs } from '../pictures.ts'
import { openShop, type RunningShop, temporaryFolder, tidyUp } from './running-shop.ts'

/** Those of docs/inspector.md. */
const PICTURES: readonly string[] = [
  ...['inspector-sessions-1280-light.png', 'inspector-sessions-1280-dark.png'],
  ...['inspector-session-1280-light.png', 'inspector-plots-1280-dark.png'],
]

/** A site on which things happen: an hour of them, by a clock of its own and the same each time. */
class Busy {
  #time = Date.parse('2026-11-22T09:00:00Z')
  #drawn = 7
  #took = 0
  readonly #acts = new Map<string, (session: Session) => unknown>()
  readonly now = (): number => this.#time
  readonly secrets = [
    { secret: createSecret(), from: this.#time - 4 * 86_400_000 },
    { secret: createSecret(), until: this.#time + 26 * 86_400_000 },
  ]
  readonly sessions = createSessions({
    secrets: this.secrets,
    store: memoryStore({ now: this.now }),
    now: this.now,
    idleTimeout: 3 * 86_400,
    requestId: (headers) => headers.get('x-request-id') ?? undefined,
    telemetry: recorder({ now: this.now, elapsed: () => (this.#took += this.#draw() ** 9 * 14 + 0.08) }),
  })
  readonly inspect = inspector(this.sessions, { redact: 'names' })
  readonly #serve = withSession(this.sessions, async (request) => {
    await this.#acts.get(request.headers.get('x-act') ?? '')?.(await this.sessions.open(request))
    return new Response('ok')
  })

  visitor(): Visitor {
    return visitor(this.#serve, { now: this.now })
  }

  async does(who: Visitor, act: (session: Session) => unknown): Promise<void> {
    const id = `req-${1000 + this.#acts.size}`
    this.#acts.set(id, act)
    await who.get('/', { headers: { 'x-act': id, 'x-request-id': id } })
  }

  advance(seconds: number): void {
    this.#time += seconds * 1000
  }

  /** The same numbers each time (mulberry32), from 0 up to 1. */
  #draw(): number {
    this.#drawn = (this.#drawn + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#drawn ^ (this.#drawn >>> 15), 1 | this.#drawn)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  async hour(): Promise<void> {
    const names = ['ada', 'ben', 'cleo', 'dan', 'eve', 'finn', 'grace', 'hugo', 'ida', 'jan']
    const browsers = ['Firefox on Linux', 'Safari on iPhone', 'Chrome on Windows', 'Edge on Windows', 'Chrome on Android']
    const pick = <T>(list: readonly T[]): T => list[Math.floor(this.#draw() * list.length)] as T
    const here: Visitor[] = []
    for (let minute = 0; minute < 60; minute++) {
      const rush = 2 + Math.round(3 * (1 + Math.sin(minute / 8)) * this.#draw())
      for (let visit = 0; visit < rush; visit++) {
        const isNew = here.length < 3 || this.#draw() < 0.25
        const who = isNew ? this.visitor() : pick(here)
        if (isNew) here.push(who)
        const luck = this.#draw()
        await this.does(who, (session) => {
          if (isNew) {
            session.set('cart', { hat: 1 + Math.floor(luck * 4), umbrella: luck < 0.5 ? 1 : 0 })
            session.set('language', pick(['de', 'en', 'fr']))
            session.note({ browser: pick(browsers) })
          } else if (session.owner === undefined && luck < 0.5) {
            session.signIn(pick(names), { level: 'password' })
            session.set('apiToken', createSecret())
            session.set('seen', new Map([['hat', new Date(this.#time)]]))
            session.flash('notice', 'Welcome back')
          } else if (luck < 0.6) session.signOut()
          else session.update('views', (views) => Number(views ?? 0) + 1)
        })
        this.advance(60 / rush)
      }
      if (this.#draw() < 0.3)
        await visitor(this.#serve, { now: this.now }).get('/', {
          headers: {
            'x-act': await this.#looking(),
            cookie: `__Host-Http-session=${minute % 3 ? 'nonsense!' : 'AUn1Vk0000000000000000000000000000000000000000000000000000000'}`,
          },
        })
    }
  }

  async #looking(): Promise<string> {
    this.#acts.set('look', () => {})
    return 'look'
  }
}

const busy = new Busy()
const server = createServer((req, res) => busy.inspect.node(req, res))
let origin: string
let shop: RunningShop
let browser: Browser
beforeAll(async () => {
  await busy.hour()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  origin = `http://localhost:${(server.address() as AddressInfo).port}/any/path`
  shop = await openShop({ SHOP_FILE: join(temporaryFolder(), 'shop.sqlite') })
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  server.closeAllConnections()
  server.close()
  await tidyUp()
})

/** A window; whatever goes wrong in a page fails the test. */
async function look(options: BrowserContextOptions, story: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext({ locale: 'en-GB', ...options })
  try {
    context.setDefaultTimeout(600_000)
    const page = await context.newPage()
    const faults: string[] = []
    page.on('pageerror', (error) => faults.push(String(error)))
    page.on(
      'console',
      (message) => message.type() === 'error' && !/ERR_INCOMPLETE_CHUNKED/.test(message.text()) && faults.push(message.text()),
    )
    await story(page)
    expect(faults).toEqual([])
  } finally {
    await context.close()
  }
}

/** What depends on colours and widths. */
const LOOKS = { runOnly: ['color-contrast', 'target-size', 'scrollable-region-focusable'] }

const link = (page: Page, name: string | RegExp) => page.getByRole('link', { name, exact: typeof name === 'string' })
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' })
const heading = (page: Page) => page.getByRole('heading', { level: 1 }).innerText()

async function search(page: Page, place: string, text: string): Promise<void> {
  await page.getByLabel('Search by').selectOption(place)
  await page.getByLabel("Owner's name, handle or its beginning, or words of a note").fill(text)
  await button(page, 'Search').click()
}

describe('the inspector of the shop', () => {
  it('is a link away, and shows who is there', () =>
    look({ javaScriptEnabled: false }, async (page) => {
      await page.goto(shop.origin.replace('127.0.0.1', 'localhost'))
      await button(page, /Add to cart Felt hat/).click()
      await link(page, /Look into the sessions of this shop/).click()
      expect(await heading(page)).toBe('Sessions')
      await page.getByRole('rowheader').getByRole('link').click()
      expect(await page.getByRole('region', { name: 'Table: Values' }).innerText()).toContain('{ hat: 1 }')
    }))
})

describe('without JavaScript', () => {
  it('somebody finds an owner, looks into a session, and ends it, then all', () =>
    look({ javaScriptEnabled: false }, async (page) => {
      const dora = busy.visitor()
      await busy.does(dora, (session) => session.signIn('dora'))
      await busy.does(busy.visitor(), (session) => session.signIn('dora'))
      await busy.does(busy.visitor(), (session) => session.signIn('dora'))
      await page.goto(origin)
      await search(page, 'owner', 'dora')
      expect(await heading(page)).toBe('Sessions of dora')
      expect(page.url()).not.toContain('dora')
      await button(page, /^End session/)
        .first()
        .click()
      expect(await page.getByRole('status').innerText()).toBe('1 session ended.')
      await page.getByText('End all but one').click()
      await button(page, 'End all others').click()
      expect(await page.getByRole('status').innerText()).toBe('1 session ended.')
      await page.getByText('End all …').click()
      await button(page, 'End all sessions of dora').click()
      expect(await page.getByText('Nobody of this name is signed in here.').isVisible()).toBe(true)
      await busy.does(dora, (session) => expect(session.owner).toBeUndefined())

      await search(await goto(page, ''), 'note', 'iPhone')
      const found = await page.getByRole('row').count()
      expect(found).toBeGreaterThan(1)
      expect(await page.getByRole('cell', { name: 'Safari on iPhone' }).count()).toBe(found - 1)
      await goto(page, '?view=events')
      expect(await page.getByText('Load the page again for what is new.').isVisible()).toBe(true)
      expect(await page.getByRole('row').count()).toBe(201)
    }))

  it('needs no mouse', () =>
    look({ javaScriptEnabled: false }, async (page) => {
      await page.goto(origin)
      const focused = page.locator('*:focus')
      const tabTo = async (role: 'link' | 'button' | 'textbox' | 'combobox', name: string | RegExp) => {
        const goal = page.getByRole(role, { name }).and(focused)
        for (let steps = 0; steps < 40 && (await goal.count()) === 0; steps++) await page.keyboard.press('Tab')
        expect(await goal.count(), `${role} ${name} is reached with the tab key`).toBe(1)
      }
      await page.keyboard.press('Tab')
      expect(await focused.innerText()).toBe('Skip to the content')
      await page.keyboard.press('Enter')
      await tabTo('textbox', /Owner's name/)
      await page.keyboard.type('ada')
      await page.keyboard.press('Enter')
      await page.waitForURL(/owner=/)
      await tabTo('link', /…$/)
      await page.keyboard.press('Enter')
      await page.waitForURL(/session=/)
      expect(await heading(page)).toMatch(/^Session [0-9a-f]{10}…$/)
    }))
})

const goto = async (page: Page, query: string): Promise<Page> => {
  await page.goto(`${origin}${query}`)
  return page
}

describe('the timeline', () => {
  it('shows what happens while it is looked at, goes on after a break, and pauses', () =>
    look({}, async (page) => {
      await goto(page, '?view=events')
      const status = page.locator('#live')
      await status.filter({ hasText: 'Live.' }).waitFor()
      const rows = page.locator('#timeline tr')
      const guest = busy.visitor()
      await busy.does(guest, (session) => session.set('first', '<b>1</b>'))
      await rows.first().filter({ hasText: 'committed' }).waitFor()
      expect(await rows.first().innerText()).toContain('create')
      expect(await rows.count()).toBe(200)

      await button(page, 'Pause').click()
      await busy.does(guest, (session) => session.signIn('zoe'))
      await button(page, /Go on \(\d+ new\)/).waitFor()
      expect(await rows.first().innerText()).not.toContain('regenerate')
      await button(page, /Go on/).click()
      await rows.first().filter({ hasText: 'regenerate' }).waitFor()

      // The connection is cut, and meanwhile something happens.
      server.closeAllConnections()
      await busy.does(guest, (session) => session.signOut())
      await rows.filter({ hasText: 'signed-out' }).first().waitFor()
      expect(await rows.filter({ hasText: 'signed-out' }).first().getByRole('link').first().getAttribute('href')).toMatch(
        /^\?session=/,
      )
    }))
})

describe.each([
  [1280, 'light', true],
  [1280, 'dark', false],
  [360, 'light', false],
] as const)('on %i pixels, %s', (width, colorScheme, isWhole) => {
  it('nothing is for axe to object to, and nothing too wide', () =>
    look({ colorScheme, viewport: { width, height: 900 } }, async (page) => {
      await search(await goto(page, ''), 'owner', 'ada')
      const owner = new URL(page.url()).search
      await page.getByRole('rowheader').getByRole('link').first().click()
      const session = new URL(page.url()).search
      const pages = {
        sessions: '',
        session,
        owner,
        timeline: '?view=events&type=ended',
        plots: '?view=plots',
        store: '?view=store',
      }
      for (const [name, query] of Object.entries(pages)) {
        await goto(page, query)
        expect(await problemsOn(page, isWhole ? {} : LOOKS), name).toEqual([])
        expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), `${name} fits`).toBe(0)
        const picture = `inspector-${name}-${width}-${colorScheme}.png`
        if (PICTURES.includes(picture)) await keepForDocs(page, picture, {})
      }
    }))
})
