import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import type { Device } from '../../src/core/bound/device.ts'
import { type DeviceBound, deviceBound } from '../../src/device-bound.ts'
import { type DeviceVisitor, deviceVisitor } from '../../src/testing/device-visitor.ts'
import { type Visitor, visitor } from '../../src/testing/visitor.ts'
import { type Clock, clockFrom } from './clock.ts'

export type Serve = (request: Request) => Promise<Response>

/** What an application is made of. */
export interface DeviceSite {
  readonly now: () => number
  /** undefined: the option is left out. */
  readonly deviceBound: DeviceBound | undefined
}

/** An application in a framework whose pages are those of `pageOf`, behind a guard that sends all of `isCaught` elsewhere. */
export type DeviceApp = (site: DeviceSite) => Promise<Serve | string> | Serve

/** Who a request is of, in the words of the framework. */
export interface Person {
  readonly owner: () => unknown
  readonly signIn: () => unknown
  readonly device: () => Pick<Device, 'bound' | 'requireBound'>
}

/** What a guard before the pages redirects: among them the paths that browsers ask. */
export const isCaught = (path: string): boolean => path.startsWith('/.coatcheck')
export const STATIC = { 'cache-control': 'public, max-age=60' } as const

export async function pageOf(path: string, { owner, signIn, device }: Person): Promise<string> {
  if (path === '/in') {
    await signIn()
    return 'in'
  }
  if (path !== '/must') return `${owner() ?? 'nobody'} ${device().bound}`
  try {
    device().requireBound()
    return 'bound'
  } catch (error) {
    return (error as { code: string }).code
  }
}

/** A person whose sessions are made by `createSessions`. */
export const native = (session: {
  readonly owner: string | undefined
  readonly bound: Device['bound']
  signIn(owner: string): void
  requireBound(): void
}): Person => ({ owner: () => session.owner, signIn: () => session.signIn('ada'), device: () => session })

const text = async (who: Visitor, path = '/', init = {}): Promise<string> => (await who.get(path, init)).text()
const namesOf = ({ headers }: Response): string[] => [...headers.keys()].filter((name) => name.includes('secure-session'))

const publicity = ({ headers }: Response) => [headers.get('cache-control'), headers.getSetCookie(), headers.get('vary')]

interface Opened {
  readonly served: Serve | string
  readonly clock: Clock
  readonly ada: DeviceVisitor
}

async function opened(make: DeviceApp, option: DeviceBound | undefined = deviceBound()): Promise<Opened> {
  const clock = clockFrom()
  const served = await make({ now: clock.now, deviceBound: option })
  return { served, clock, ada: deviceVisitor(served, { now: clock.now, follow: false }) }
}

/** Signs in, and goes on until the device's cookie is asked for. */
async function bound({ ada, clock }: Opened): Promise<void> {
  await ada.get('/in')
  expect(await text(ada)).toBe('ada pending')
  clock.advance(11)
  expect(await text(ada)).toBe('ada bound')
}

