import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../../scripts/steps.ts'
import { launchChromium, Tab } from '../browse.ts'
import { ADA, Guest } from '../guest.ts'
import type { App } from '../harness.ts'
import { COOKIE, openSite, type Place, places } from './site.ts'

const all = Object.keys(places) as Place[]

let site: App
let browser: Browser
beforeAll(async () => {
  site = await openSite()
  browser = await launchChromium()
}, 600_000)
afterAll(async () => {
  await browser?.close()
  await site?.stop()
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
    context.setDefaultTimeout(15_000)
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

    // The page that shows all five at once.
    await tab.page.goto(site.url('/'))
    for (const place of all) await frame(tab, place, { user: 'ada', cart: '2', language: 'de' })
    const picture = process.env.COATCHECK_PICTURES
    if (picture) {
      mkdirSync(join(root, 'docs/images'), { recursive: true })
      await tab.page.screenshot({ path: join(root, 'docs/images/one-site.png'), fullPage: true })
    }
    await tab.page.frameLocator('iframe[title="h3"]').getByRole('button', { name: 'Add to cart' }).click()
    for (const place of all) await frame(tab, place, { user: 'ada', cart: '3' })

    await visit('nitro')
    await tab.send('/nitro/logout')
    for (const place of all) {
      await visit(place)
      await tab.shows({ user: 'guest', cart: 0 })
    }
    expect(tab.faults).toEqual([])
    await context.close()
  })
})

/** Waits until the frame of an app shows this. */
async function frame(tab: Tab, place: Place, expected: Readonly<Record<string, string>>): Promise<void> {
  const inside = tab.page.frameLocator(`iframe[data-src="${places[place]}/"]`)
  const look = async () => {
    const shown = Object.keys(expected).map(async (id) => [id, (await inside.locator(`#${id}`).innerText()).trim()] as const)
    return Object.fromEntries(await Promise.all(shown))
  }
  await expect.poll(look, { timeout: 15_000, interval: 100, message: place }).toEqual(expected)
}
