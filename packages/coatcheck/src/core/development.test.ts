import { afterEach, describe, expect, it, vi } from 'vitest'
import { tellsNothing } from '../../test/helpers/discretion.ts'
import { COOKIE, discretion, type Person, site } from '../../test/helpers/site.ts'
import { memoryStore } from '../stores/memory.ts'
import { development } from './development.ts'

tellsNothing(discretion)

const lines: string[] = []
afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
  lines.length = 0
})

function environment(NODE_ENV: string | undefined, DEBUG: string | undefined): void {
  vi.stubEnv('NODE_ENV', NODE_ENV)
  vi.stubEnv('DEBUG', DEBUG)
  vi.spyOn(console, 'debug').mockImplementation((line: string) => {
    lines.push(line)
    discretion.tell(line)
  })
}

describe('development is known', () => {
  it.each([
    ['development', undefined, { lines: false, header: true }],
    ['development', 'coatcheck', { lines: true, header: true }],
    [undefined, 'coatcheck', { lines: true, header: false }],
    ['test', 'express:*,coatcheck', { lines: true, header: false }],
    [undefined, '*', { lines: true, header: false }],
    [undefined, 'coat*', { lines: true, header: false }],
    [undefined, '* -coatcheck', undefined],
    [undefined, 'coatcheckroom', undefined],
    [undefined, '(', undefined],
    [undefined, '', undefined],
    [undefined, undefined, undefined],
    ['test', undefined, undefined],
    ['staging', undefined, undefined],
    ['production', undefined, undefined],
    ['production', 'coatcheck', undefined],
    ['production', '*', undefined],
  ] as const)('NODE_ENV=%s, DEBUG=%s', (mode, debug, wishes) => {
    environment(mode, debug)
    expect(development()).toEqual(wishes)
  })

  it('never where there is no process, or nobody may ask it', () => {
    environment('development', 'coatcheck')
    const { process } = globalThis
    try {
      vi.stubGlobal('process', undefined)
      expect(development()).toBeUndefined()
      vi.stubGlobal('process', {
        get env() {
          throw new Error('NotCapable')
        },
      })
      expect(development()).toBeUndefined()
      vi.stubGlobal('process', process)
      vi.stubGlobal('Deno', { permissions: { querySync: () => ({ state: 'prompt' }) } })
      expect(development()).toBeUndefined()
    } finally {
      vi.unstubAllGlobals()
    }
  })
})

const timing = (response: Response): string | null => response.headers.get('server-timing')
const visits = async (person: Person, headers: Readonly<Record<string, string>> = {}) =>
  person.asks((session) => session.set('a', 1), { headers })

describe('Server-Timing says the code', () => {
  it('in development, from the first request on, of pages that use the session', async () => {
    environment('development', undefined)
    const person = site().person()
    expect(timing(await visits(person))).toBe('session;desc="begun"')
    expect(timing(await visits(person))).toBe('session;desc="ok"')
    expect(timing(await person.passes())).toBeNull()
    expect(lines).toEqual([])
  })

  it('beside what the application measures', async () => {
    environment('development', undefined)
    const response = await site()
      .person()
      .asks(() => new Response('', { headers: { 'server-timing': 'db;dur=7' } }))
    expect(timing(response)).toBe('db;dur=7, session;desc="no-cookie"')
  })

  it.each([
    ['production', 'coatcheck'],
    ['production', undefined],
    [undefined, undefined],
    ['test', undefined],
    ['staging', undefined],
  ])('never with NODE_ENV=%s and DEBUG=%s', async (mode, debug) => {
    environment(mode, debug)
    const person = site().person()
    expect(timing(await visits(person))).toBeNull()
    expect(timing(await visits(person))).toBeNull()
    expect(lines).toEqual([])
  })
})

describe('with DEBUG=coatcheck', () => {
  it('each request is one line, of codes and the beginnings of handles', async () => {
    environment(undefined, 'coatcheck')
    const shop = site({ store: memoryStore() })
    const person = shop.person()
    await visits(person)
    await visits(person)
    const { ticket = '' } = person
    await person.does((session) => session.signOut())
    const thief = shop.person()
    thief.browser.plant(`${COOKIE}=${ticket}; Path=/; Secure; HttpOnly`)
    await thief.does(() => {})
    expect(timing(await person.passes())).toBeNull()
    expect(timing(await visits(shop.person())), 'only NODE_ENV=development has the header').toBeNull()
    lines.pop()
    expect(lines).toEqual([
      expect.stringMatching(/^coatcheck GET \/ begun \([\w-]{8}\): No ticket came/),
      expect.stringMatching(/^coatcheck GET \/ ok \([\w-]{8}\)$/),
      expect.stringMatching(/^coatcheck GET \/ ok \([\w-]{8}\)$/),
      expect.stringMatching(/^coatcheck GET \/ signed-out \([\w-]{8}\): The visitor signed out: /),
      expect.stringMatching(/^coatcheck GET \/ not-opened: No code asked for the session/),
    ])
    for (const line of lines) expect(line).not.toMatch(/[\r\n]/)
  })

  it('a change after the headers has a line of its own', async () => {
    environment(undefined, 'coatcheck')
    let change: (() => void) | undefined
    await site()
      .person()
      .asks((session) => {
        change = () => session.set('late', 1)
      })
    expect(change).toThrow()
    await Promise.resolve()
    expect(lines.map((line) => line.split(/[ :]/)[3])).toEqual(['no-cookie', 'late-write'])
  })

  it('nothing of the query, of a long part of the path, or of what is not printed comes on the console', async () => {
    environment(undefined, 'coatcheck')
    const { serve, person } = site()
    await visits(person())
    lines.length = 0
    const token = 'r'.repeat(43)
    await serve(new Request(`https://app.test/reset/${token}/x?code=${token}`, { headers: { 'x-visit': 'nobody' } }))
    expect(lines).toEqual([expect.stringMatching(/^coatcheck GET \/reset\/rrrr…\/x not-opened: /)])
    expect(lines[0]).not.toContain(token)
  })

  it('a ticket that was given and does not come back is told, until it does', async () => {
    environment(undefined, 'coatcheck')
    const shop = site()
    const headers = { 'user-agent': 'Firefox', 'accept-language': 'de' }
    await visits(shop.person(), headers) // a proxy took the cookie off
    const again = shop.person()
    await visits(again, headers)
    await visits(again, headers)
    await visits(shop.person(), { ...headers, 'user-agent': 'Safari' })
    expect(lines.map((line) => line.split(' ')[3]?.replace(':', ''))).toEqual(['begun', 'not-returned', 'ok', 'begun'])
  })

  it('a console that throws breaks no request', async () => {
    environment('development', 'coatcheck')
    const said = vi.spyOn(console, 'error').mockImplementation(() => {})
    vi.spyOn(console, 'debug').mockImplementation(() => {
      throw new Error('the console is closed')
    })
    const person = site().person()
    expect(timing(await visits(person))).toBe('session;desc="begun"')
    expect(timing(await visits(person))).toBe('session;desc="ok"')
    expect(said).toHaveBeenCalledWith('coatcheck: what explains requests threw; they go on.', expect.any(Error))
  })
})
