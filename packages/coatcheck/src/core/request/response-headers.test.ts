import { describe, expect, test } from 'vitest'
import { clockFrom } from '../../../test/helpers/clock.ts'
import { tellsNothing } from '../../../test/helpers/discretion.ts'
import { COOKIE, discretion, type Person, type Site, site } from '../../../test/helpers/site.ts'
import type { SessionReader } from '../../migrate/format.ts'
import { memoryStore } from '../../stores/memory.ts'
import type { AdapterOptions } from '../options/options.ts'
import type { Session } from '../session/types.ts'

function open(options: Partial<AdapterOptions> = {}): Site {
  const clock = clockFrom()
  return site({ clock, store: memoryStore({ now: clock.now }), ...options })
}

const OTHER: SessionReader = { format: 'theirs', cookieName: 'theirs', read: () => undefined }

async function known(s: Site): Promise<Person> {
  const ada = s.person()
  await ada.does((session) => session.set('name', 'ada'))
  s.events.length = 0
  return ada
}

/** What the caching headers of an answer become. */
async function caching(person: Person, act: (session: Session) => unknown, headers: HeadersInit): Promise<Headers> {
  const answer = await person.asks((session) => {
    act(session)
    return new Response('ok', { headers })
  })
  return answer.headers
}

const conflicts = (s: Site) => s.events.flatMap((event) => (event.type === 'cache-conflict' ? [event.was] : []))

