import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADA, Guest } from '../guest.ts'
import { type App, open, tool } from '../harness.ts'

test('D16: the skeleton compiles with AppSession of coatcheck, and with a class that extends it', async () => {
  await tool('hydrogen-2026', 'npm run typecheck')
})

// First on Hydrogen's skeleton itself, then on ours.
describe.each(['skeleton', 'coatcheck', 'stored'] as const)('a shop on Hydrogen 2026, with its session: %s', (session) => {
  let app: App
  beforeAll(async () => {
    app = await open('hydrogen-2026', { APP_SESSION: session })
  })
  afterAll(() => app?.stop())
  const guest = () => new Guest((path) => app.url(path))
  const account = async (someone: Guest) => (await someone.ask('/account')).status
  const leave = (someone: Guest) => someone.ask('/logout', {})
  const keeps = async (someone: Guest): Promise<string[]> => (await someone.ask('/keep')).json()

  test('whoever only looks gets no cookie', async () => {
    const ada = guest()
    expect(await ada.see()).toMatchObject({ visits: 0, user: undefined, flash: undefined })
    expect([await account(ada), ada.jar.all()]).toEqual([401, []])
  })

  test('visits are counted for each visitor', async () => {
    const [ada, bob] = [guest(), guest()]
    for (let visit = 1; visit <= 3; visit++) {
      await ada.ask('/visit')
      expect((await ada.see()).visits).toBe(visit)
    }
    expect((await bob.see()).visits).toBe(0)
    expect(ada.jar.all()).toMatchObject([{ name: 'session', path: '/', httpOnly: true, sameSite: 'lax' }])
  })

  test('a visitor signs in, is greeted once, and signs out by Hydrogen’s own customerAccount.logout()', async () => {
    const ada = guest()
    await ada.ask('/visit')
    expect((await ada.ask('/login', { ...ADA, password: 'guess' })).status).toBe(403)
    expect(await account(ada)).toBe(401)
    expect(await ada.send('/login', ADA)).toMatchObject({ visits: 1, user: 'ada', flash: 'Welcome, ada' })
    expect(await ada.see()).toMatchObject({ user: 'ada', flash: undefined })
    expect(await account(ada)).toBe(200)
    const left = await leave(ada)
    expect([left.status, left.headers.getSetCookie().length]).toEqual([302, 1])
    expect(ada.jar.all()).toEqual([])
    expect([await account(ada), (await ada.see()).user]).toEqual([401, undefined])
  })

  test('a visitor who was never here can sign out too', async () => {
    const bob = guest()
    expect((await leave(bob)).status).toBe(302)
    expect(bob.jar.all()).toEqual([])
  })

  test('a cookie that is nonsense, or changed, is nobody’s', async () => {
    const ada = guest()
    await ada.send('/login', ADA)
    const { value } = ada.jar.all()[0] ?? { value: '' }
    for (const other of ['junk', '%', `${value.slice(0, -3)}abc`, `x${value}`]) {
      const response = await fetch(app.url('/account'), { headers: { cookie: `session=${other}` } })
      expect(response.status, other).toBe(401)
    }
  })

  test('what is set before a route fails is kept', async () => {
    const ada = guest()
    await ada.ask('/keep?key=k1')
    expect((await ada.ask('/fail?key=k2')).status).toBe(500)
    expect(await keeps(ada)).toEqual(['k1', 'k2'])
  })

  test(`of twenty requests at once that set a value each, ${session === 'stored' ? 'all are kept' : 'the cookie keeps one'}`, async () => {
    const ada = guest()
    await ada.ask('/visit')
    await Promise.all(Array.from({ length: 20 }, (_, at) => ada.ask(`/keep?key=k${at}`)))
    expect(await keeps(ada)).toHaveLength(session === 'stored' ? 20 : 1)
  })

  test(`after a sign-out the old cookie ${session === 'stored' ? 'opens nothing' : 'still opens what it holds'}`, async () => {
    const ada = guest()
    await ada.send('/login', ADA)
    const stolen = ada.copy()
    await leave(ada)
    expect(await account(stolen)).toBe(session === 'stored' ? 401 : 200)
  })
})