/** The stories that every adapter tells which answers browsers itself, over HTTP where the framework is a server. */
export function tellDeviceStories(name: string, make: DeviceApp): void {
  describe(name, () => {
    test('rule 1: registers and refreshes before handlers, redirects and guards; copied cookies lapse, and a sign-in begins anew', async () => {
      const site = await opened(make)
      const { ada, clock, served } = site
      expect(await text(ada, '/must')).toBe('NOT_BOUND')
      await bound(site)
      expect(await text(ada, '/must')).toBe('bound')
      const thief = ada.steal()
      clock.advance(361)
      expect([await text(thief), await text(thief, '/must')]).toEqual(['nobody lapsed', 'NOT_BOUND'])
      expect(await text(ada)).toBe('ada bound')
      expect(ada.deviceEvents.map(({ result }) => result)).toEqual(['Success', 'Success', 'Success'])
      expect(ada.refused).toEqual([])
      clock.advance(301)
      const link = await linked(served, ada.jar.header(`${ada.origin}/`))
      expect([link.status, link.refresh], 'DB5').toEqual([200, '0'])
      expect(await text(ada)).toBe('ada bound')
      expect(await text(thief, '/in')).toBe('in')
      expect(await text(thief)).toBe('ada none')
    })

    test('rule 2: a further sign-in drops the key that was there, and asks for another', async () => {
      const site = await opened(make)
      await bound(site)
      const eve = site.ada.steal()
      const [before] = site.ada.deviceSessions
      await bound(site)
      expect(site.ada.deviceSessions).toHaveLength(1)
      expect(site.ada.deviceSessions).not.toContain(before)
      site.clock.advance(361)
      expect(await text(eve), 'the cookies of before').toMatch(/^nobody/)
    })

    test('of two sign-ins at once, as after a double click, one key remains, which the browser has', async () => {
      const site = await opened(make)
      const { ada, clock } = site
      await bound(site)
      await Promise.all([ada.get('/in'), ada.get('/in')])
      expect(await text(ada)).toBe('ada pending')
      clock.advance(11)
      expect(await text(ada)).toBe('ada bound')
    })

    test('a wrong request is answered 4xx, is led nowhere, and touches no session', async () => {
      const site = await opened(make)
      const { ada, served, clock } = site
      await bound(site)
      const before = ada.cookies()
      const wrong: readonly (readonly [step: string, headers: Record<string, string>, status: number])[] = [
        ['register', {}, 400],
        ['register', { 'secure-session-response': 'a.b.c' }, 401],
        ['refresh', {}, 400],
        ['refresh', { 'sec-secure-session-id': 'nobody' }, 403],
      ]
      for (const [step, headers, status] of wrong) {
        const answer = await visitor(served, { jar: ada.jar, now: clock.now }).post(`/.coatcheck/${step}`, '', { headers })
        expect([step, answer.status, answer.headers.get('location'), answer.headers.getSetCookie()]).toEqual([
          step,
          status,
          null,
          [],
        ])
        expect(answer.headers.get('cache-control')).toBe('no-store')
      }
      expect(ada.cookies()).toEqual(before)
      expect(await text(ada)).toBe('ada bound')
      const elsewhere = await ada.get('/.coatcheck/register')
      expect([elsewhere.status, elsewhere.headers.get('location')], 'a GET is the application’s').toEqual([302, '/login'])
    })

    test('a sign-in is answered with one header more, and nothing else is; a static page stays as it was', async () => {
      const site = await opened(make)
      const { served, clock } = site
      const eve = visitor(served, { now: clock.now, follow: false })
      const seen: string[][] = []
      for (const path of ['/', '/static', '/in', '/', '/static', '/must']) seen.push(namesOf(await eve.get(path)))
      expect(seen).toEqual([[], [], ['secure-session-registration'], [], [], []])
      await bound(site)
      const before = deviceVisitor(await make({ now: clock.now, deviceBound: undefined }), { now: clock.now })
      await before.get('/in')
      expect(publicity(await site.ada.get('/static'))).toEqual(publicity(await before.get('/static')))
    })

    test('without the option the paths are the application’s, and nobody is asked for a key', async () => {
      const clock = clockFrom()
      const served = await make({ now: clock.now, deviceBound: undefined })
      const ada = visitor(served, { now: clock.now, follow: false })
      expect(namesOf(await ada.get('/in'))).toEqual([])
      const answer = await ada.post('/.coatcheck/register')
      expect([answer.status, answer.headers.get('location')]).toEqual([302, '/login'])
      expect(await text(ada)).toBe('ada none')
    })
  })
}

/** A link of another site: `fetch` would say of itself what it is. */
async function linked(served: Serve | string, cookie: string) {
  const headers = { cookie, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
  if (typeof served !== 'string') {
    const { status, headers: given } = await served(new Request('https://app.test/', { headers }))
    return { status, refresh: given.get('refresh') }
  }
  const [answer] = (await once(get(served, { headers }), 'response')) as [IncomingMessage]
  answer.resume()
  return { status: answer.statusCode, refresh: answer.headers.refresh }
}
