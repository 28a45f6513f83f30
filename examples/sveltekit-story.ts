import { globSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADA, Guest } from './guest.ts'
import { type App, folderOf, open, temporaryFolder, tool } from './harness.ts'

type Name = 'sveltekit' | 'sveltekit-2'

const COOKIE = 'shop'
const cookies = (response: Response): string[] => response.headers.getSetCookie().map((line) => line.split('=')[0] ?? '')
const shown = (html: string, id: string): string | undefined =>
  new RegExp(`<p id="${id}">(?:<!--.*?-->)*([^<]*)`).exec(html)?.[1]?.trim()

/** What SvelteKit does to sessions, tried on the app that the story was played with. */
export function tellOfSvelteKit(name: Name): void {
  test('event.locals.session has the types of the sessions, in one line', () => tool(name, 'tsc -p src'))

  describe.each([true, false])(`sessions in examples/${name} (with a store: %s)`, (isStored) => {
    const folder = temporaryFolder()
    let app: App
    beforeAll(async () => {
      app = await open(name, isStored ? { COATCHECK_STORE: join(folder, 'sessions.sqlite') } : {})
    })
    afterAll(async () => {
      await app?.stop()
      rmSync(folder, { recursive: true, force: true })
    })

    const guest = () => new Guest((path) => app.url(path))
    /** Somebody who has a session. */
    const known = async () => {
      const ada = guest()
      await ada.see()
      return ada
    }
    const holds = async (who: Guest): Promise<Record<string, unknown>> => (await who.ask('/trials/session')).json()
    /** An enhanced form, or a remote function, as the scripts of a page send it. */
    const script = (more: Record<string, string> = {}) => ({
      origin: app.origin,
      'sec-fetch-site': 'same-origin',
      accept: 'application/json',
      ...more,
    })
    const enhanced = (who: Guest, action: string) =>
      who.ask(`/trials/actions?/${action}`, {}, script({ 'x-sveltekit-action': 'true' }))
    /** By its name, under the address that the build has for it. */
    const remote = async (who: Guest, call: string, isQuery = false): Promise<{ type: string; data?: string }> => {
      const url = app.url(`/_app/remote/${remoteFile(name)}/${call}`)
      const headers = { ...script(), 'x-sveltekit-pathname': '/trials/remote', 'x-sveltekit-search': '' }
      const body = isQuery ? {} : { method: 'POST', body: JSON.stringify({ payload: '', refreshes: [] }) }
      const response = await fetch(url, { ...body, headers: { ...headers, cookie: who.jar.header(url) } })
      expect(response.status).toBe(200)
      for (const line of response.headers.getSetCookie()) who.jar.set(line, url)
      return response.json()
    }
    const gate = (gateName: string, more = '') => guest().ask(`/trials/gate?name=${gateName}${more}`, {})

    test('F43: a page that is prerendered gets no session, but is told what to do', async () => {
      for (const who of [guest(), await known()]) {
        const response = await who.ask('/trials/refused')
        expect(shown(await response.text(), 'said')).toMatch(
          /^SessionError: A page that is made once .* `export const prerender = false` in this page, or /,
        )
        expect(cookies(response)).toEqual([])
      }
    })

    test('a page that reads no session stays as it was: prerendered, or for shared caches', async () => {
      const ada = await known()
      const pages = []
      for (const who of [guest(), ada]) {
        const { headers } = await who.ask('/about')
        pages.push([headers.get('cache-control'), headers.get('etag'), headers.get('vary'), headers.getSetCookie()])
        const other = await who.ask('/trials/public')
        expect([other.headers.get('cache-control'), other.headers.get('vary'), cookies(other)]).toEqual([
          'public, max-age=60',
          null,
          [],
        ])
      }
      expect(pages[0]).toEqual(pages[1])
    })

    test('F45: the cookie leaves beside those of the application and of an endpoint’s own answer', async () => {
      const response = await guest().ask('/trials/count', {})
      expect(cookies(response)).toEqual(['third', COOKIE])
    })

    test('a page that did not change is answered 304, and still is for nobody else', async () => {
      const ada = await known()
      const { headers } = await ada.ask('/login')
      const again = await ada.ask('/login', undefined, { 'if-none-match': headers.get('etag') ?? '' })
      expect([again.status, again.headers.get('cache-control')]).toEqual([304, headers.get('cache-control')])
      expect(headers.get('cache-control')).toMatch(/^private/)
    })

    test('two loads of one page change one session, and one cookie leaves', async () => {
      for (const path of ['/trials/parallel', '/trials/parallel/__data.json']) {
        const ada = guest()
        const response = await ada.ask(path)
        await response.arrayBuffer()
        expect(cookies(response)).toEqual([COOKIE])
        expect(await holds(ada)).toEqual({ user: null, 'trial layout': true, 'trial page': true })
      }
    })

    describe('F44: what fails with status 200', () => {
      test.each([
        ['nobody expected it', '', 500, {}],
        ['error(503)', '&status=503', 503, {}],
        ['error(403), which is an answer', '&status=403', 403, { 'trial page': true, 'trial data': true }],
      ])('changes nothing: %s', async (_, how, status, kept) => {
        const ada = await known()
        const page = await ada.ask(`/trials/error?name=page${how}`)
        const data = await ada.ask(`/trials/error/__data.json?name=data${how}`)
        expect([page.status, data.status, await data.text()]).toEqual([status, 200, expect.stringContaining('"type":"error"')])
        expect(await holds(ada)).toEqual({ user: null, visits: 1, ...kept })
      })

      test('form actions: an answer is stored, a failure is not, with a script and without', async () => {
        const ada = await known()
        const plain: number[] = []
        for (const action of ['good', 'wrong', 'away', 'down', 'broken', 'refused'])
          plain.push((await ada.ask(`/trials/actions?/${action}`, {})).status)
        expect(plain).toEqual([200, 422, 303, 503, 500, 503])
        const stored = { user: null, visits: 1, 'trial good': true, 'trial wrong': true, 'trial away': true }
        expect(await holds(ada)).toEqual(stored)
        expect(shown(await (await ada.ask('/trials/actions')).text(), 'flash')).toBe('There you are')

        const bob = await known()
        const types: string[] = []
        for (const action of ['good', 'wrong', 'away', 'down', 'broken', 'refused'])
          types.push((await (await enhanced(bob, action)).json()).type)
        expect(types).toEqual(['success', 'failure', 'redirect', 'failure', 'error', 'error'])
        expect(await holds(bob)).toEqual(stored)
      })

      test('remote functions', async () => {
        const ada = await known()
        for (const call of ['broken', 'refused', 'forbidden']) expect(await remote(ada, call)).toMatchObject({ type: 'error' })
        expect(await holds(ada)).toEqual({ user: null, visits: 1, 'trial forbidden': true })
      })

      test('but not a command that succeeds, when a query fails that it has made anew', async () => {
        const ada = await known()
        const { type, data } = await remote(ada, 'beside')
        expect([type, data]).toEqual(['result', expect.stringContaining('the query fails')])
        expect(await holds(ada)).toMatchObject({ 'trial beside': true })
      })
    })

    test('remote functions open the session of their visitor, and a query may begin one', async () => {
      const ada = guest()
      expect((await remote(ada, 'begin', true)).type).toBe('result')
      expect(ada.ticket(COOKIE)).toBeDefined()
      for (const _ of [1, 2]) await remote(ada, 'bump')
      expect(await holds(ada)).toEqual({ user: null, 'trial query': true, 'trial n': 2 })
      expect(shown(await (await ada.ask('/trials/remote')).text(), 'who')).toContain('"n":2')
    })

    describe('F46: what a page fetches of its own site', () => {
      test.each(['', '&whole'])('shares the session of a new visitor, and keeps the page out of shared caches%s', async (how) => {
        const ada = guest()
        const response = await ada.ask(`/trials/inner?opens&times=3${how}`)
        expect([shown(await response.text(), 'inner'), cookies(response)]).toEqual(['1,2,3', ['third', COOKIE]])
        expect(response.headers.get('cache-control')).toBe('no-store')
        expect(await holds(ada)).toEqual({ user: null, 'trial page': true, 'trial n': 3 })
      })

      test('is told of the page as well, when only it asks for the session', async () => {
        const ada = guest()
        const first = await ada.ask('/trials/inner')
        expect([cookies(first), first.headers.get('cache-control')]).toEqual([['third', COOKIE], 'no-store'])
        const second = await ada.ask('/trials/inner')
        expect(second.headers.get('cache-control')).toMatch(isStored ? /^private/ : /^no-store/)
        expect(await holds(ada)).toEqual({ user: null, 'trial n': 2 })
      })

      test('is nobody’s without the cookies of the page', async () => {
        const ada = await known()
        const response = await ada.ask('/trials/inner?omit')
        expect(shown(await response.text(), 'inner')).toBe('1')
        expect(response.headers.get('cache-control')).toBe('no-store')
      })

      test('has the session of the cookie that the page gives it', async () => {
        const [ada, bob] = [await known(), await known()]
        await ada.ask('/trials/count', {})
        const cookie = encodeURIComponent(`${COOKIE}=${ada.ticket(COOKIE)}`)
        const response = await guest().ask(`/trials/inner?opens&cookie=${cookie}`)
        expect([shown(await response.text(), 'inner'), response.headers.get('cache-control')]).toEqual(['2', 'no-store'])
        expect(await holds(bob)).toEqual({ user: null, visits: 1 })
      })

      test('belongs to its own visitor, when it runs in the context of another', async () => {
        const [ada, bob] = [guest(), guest()]
        const [one, two] = await Promise.all([ada.ask('/trials/visitor?name=ada'), bob.ask('/trials/visitor?name=bob')])
        expect([await one.json(), await two.json()]).toEqual([{ name: 'ada' }, { name: 'bob' }])
        expect([await holds(ada), await holds(bob)]).toEqual([
          { user: null, 'trial name': 'ada' },
          { user: null, 'trial name': 'bob' },
        ])
      })

      test('nobody joins the session of another by a header', async () => {
        const response = await guest().ask('/trials/count', {}, script({ 'x-coatcheck-within': 'x' }))
        expect((await response.json()).n).toBe(1)
      })

      test('counts with the page: one that answers after an inner failure has changed what it says', async () => {
        const ada = guest()
        await ada.ask('/trials/inner?opens&status=500')
        expect(await holds(ada)).toEqual({ user: null, 'trial page': true, 'trial n': 1 })
      })
    })

    describe('F47: a promise that is streamed', () => {
      test.each(['', '/__data.json'])('changes a session that the visitor has, and begins none (page%s)', async (suffix) => {
        const [ada, eve] = [await known(), guest()]
        for (const [who, outcome] of [
          [ada, isStored ? 'taken' : 'TOO_LATE'],
          [eve, 'TOO_LATE'],
        ] as const) {
          const name = `stream${suffix.length}${outcome}${who === ada}`
          const response = await who.ask(`/trials/stream${suffix}?gate=${name}`)
          const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
          let text = (await reader?.read())?.value ?? ''
          expect(text).not.toContain(outcome)
          await gate(name)
          for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) text += part.value
          expect(text).toContain(outcome)
        }
        expect(await holds(ada)).toEqual({ user: null, visits: 1, ...(isStored && { 'trial late': true }) })
        expect(eve.jar.all()).toEqual([])
      })

      test('the data that a link preloads takes a flash value, as the page says', async () => {
        const ada = await known()
        await ada.ask('/trials/actions?/away', {})
        expect(await (await ada.ask('/trials/actions/__data.json')).text()).toContain('There you are')
        expect(shown(await (await ada.ask('/trials/actions')).text(), 'flash')).toBe('')
      })
    })

    describe('in sequence() with other handles', () => {
      test.each(['thrown', 'returned', 'afterwards'])('a redirect of a handle keeps flash and cookie (%s)', async (how) => {
        for (const suffix of ['', '/__data.json']) {
          const ada = guest()
          const response = await ada.ask(`/trials/members/${how}${suffix}`)
          const to = suffix === '' ? response.headers.get('location') : (await response.json()).location
          expect([response.status, to]).toEqual([suffix === '' ? 303 : 200, '/login'])
          // Kit itself leaves those of the application out, where a handle returns a response of its own.
          expect(cookies(response)).toEqual(how === 'returned' ? [COOKIE] : ['beside', COOKIE])
          expect((await ada.see('/login')).flash).toBe('Please sign in')
        }
      })

      test('such a redirect gives the cookie as the site’s other answers do', async () => {
        const line = async (path: string) =>
          (await guest().ask(path)).headers
            .getSetCookie()
            .find((each) => each.startsWith(COOKIE))
            ?.split('; ')
            .slice(1)
        expect((await line('/trials/members/thrown'))?.toSorted()).toEqual((await line('/'))?.toSorted())
      })

      test('the guard of coatcheck/csrf refuses what Kit lets through', async () => {
        const ada = await known()
        const forged = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example', 'content-type': 'application/json' }
        const url = app.url('/trials/count')
        const headers = { ...forged, cookie: ada.jar.header(url) }
        expect((await fetch(url, { method: 'POST', headers, body: '{}' })).status).toBe(403)
        expect(await holds(ada)).toEqual({ user: null, visits: 1 })
      })
    })

    test('a member signs in, and goes on as one', async () => {
      const ada = await known()
      await ada.send('/login', ADA)
      expect((await ada.ask('/trials/members/thrown')).status).toBe(200)
    })

    if (!isStored) return

    test('32 requests that count at once are all counted', async () => {
      const ada = await known()
      await Promise.all(Array.from({ length: 32 }, () => ada.copy().ask('/trials/count', {})))
      expect(await holds(ada)).toMatchObject({ 'trial n': 32 })
    })

    test('a request under way does not sign in again who signs out meanwhile', async () => {
      const ada = await known()
      await ada.send('/login', ADA)
      const tab = ada.copy()
      const slow = tab.ask('/trials/slow?gate=out', {})
      await gate('out', '&arrival')
      await ada.ask('/logout', {})
      await gate('out')
      const response = await slow
      expect([await response.json(), cookies(response)]).toEqual([{ before: 'ada' }, []])
      for (const who of [ada, tab]) expect(await holds(who)).toEqual({ user: null })
    })
  })
}

/** The part of the address of remote functions that the build makes of their file. */
function remoteFile(name: Name): string {
  const built = join(folderOf(name), 'build/client/_app/immutable')
  for (const file of globSync('**/*.js', { cwd: built })) {
    const found = /["'`]([\w-]+)\/bump["'`]/.exec(readFileSync(join(built, file), 'utf8'))?.[1]
    if (found) return found
  }
  throw new Error(`No script of examples/${name} calls the remote function bump.`)
}
