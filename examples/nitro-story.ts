import { readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createJar, type Visitor } from '../packages/coatcheck/src/testing/index.ts'
import { root } from '../scripts/steps.ts'
import { playDevice } from './device.ts'
import { Guest } from './guest.ts'
import { type App, type AppName, open, start, temporaryFolder } from './harness.ts'

export interface Trials {
  readonly name: AppName
  /** The variable that the password is told in. */
  readonly variable: string
  /** What the page that fetches within shows: how often that was counted. */
  counted(text: string): number
}

const QUOTED = '"quoted-password-that-is-32-chars-long!!"'

/** What Nitro does to sessions, tried on the app that the story was played with. */
export function tellOfNitro({ name, variable, counted }: Trials): void {
  describe(`sessions in examples/${name}`, () => {
    const folder = temporaryFolder()
    let app: App
    beforeAll(async () => {
      app = await open(name, { COATCHECK_STORE: join(folder, 'sessions.sqlite') })
    })
    afterAll(async () => {
      await app?.stop()
      rmSync(folder, { recursive: true, force: true })
    })
    const guest = () => new Guest((path) => app.url(path))
    const cookies = (response: Response): string[] => response.headers.getSetCookie().map((line) => line.split('=')[0] ?? '')

    test('F2: what is not awaited is stored, and its cookie arrives', async () => {
      const ada = guest()
      const response = await ada.ask('/trials/late')
      expect([cookies(response), await response.text()]).toEqual([['h3'], expect.stringContaining('1')])
      expect(await (await ada.ask('/trials/late')).text()).toContain('2')
    })

    test('browsers are answered for device-bound sessions before all handlers', async () => {
      const signIn = (who: Visitor) => who.post('/login', { username: 'ada', password: 'lovelace' })
      await playDevice(app.origin, { signIn, shows: '/trials/bound' })
    })

    test('F4: a cached handler sees nobody, and gives nobody a cookie', async () => {
      const [ada, bob, stranger] = [guest(), guest(), guest()]
      await ada.see()
      await ada.send('/login', { username: 'ada', password: 'lovelace' })
      await bob.see()
      const answers: { user: string }[] = []
      for (const each of [ada, bob, stranger, ada]) {
        const response = await each.ask('/trials/cached')
        expect(cookies(response)).toEqual([])
        answers.push(await response.json())
      }
      expect(answers[0]?.user).toBe('nobody')
      expect(answers).toEqual(answers.map(() => answers[0]))
      expect(await ada.see()).toMatchObject({ user: 'ada' })
    })

    test('F4: nor when those who ask first, at once, have no session', async () => {
      const responses = await Promise.all([guest(), guest(), guest()].map((each) => each.ask('/trials/cached?first')))
      expect(responses.flatMap(cookies)).toEqual([])
      const answers = await Promise.all(responses.map((response) => response.json()))
      expect(answers).toEqual(answers.map(() => ({ user: 'nobody', made: expect.any(Number) })))
      expect(await (await guest().ask('/trials/cached?first')).json()).toEqual(answers.at(-1))
    })

    test('F14: a store that fails is answered with 500, though nobody waits for it', async () => {
      const response = await guest().ask('/trials/broken')
      expect([response.status, cookies(response)]).toEqual([500, []])
    })

    test.each([
      ['throws', '', 500],
      ['answers 503', '?status', 503],
    ])(
      'D15: of a handler that %s, what a call has stored stays, and what was only changed does not',
      async (_, query, status) => {
        const ada = guest()
        expect((await ada.ask(`/trials/failing${query}`)).status).toBe(status)
        expect(await (await ada.ask('/trials/held')).json()).toEqual({ called: true })
      },
    )

    test('F18: what a page fetches of its own site has the same session, whose cookie arrives', async () => {
      const ada = guest()
      const first = await ada.ask('/trials/outer')
      expect(cookies(first)).toEqual(['h3'])
      expect(counted(await first.text())).toBe(2)
      const again = await ada.ask('/trials/outer')
      expect(cookies(again)).toEqual([])
      expect(counted(await again.text())).toBe(4)
      expect(counted(await (await guest().ask('/trials/outer')).text())).toBe(2)
    })

    test('F20: the module takes its store and its settings into the build, and a page is made before there is a password', async () => {
      expect(await (await guest().ask('/trials/prerendered')).text()).toContain('made by the build')
    })

    test('two sessions of two names live in one request', async () => {
      const ada = guest()
      const response = await ada.ask('/trials/two')
      expect(cookies(response).sort()).toEqual(['admin', 'h3'])
      expect(await response.json()).toEqual([{ role: 'admin' }, 'guest'])
      expect(cookies(await ada.ask('/trials/two'))).toEqual([])
    })

    test.each([
      ['is missing', ''],
      ['has 5 characters only', 'short'],
    ])('a server whose password %s does not start, and names the variable', async (what, password) => {
      await expect(start(name, { [variable]: password })).rejects.toThrow(new RegExp(`exit code 1[^]*${what}[^]*${variable}`))
    })

    test('D18: in development a password is made, which is kept, told of once, and seen by nobody else', async () => {
      const kept = join(root, 'examples', name, '.coatcheck')
      rmSync(kept, { recursive: true, force: true })
      const said: string[] = []
      const ada = guest()
      for (const late of ['1', '2']) {
        const dev = await start(name, {}, 'dev')
        expect(await (await ada.at(dev.url).ask('/trials/late')).text()).toContain(late)
        said.push(...(dev.output().match(/made a password for development/g) ?? []))
        await dev.stop()
        if (name !== 'nitro') break // the others take long to start again
      }
      expect(said).toHaveLength(1)
      expect(statSync(join(kept, 'password')).mode & 0o777).toBe(0o600)
      expect(readFileSync(join(kept, '.gitignore'), 'utf8')).toBe('*\n')
    })

    test('promise 15: with a list of what ended, a copy of the cookie opens nothing after the sign-out', async () => {
      const site = await start(name, { COATCHECK_REVOCATIONS: join(folder, 'ended.sqlite') })
      const ada = guest().at(site.url)
      await ada.see()
      await ada.send('/login', { username: 'ada', password: 'lovelace' })
      const jar = createJar()
      for (const pair of ada.jar.header(site.url('/')).split('; ')) jar.set(`${pair}; Path=/`, site.url('/'))
      const thief = new Guest(site.url, undefined, jar)
      expect(await thief.see()).toMatchObject({ user: 'ada' })
      await ada.send('/logout')
      expect((await thief.see()).user).not.toBe('ada')
      await site.stop()
    })

    test('a password in quotes opens what was sealed with the one between them', async () => {
      const ada = guest()
      const without = await start(name, { [variable]: QUOTED.slice(1, -1) })
      await ada.at(without.url).send('/cart', { item: 'hat' })
      await without.stop()
      const quoted = await start(name, { [variable]: QUOTED })
      expect(await ada.at(quoted.url).see()).toMatchObject({ cart: 1 })
      await quoted.stop()
    })
  })
}