describe('promise 11: never in a shared cache', () => {
  test.each<[was: string, read: string, written: string, conflict: boolean]>([
    ['', 'private, no-cache', 'no-store', false],
    ['private', 'private', 'no-store', false],
    ['private, max-age=60', 'private, max-age=60', 'no-store', false],
    ['no-store', 'no-store', 'no-store', false],
    ['no-cache', 'private, no-cache', 'no-store', false],
    ['max-age=3600', 'private, max-age=3600', 'no-store', false],
    ['public', 'private, no-cache', 'no-store', true],
    ['PUBLIC', 'private, no-cache', 'no-store', true],
    ['public, max-age=60', 'private, max-age=60', 'no-store', true],
    ['public, s-maxage=31536000, stale-while-revalidate=60', 'private, stale-while-revalidate=60', 'no-store', true],
    ['s-maxage=60', 'private, no-cache', 'no-store', true],
    ['max-age=60,public', 'private, max-age=60', 'no-store', true],
    ['private="set-cookie", max-age=60', 'private, private="set-cookie", max-age=60', 'no-store', false],
  ])(
    'Cache-Control %j becomes %j when the session was read, and %j when it was changed',
    async (was, read, written, conflict) => {
      const s = open()
      const ada = await known(s)
      const headers: HeadersInit = was === '' ? {} : { 'cache-control': was }
      const reading = await caching(ada, (session) => session.get('name'), headers)
      expect([reading.get('cache-control'), reading.get('vary'), reading.getSetCookie()]).toEqual([read, 'Cookie', []])
      expect(conflicts(s)).toEqual(conflict ? [was] : [])
      const writing = await caching(ada, (session) => session.regenerateId(), headers)
      expect([writing.get('cache-control'), writing.get('vary'), writing.getSetCookie().length]).toEqual([written, 'Cookie', 1])
    },
  )

  test.each<[string, (session: Session) => unknown]>([
    ['has', (session) => session.has('x')],
    ['keys', (session) => session.keys()],
    ['"in" its data', (session) => 'x' in session.data],
    ['flash', (session) => session.flash('x')],
    ['its owner', (session) => session.owner],
    ['nothing: it was only opened', () => {}],
  ])('also when of the session only this was asked: %s', async (_, act) => {
    const s = open()
    const headers = await caching(await known(s), act, { 'cache-control': 'public, max-age=60' })
    expect([headers.get('vary'), headers.get('cache-control')]).toEqual(['Cookie', 'private, max-age=60'])
  })

  describe('found B8: who presents nothing and is given nothing', () => {
    const page = { 'cache-control': 'public, s-maxage=60', 'cdn-cache-control': 'max-age=9', 'x-accel-expires': '9' }

    test.each<[string, (session: Session) => unknown]>([
      ['reads', (session) => session.get('name')],
      ['takes a flash value that is not there', (session) => session.flash('x')],
      [
        'sets and takes back',
        (session) => {
          session.set('a', 1)
          session.delete('a')
        },
      ],
      ['ends what was not there', (session) => session.destroy()],
    ])('%s: the page stays as public as it was, and says what it depends on', async (_, act) => {
      const s = open()
      const headers = await caching(s.person(), act, page)
      expect(Object.fromEntries(headers)).toEqual({ ...page, vary: 'Cookie', 'content-type': 'text/plain;charset=UTF-8' })
      expect(conflicts(s)).toEqual([])
    })

    test.each<[string, (session: Session) => unknown]>([
      ['a value', (session) => session.set('name', 'eve')],
      ['a flash value', (session) => session.flash('hello', 1)],
    ])('but not a page that sets %s', async (_, act) => {
      const s = open()
      const headers = await caching(s.person(), act, page)
      expect([headers.get('cache-control'), headers.get('cdn-cache-control'), headers.get('x-accel-expires')]).toEqual([
        'no-store',
        null,
        '0',
      ])
    })

    test.each<[string, Partial<AdapterOptions>, Record<string, string>, kept: boolean]>([
      ['a cookie of another name', {}, { cookie: 'seen=1' }, false],
      ['a ticket that opens nothing', {}, { cookie: `${COOKIE}=x` }, true],
      ['an empty cookie of ours', {}, { cookie: `${COOKIE}=` }, true],
      ['a piece of a cookie of ours', {}, { cookie: `${COOKIE}.1=x` }, true],
      ['a ticket in the header', { header: 'x-session' }, { 'x-session': 'x' }, true],
      ['an empty header', { header: 'x-session' }, { 'x-session': '' }, false],
      ['a bearer token', { header: 'authorization' }, { authorization: 'Bearer x' }, true],
      ['the credentials of another scheme', { header: 'authorization' }, { authorization: 'Basic x' }, false],
      ['the cookie of another library', { migrateFrom: [OTHER] }, { cookie: 'theirs=x' }, true],
      ['a cookie of nobody’s beside one', { migrateFrom: [OTHER] }, { cookie: 'seen=1' }, false],
    ])('%s', async (_, options, presented, kept) => {
      const s = open(options)
      const answer = await s.person().asks(() => new Response('ok', { headers: page }), { headers: presented })
      const { headers } = answer
      const vary = options.header === undefined ? 'Cookie' : `Cookie, ${options.header}`
      expect([headers.get('cache-control'), headers.get('x-accel-expires'), headers.get('vary')]).toEqual(
        kept ? ['private, no-cache', '0', vary] : ['public, s-maxage=60', '9', vary],
      )
    })
  })

  test('found S3: a directive inside a quoted text is none', async () => {
    const s = open()
    const ada = await known(s)
    const of = async (was: string) =>
      (await caching(ada, (session) => session.get('name'), { 'cache-control': was })).get('cache-control')
    expect(await of('x="a, private, b", public')).toBe('private, x="a, private, b"')
    expect(await of('x="a, public, b", max-age=6')).toBe('private, x="a, public, b", max-age=6')
    expect(await of('x="\\", private, ", max-age=6')).toBe('private, x="\\", private, ", max-age=6')
    expect(await of('x="never closed, private')).toBe('private, x="never closed, private')
    expect(conflicts(s)).toEqual(['x="a, private, b", public'])
  })

  test('taking the cookie away is kept out as well', async () => {
    const s = open()
    const headers = await caching(await known(s), (session) => session.destroy(), { 'cache-control': 'public, s-maxage=9' })
    expect([headers.get('cache-control'), headers.getSetCookie().length]).toEqual(['no-store', 1])
  })

  test('a page that never asks for the session stays as public as it was, and sets nothing', async () => {
    const s = open()
    const ada = await known(s)
    s.clock.advance(6 * 86_400)
    const response = new Response('ok', {
      headers: { 'cache-control': 'public, s-maxage=60', vary: 'accept', 'cdn-cache-control': 'max-age=9' },
    })
    const answer = await ada.passes(() => response)
    expect(answer).toBe(response)
    expect(Object.fromEntries(answer.headers)).toEqual({
      'cache-control': 'public, s-maxage=60',
      vary: 'accept',
      'cdn-cache-control': 'max-age=9',
      'content-type': 'text/plain;charset=UTF-8',
    })
    expect(s.events).toEqual([])
  })

  test.each<[string, string]>([
    ['', 'Cookie'],
    ['Accept-Encoding', 'Accept-Encoding, Cookie'],
    ['accept, cookie', 'accept, cookie'],
    ['COOKIE', 'COOKIE'],
    ['*', '*'],
    ['X-Cookie', 'X-Cookie, Cookie'],
  ])('Vary %j becomes %j', async (was, becomes) => {
    const s = open()
    const headers = await caching(await known(s), (session) => session.get('name'), was === '' ? {} : { vary: was })
    expect(headers.get('vary')).toBe(becomes)
  })

  test.each([
    'cdn-cache-control',
    'surrogate-control',
    'cloudflare-cdn-cache-control',
    'vercel-cdn-cache-control',
    'netlify-cdn-cache-control',
    'fastly-cache-control',
    'akamai-cache-control',
    'deno-cdn-cache-control',
    'oxygen-cache-control',
    'x-litespeed-cache-control',
    'X-Sw-Cache-Control',
    'of-a-vendor-to-come-cache-control',
    'edge-control',
  ])('found S3: %s, which would overrule Cache-Control in a cache, does not get out', async (name) => {
    const s = open()
    const ada = await known(s)
    for (const act of [(session: Session) => session.get('name'), (session: Session) => session.regenerateId()]) {
      const headers = await caching(ada, act, { [name]: 'max-age=3600' })
      expect([headers.get(name), headers.get('x-accel-expires')]).toEqual([null, '0'])
    }
  })

  test('nginx is told to keep nothing, whatever the application told it', async () => {
    const s = open()
    const headers = await caching(await known(s), (session) => session.get('name'), { 'x-accel-expires': '3600' })
    expect(headers.get('x-accel-expires')).toBe('0')
  })

  test('what keeps it out does not depend on whether the headers can be changed', async () => {
    const s = open()
    const ada = await known(s)
    const answer = await ada.asks((session) => {
      session.get('name')
      return Response.redirect('https://app.test/', 302)
    })
    expect([answer.headers.get('cache-control'), answer.headers.get('vary')]).toEqual(['private, no-cache', 'Cookie'])
  })

  test('a conflict is told once an answer', async () => {
    const s = open()
    const ada = await known(s)
    const frozen = new Response('ok', { headers: { 'cache-control': 'public', vary: '*' } })
    const immutable = new Proxy(frozen, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target)
        if (name !== 'headers') return typeof value === 'function' ? value.bind(target) : value
        return new Proxy(target.headers, {
          get(headers, method) {
            if (['set', 'append', 'delete'].includes(String(method)))
              return () => {
                throw new TypeError('immutable')
              }
            const own: unknown = Reflect.get(headers, method, headers)
            return typeof own === 'function' ? own.bind(headers) : own
          },
        })
      },
    })
    await ada.asks((session) => {
      session.get('name')
      return immutable
    })
    expect(conflicts(s)).toEqual(['public'])
  })
})

tellsNothing(discretion)
