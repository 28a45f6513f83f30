import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type AppUnderAttack, matchers, steal, visitor } from 'coatcheck/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { folderOf, install } from '../harness.ts'

// The same objects that Vitest takes, given to the `expect` of Jest and to that of Playwright.

type Expect = ((value: unknown) => Record<string, (...given: unknown[]) => unknown>) & { extend(given: object): unknown }

const GOOD = { headers: { 'set-cookie': ['id=1; Path=/; HttpOnly; Secure; SameSite=Lax'], 'cache-control': 'private' } }
const BAD = { headers: { 'set-cookie': ['id=1; Path=/; Secure; SameSite=Lax'] } }
const APP: AppUnderAttack = {
  serve: (request) => {
    const isSignIn = new URL(request.url).pathname === '/login'
    return new Response(request.headers.get('cookie') ? 'ada' : '', isSignIn ? { headers: { 'set-cookie': 'id=ada' } } : {})
  },
  signIn: (browser) => browser.post('/login'),
  who: async (browser) => (await browser.get('/')).text(),
}

beforeAll(() => install('recipes'))

describe.each([
  ['Jest', 'expect'],
  ['Playwright', '@playwright/test'],
])('the expect of %s', (_, name) => {
  let theirs: Expect
  beforeAll(() => {
    theirs = createRequire(join(folderOf('recipes'), 'package.json'))(name).expect
    theirs = (theirs.extend(matchers) as Expect | undefined) ?? theirs
  })

  test('passes what is as it should be', async () => {
    theirs(GOOD).toSetCookie?.('id')
    theirs(GOOD).toBeUncacheable?.()
    await theirs(visitor(() => new Response())).toBeSignedIn?.(() => 'ada', 'ada')
  })

  test('fails with our words for what is not', async () => {
    expect(() => theirs(BAD).toSetCookie?.('id')).toThrow('HttpOnly is false instead of true')
    expect(() => theirs(BAD).toBeUncacheable?.()).toThrow('Cache-Control is missing')
    const guest = visitor(() => new Response())
    await expect(theirs(guest).toBeSignedIn?.(() => undefined)).rejects.toThrow('signed in as nobody')
    const report = await steal(APP)
    expect(() => theirs(report).toHaveWithstood?.()).toThrow('a script on the page reads the cookies: broken')
  })
})
