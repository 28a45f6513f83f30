import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { createJar, type Serve, type Visitor, visitor } from '../../packages/coatcheck/src/testing/index.ts'
import { recipe } from './recipe.ts'

// docs/recipes/subdomains.md, pasted block by block; one browser goes to both hosts.

const { folder, check } = recipe('subdomains')
let accounts: Serve
let shop: Serve

beforeAll(async () => {
  process.env.SESSIONS = join(folder, 'sessions.sqlite')
  const load = (file: string) => import(/* @vite-ignore */ pathToFileURL(join(folder, file)).href)
  const [made, other] = [await load('accounts.ts'), await load('shop.ts')]
  accounts = (request) => made.accounts.fetch(request)
  shop = (request) => other.shop(request)
})

interface Browser {
  readonly atAccounts: Visitor
  readonly atShop: Visitor
}
function browser(): Browser {
  const jar = createJar()
  const at = (serve: Serve, host: string) => visitor(serve, { origin: `https://${host}.example.com`, jar, follow: false })
  return { atAccounts: at(accounts, 'accounts'), atShop: at(shop, 'shop') }
}
const seen = async ({ atShop }: Browser): Promise<string> => (await atShop.get('/')).text()

test('its code compiles', () => expect(check()).toBe(''))

test('who signs in at one host is known at the other, with the cart of the guest', async () => {
  const ada = browser()
  await ada.atShop.post('/')
  expect(await seen(ada)).toBe('stranger: 1 hats')
  await ada.atAccounts.post('/login', { name: 'ada' })
  expect(await seen(ada)).toBe('ada: 1 hats')
  expect([ada.atAccounts.refused, ada.atShop.refused]).toEqual([[], []])
})

test('writes of both at once are all kept, and a sign-out at one holds at the other', async () => {
  const ada = browser()
  await ada.atAccounts.post('/login', { name: 'ada' })
  await ada.atShop.parallel(16, () => ada.atShop.post('/'))
  expect(await seen(ada)).toBe('ada: 16 hats')
  const copy = ada.atShop.steal()
  // A form on a page of the shop.
  const out = await ada.atAccounts.post(
    '/logout',
    {},
    { headers: { origin: 'https://shop.example.com', 'sec-fetch-site': 'same-site' } },
  )
  expect(out.status).toBe(303)
  expect(await seen(ada)).toBe('stranger: 0 hats')
  expect(await (await copy.get('/')).text()).toBe('stranger: 0 hats')
})

test('a host that was not named sends no forms', async () => {
  const ada = browser()
  const headers = { origin: 'https://blog.example.com', 'sec-fetch-site': 'same-site' }
  expect((await ada.atShop.post('/', {}, { headers })).status).toBe(403)
  expect((await ada.atAccounts.post('/login', { name: 'eve' }, { headers })).status).toBe(403)
})

test('a sign-in leads to our hosts only', async () => {
  const ada = browser()
  const led = async (back: string) =>
    (await ada.atAccounts.post(`/login?back=${encodeURIComponent(back)}`, { name: 'ada' })).headers.get('location')
  expect(await led('https://shop.example.com/cart')).toBe('https://shop.example.com/cart')
  for (const back of [
    'https://evil.example',
    '//evil.example',
    'https://notexample.com',
    'http://shop.example.com',
    'javascript:1',
    '',
  ])
    expect(await led(back)).toBe('https://shop.example.com/')
})
