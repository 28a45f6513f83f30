import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContext, Frame } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Tab } from '../browse.ts'
import { launchChromium, problemsOn } from '../chromium.ts'
import { ADA, Guest } from '../guest.ts'
import type { App } from '../harness.ts'
import { keepForDocs } from '../pictures.ts'
import { COOKIE, openSite, type Place, places } from './site.ts'

const all = Object.keys(places) as Place[]

let site: App
let browser: Browser
beforeAll(async () => {
  site = await openSite()
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await site?.stop()
})

test('the page has the colours of the shop', async () => {
  const colours = readFileSync(join(import.meta.dirname, '../shop/public/colours.css'), 'utf8')
  expect(await (await fetch(site.url('/look.css'))).text()).toContain(colours)
})

const at = (place: Place) => (path: string) => site.url(`${places[place]}${path}`)
const other = (place: Place, steps: number): Place => all[(all.indexOf(place) + steps) % all.length] as Place

/** Hydrogen's pages may only read: there, something else counts the visit. */
const counting: Partial<Record<Place, string>> = { hydrogen: '/api/visit' }

/** One person with one browser, who may be at any of the five. */
function person(): (place: Place) => Guest {
  const first = new Guest(at('h3'))
  return (place) => first.at(at(place), counting[place])
}

describe('five frameworks at one origin, with one secret, one cookie and one store', () => {
  test('are one site: sign in at h3, fill the cart at Remix, see it at Astro, sign out at Nitro, signed out in all', async () => {
    const ada = person()
    await ada('h3').see()
    expect(await ada('h3').send('/login', ADA)).toMatchObject({ user: 'ada', cart: 0 })
    expect(await ada('remix').send('/cart', { item: 'hat' })).toMatchObject({ user: 'ada', cart: 1 })
    expect(await ada('astro').see()).toMatchObject({ user: 'ada', cart: 1 })
    expect(await ada('hydrogen').see()).toMatchObject({ user: 'ada', cart: 1 })
    expect(await ada('nitro').send('/logout')).toMatchObject({ user: 'guest', cart: 0 })
    for (const place of all) expect(await ada(place).see(), place).toMatchObject({ user: 'guest', cart: 0 })
  })

  test.each(all)('a session that began at %s goes on in all the others, and ends in all', async (place) => {
    const ada = person()
    await ada(place).see()
    await ada(place).send('/cart', { item: 'hat' })
    await ada(other(place, 1)).send('/cart', { item: 'coat' })
    await ada(other(place, 2)).send('/language', { language: 'de' })
    const asGuest = ada(place).copy()
    await ada(place).send('/login', ADA)
    for (const each of all) expect(await ada(each).see(), each).toMatchObject({ user: 'ada', cart: 2, language: 'de' })
    expect(ada(place).jar.all(), 'one cookie for all').toMatchObject([{ name: COOKIE, httpOnly: true, path: '/' }])

    const signedIn = ada(place).copy()
    await ada(other(place, 3)).send('/logout')
    for (const each of all) {
      expect((await asGuest.copy().at(at(each)).see()).user, `the ticket from before the sign-in, at ${each}`).toBe('guest')
      expect((await signedIn.copy().at(at(each)).see()).user, `the ticket from before the sign-out, at ${each}`).toBe('guest')
    }
  })

  test('what is changed at two of them at once is kept', async () => {
    for (const place of all) {
      const ada = person()
      await ada(place).see()
      await ada(place).send('/cart', { item: 'first' })
      const [here, there] = [ada(place).copy(), ada(other(place, 1)).copy()]
      await Promise.all([here.ask('/cart', { item: 'hat' }), there.ask('/language', { language: 'fr' })])
      for (const each of all)
        expect(await ada(each).see(), `${place}, seen at ${each}`).toMatchObject({ cart: 2, language: 'fr' })
    }
  })

  test('show one session to a person with Chromium', async () => {
    const context: BrowserContext = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 800 } })
    context.setDefaultTimeout(120_000)
    const tab = new Tab(await context.newPage(), (path) => site.url(path))
    const visit = async (place: Place, path = '/') => tab.go(`${places[place]}${path}`)

    await visit('h3', '/login')
    await tab.send('/h3/login', ADA)
    await tab.shows({ user: 'ada', flash: 'Welcome, ada' })
    await visit('remix')
    await tab.send('/remix/cart', { item: 'hat' })
    await tab.shows({ user: 'ada', cart: 1 })
    await visit('astro')
    await tab.shows({ user: 'ada', cart: 1 })
    await tab.send('/astro/language', { language: 'de' })
    await tab.shows({ language: 'de' })
    await visit('hydrogen')
    await tab.send('/hydrogen/cart', { item: 'coat' })
    await tab.shows({ user: 'ada', cart: 2, language: 'de' })

    await visit('nitro')
    await tab.send('/nitro/logout')
    for (const place of all) {
      await visit(place)
      await tab.shows({ user: 'guest', cart: 0 })
    }
    expect(tab.faults).toEqual([])
    await context.close()
  })

  test('are seen on one page, whose strip says which frame did what', async () => {
    const context = await browser.newContext({ locale: 'en-GB', colorScheme: 'light', viewport: { width: 1280, height: 900 } })
    context.setDefaultTimeout(120_000)
    const { page, faults } = new Tab(await context.newPage(), (path) => site.url(path))
    const inside = (title: string) => page.frameLocator(`iframe[title="${title}"]`)
    const lines = page.getByRole('log').getByRole('listitem')
    /** What the newest line says, when all five show what it is about. */
    const said = async (count: number) => {
      await lines
        .nth(count - 1)
        .getByText('✓ all five show it')
        .waitFor()
      return (await lines.allInnerTexts()).map((text) => text.split('\n')[0]).at(-1)
    }
    const facts = () =>
      page
        .locator('.strip dl')
        .innerText()
        .then((text) => text.split(/\s+/))

    await page.goto(site.url('/'))
    await page.getByText('Nothing yet.').waitFor()
    await expect.poll(facts).toEqual(['Visitor', 'guest', 'Cart', '0', 'Language', 'en'])
    await inside('h3').getByRole('link', { name: 'Sign in' }).click()
    await inside('h3').getByLabel('Name').fill('ada')
    await inside('h3').getByLabel('Password').fill('lovelace')
    await inside('h3').getByRole('button').click()
    expect(await said(1)).toBe('h3 signed ada in')
    await inside('Remix').getByRole('button', { name: 'Add to cart' }).click()
    expect(await said(2)).toBe('Remix added to the cart, now 1')
    await inside('Astro').getByRole('combobox').selectOption('de')
    await inside('Astro').getByRole('button', { name: 'Choose' }).click()
    expect(await said(3)).toBe('Astro chose the language de')
    await inside('Hydrogen').getByRole('button', { name: 'Put into the cart' }).click()
    expect(await said(4)).toBe('Hydrogen added to the cart, now 2')
    expect(await facts()).toEqual(['Visitor', 'ada', 'Cart', '2', 'Language', 'de'])
    for (const place of all) {
      const frame = page.frameLocator(`iframe[data-src="${places[place]}/"]`)
      const shown = ['user', 'cart', 'language'].map((id) => frame.locator(`#${id}`).innerText())
      expect(await Promise.all(shown), place).toEqual(['ada', '2', 'de'])
    }

    await page.mouse.move(0, 0)
    for (const [width, colorScheme] of [
      [1280, 'light'],
      [1280, 'dark'],
      [390, 'dark'],
      [390, 'light'],
    ] as const) {
      await page.setViewportSize({ width, height: 900 })
      await page.emulateMedia({ colorScheme })
      const what = `${width} pixels, ${colorScheme}`
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), what).toBe(0)
      // Each frame is a document of its own, with landmarks of its own.
      for (const document of page.frames()) expect(await problemsIn(document), `${what}: ${document.url()}`).toEqual([])
      if (width === 1280) await keepForDocs(page, `one-site-1280-${colorScheme}.png`, { fullPage: true })
    }
    const [strip, frames] = await Promise.all(['.strip', '.frames'].map((each) => page.locator(each).boundingBox()))
    expect((strip?.y ?? 0) + (strip?.height ?? 0), 'the strip is above the frames').toBeLessThan(frames?.y ?? 0)

    await inside('Nitro').getByRole('button', { name: 'Sign out' }).click()
    expect(await said(5)).toBe('Nitro signed ada out')
    const elsewhere = new Tab(await context.newPage(), (path) => site.url(path))
    await elsewhere.go('/h3/')
    await elsewhere.send('/h3/cart', { item: 'hat' })
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
    await lines.filter({ hasText: 'Another window' }).getByText('✓ all five show it').waitFor()
    expect((await lines.allInnerTexts()).map((text) => text.split('\n')[0])).toEqual([
      'Remix added to the cart, now 1',
      'Astro chose the language de',
      'Hydrogen added to the cart, now 2',
      'Nitro signed ada out',
      'Another window added to the cart, now 1',
    ])
    expect([...faults, ...elsewhere.faults]).toEqual([])
    await context.close()
  })
})

/** What axe objects to in one document. */
const problemsIn = (frame: Frame): Promise<readonly string[]> =>
  problemsOn(frame, { iframes: false, rules: { 'frame-tested': { enabled: false } } })
