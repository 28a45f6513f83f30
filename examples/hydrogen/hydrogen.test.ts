import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Guest } from '../guest.ts'
import { type App, type Environment, folderOf, open, SECRET, temporaryFolder } from '../harness.ts'
import { freePort, launch } from '../processes.ts'
import { tellStory } from '../story.ts'

const COOKIE = '__session'

tellStory({ name: 'hydrogen', cookie: COOKIE, visit: '/api/visit' })
tellStory({ name: 'hydrogen', cookie: COOKIE, visit: '/api/visit', isStored: false })

describe.each([true, false])('in Hydrogen 1.7.4 (with a store: %s)', (isStored) => {
  const folder = temporaryFolder()
  let app: App
  beforeAll(async () => {
    app = await open('hydrogen', isStored ? { COATCHECK_STORE: join(folder, 'sessions.sqlite') } : {})
  })
  afterAll(async () => {
    await app?.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  const guest = () => new Guest((path) => app.url(path), '/api/visit')
  const ADA = { username: 'ada', password: 'lovelace' }
  const rsc = (pathname: string) => `/__rsc?state=${encodeURIComponent(JSON.stringify({ pathname, search: '' }))}`
  const shown = async (someone: Guest, path: string) => (await someone.ask(path)).text()
  const made = async (someone: Guest, query = '') =>
    /<output id="made">(\d+)/.exec(await shown(someone, `/trials/public${query}`))?.[1]
  const ours = (response: Response) => response.headers.getSetCookie().filter((line) => line.startsWith(`${COOKIE}=`))

  /** Hydrogen fills its cache after an answer: waits until a page that was answered later is in it. */
  let pages = 0
  const cacheIsFilled = async () => {
    const [someone, query] = [guest(), `?${++pages}`]
    let last = await made(someone, query)
    const isSame = async () => {
      const before = last
      last = await made(someone, query)
      return last === before
    }
    await expect.poll(isSame, { timeout: 600_000, interval: 50 }).toBe(true)
  }

  test('F5: a page that read the session is shown to nobody else', async () => {
    const [ada, bob] = [guest(), guest()]
    await ada.send('/login', ADA)
    for (const path of ['/trials/private?q=1', rsc('/trials/private')]) {
      const page = await ada.ask(path)
      expect(page.headers.get('cache-control')).toMatch(/private|no-store/)
      expect(await page.text()).toContain('ada')
      await cacheIsFilled()
      const other = await shown(bob, path)
      expect(other).toContain('nobody')
      expect(other).not.toContain('ada')
      expect(await shown(ada, path)).toContain('ada')
    }
  })

  test('F5: nor one that asked only whether somebody has signed in', async () => {
    const [ada, bob] = [guest(), guest()]
    expect(await shown(bob, '/trials/signed-out')).toContain('nobody')
    await ada.ask('/trials/api?how=token')
    await cacheIsFilled()
    expect(await shown(ada, '/trials/signed-out')).toContain('>ada<')
    await cacheIsFilled()
    expect(await shown(bob, '/trials/signed-out')).toContain('nobody')
  })

  test('F5: a page that did not is still made once for all', async () => {
    const [ada, bob] = [guest(), guest()]
    await ada.send('/login', ADA)
    expect((await ada.ask('/trials/public')).headers.get('cache-control')).toMatch(/public/)
    await cacheIsFilled()
    expect(await made(bob)).toBe(await made(ada))
  })

  test('F16: the cookie comes with a route that throws, a forwarded request, and beside other cookies', async () => {
    for (const [how, status] of [
      ['throw', 500],
      ['forward', 303],
      ['concatenate', 200],
      ['cookies', 200],
      ['', 200],
    ] as const) {
      const ada = guest()
      // Who has no ticket yet is answered by Hydrogen itself.
      await ada.see()
      const response = await ada.ask(`/trials/api?how=${how}`)
      await response.text()
      expect([how, response.status]).toEqual([how, status])
      expect(ours(response).length, how).toBeLessThan(2)
      if (how === 'cookies') expect(response.headers.getSetCookie()).toContain('mine=1; Path=/')
      expect((await ada.see('/')).flash, how).toBe(how === 'concatenate' ? undefined : 'kept')
    }
  })

  /** The same app once more, which nobody has asked for anything yet. */
  const fresh = async (env: Environment, act: (url: (path: string) => string, output: () => string) => Promise<void>) => {
    const port = String(await freePort())
    const running = launch('node server.js', folderOf('hydrogen'), { NODE_ENV: 'production', ...env, PORT: port })
    try {
      await expect.poll(running.output, { timeout: 600_000, interval: 20 }).toContain('listens')
      await act((path) => `http://127.0.0.1:${port}${path}`, running.output)
    } finally {
      running.kill()
      await running.ended
    }
  }
  const environment = {
    SESSION_SECRET: SECRET,
    ...(isStored && { COATCHECK_STORE: join(folder, 'sessions.sqlite') }),
  }

  test('D17: the very first request after the start is answered as every other', async () => {
    const ada = guest()
    await ada.see()
    await fresh(environment, async (url) => {
      const response = await ada.at(url).ask('/trials/api?how=throw')
      expect([response.status, ours(response).length]).toEqual([500, isStored ? 0 : 1])
      expect([response.headers.get('cache-control'), response.headers.get('vary')]).toEqual([
        expect.stringMatching(/private|no-store/),
        expect.stringMatching(/Cookie/i),
      ])
    })
    expect((await ada.see('/')).flash, 'what the route had set').toBe('kept')
    await fresh(environment, async (url) => {
      const { headers } = await ada.at(url).ask('/trials/private')
      expect([headers.get('cache-control'), headers.get('vary')]).toEqual([
        expect.stringMatching(/private|no-store/),
        expect.stringMatching(/Cookie/i),
      ])
    })
  })

  if (!isStored) {
    test('D17: without a secret in production what asks for the session is answered with 500, and the process lives', async () => {
      await fresh({ SESSION_SECRET: 'none' }, async (url, output) => {
        for (const path of ['/trials/api', '/trials/take', '/trials/private', '/trials/api']) {
          expect((await guest().at(url).ask(path)).status, path).toBe(500)
        }
        expect((await guest().at(url).ask('/trials/public')).status).toBe(200)
        expect(output()).toContain('COATCHECK_SECRET')
      })
    })
  }

  test('answers 404, and no cookie, where there is no page', async () => {
    const response = await guest().ask('/nothing')
    expect([response.status, ours(response)]).toEqual([404, []])
  })

  test('F16: a form that Hydrogen’s scripts send sees what its route has set', async () => {
    const ada = guest()
    await ada.see()
    const url = app.url('/trials/api?how=forward')
    const response = await fetch(url, { headers: { 'hydrogen-client': 'Form-Action', cookie: ada.jar.header(url) } })
    expect(await response.text()).toContain('kept')
    for (const line of response.headers.getSetCookie()) ada.jar.set(line, url)
    expect(ours(response).length).toBeLessThan(2)
    expect((await ada.see('/')).flash).toBeUndefined()
  })

  test('Y7: a message that a route reads with getFlash comes once', async () => {
    const ada = guest()
    await ada.ask('/trials/api')
    expect(await shown(ada, '/trials/take')).toContain('kept')
    expect(await shown(ada, '/trials/take')).toContain('none')
  })

  test('F22: a message that is read while the page streams comes once where that can be stored, and else stays', async () => {
    const ada = guest()
    await ada.ask('/trials/api')
    const page = await shown(ada, '/trials/late')
    expect(page).toContain(isStored ? 'id="flash">kept<' : 'The response headers have left')
    expect(await shown(ada, '/trials/take')).toContain(isStored ? 'none' : 'kept')
  })
})
