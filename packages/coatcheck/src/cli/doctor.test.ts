import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CERTIFICATE, KEY } from '../../test/faults/certificate.ts'
import { DOCTORED, type Ground, ground } from '../../test/faults/doctored.ts'
import { call } from '../../test/helpers/command.ts'
import { root } from '../../test/tree/files.ts'
import { CODES } from './doctor/findings.ts'
import { setCookieOf } from './web/cookies.ts'

let here: Ground
beforeEach(() => {
  here = ground()
})
afterEach(() => here.done())

const SECRET = 'Jx9mQ4vR2tY7wB5nC8kD1fG6hL3pZ0sA'
const codesIn = (said: string): string[] => JSON.parse(said).findings.map(({ code }: { code: string }) => code)
const doctor = async (folder: string, ...args: string[]) => {
  const { code, said } = await call(folder, ['doctor', ...args, '--json'])
  return { code, codes: codesIn(said) }
}

describe('the module', () => {
  it('is found fine, and the exit code is 0', async () => {
    const folder = here.module(
      `export const sessions = createSessions({ secrets: '${SECRET}', store: sqliteStore({ path: file('shop.sqlite') }) })`,
    )
    expect(await call(folder, ['doctor'])).toMatchObject({
      code: 0,
      said: 'Looked at sessions.ts: sessions: 0 errors, 0 warnings.',
    })
  })

  it('has warnings, which stop a pipeline only where that is asked for', async () => {
    const folder = here.module(`export const sessions = createSessions({ secrets: '${SECRET}', store: memoryStore() })`)
    expect(await doctor(folder)).toEqual({ code: 0, codes: ['store-memory'] })
    expect(await doctor(folder, '--strict')).toEqual({ code: 1, codes: ['store-memory'] })
  })

  it('is looked at as it is in production, and leaves no record behind', async () => {
    const module = () =>
      here.module(`
      export const store = sqliteStore({ path: file('shop.sqlite') })
      const insecure = { cookie: { name: 'sid', secure: false } }
      export const sessions = createSessions({ secrets: '${SECRET}', store, ...(process.env.NODE_ENV === 'production' && insecure) })`)
    const kept = process.env.NODE_ENV
    const folder = module()
    try {
      delete process.env.NODE_ENV
      expect(await doctor(folder)).toEqual({ code: 1, codes: ['cookie-not-secure'] })
      process.env.NODE_ENV = 'development'
      expect(await doctor(module())).toEqual({ code: 0, codes: [] })
    } finally {
      process.env.NODE_ENV = kept
    }
    const { store } = await import(`${folder}/sessions.ts`)
    expect((await store.list(undefined, 10)).keys).toEqual([])
  })

  it.each([
    ['secret-none', 'createSessions({ store: memoryStore() })'],
    ['secret-spent', `createSessions({ secrets: ['${SECRET}', { secret: '${SECRET.toLowerCase()}', until: '2020-01-01' }] })`],
    ['secret-old', `createSessions({ secrets: [{ secret: '${SECRET}', from: '2020-01-01' }] })`],
    ['secret-not-writing', `createSessions({ secrets: [{ secret: '${SECRET}', from: '2120-01-01' }] })`],
    ['secret-weak', 'createSessions({ secrets: "short" })'],
    ['unsigned-accepted', `createSessions({ secrets: '${SECRET}', store: memoryStore(), acceptUnsigned: true })`],
    ['timeout-long', `createSessions({ secrets: '${SECRET}', absoluteTimeout: 60 * 86_400 })`],
    ['cookie-no-prefix', `createSessions({ secrets: '${SECRET}', cookie: { name: 'sid' } })`],
    ['cookie-same-site-none', `createSessions({ secrets: '${SECRET}', cookie: { sameSite: 'none' } })`],
    ['store-weak', `createSessions({ secrets: '${SECRET}', store: { ...memoryStore(), consistency: 'last-write-wins' } })`],
    [
      'store-full',
      `createSessions({ secrets: '${SECRET}', store: { ...memoryStore(), create: async () => { throw new Error('OOM command not allowed') } } })`,
    ],
    [
      'store-read-only',
      `createSessions({ secrets: '${SECRET}', store: { ...memoryStore(), create: async () => { throw new Error('READONLY You cannot write') } } })`,
    ],
    [
      'store-refuses',
      `createSessions({ secrets: '${SECRET}', store: { ...memoryStore(), create: async () => { throw new Error('no idea') } } })`,
    ],
    [
      'store-clock',
      `createSessions({ secrets: '${SECRET}', store: { ...memoryStore(), about: async () => ({ server: 'X 1', time: Date.now() - 60_000 }) } })`,
    ],
    [
      'store-nearly-full',
      `createSessions({ secrets: '${SECRET}', store: { ...memoryStore(), about: async () => ({ server: 'X 1', time: Date.now(), memory: { used: 95, most: 100 } }) } })`,
    ],
    [
      'records-large',
      `createSessions({ secrets: '${SECRET}', store: await (async () => { const s = memoryStore(); const t = Date.now() + 9e6; await s.create('a', { data: 'x'.repeat(70_000), createdAt: 1, endsAt: t, expiresAt: t }); return s })() })`,
    ],
  ])('is found with %s', async (code, text) => {
    expect((await doctor(here.module(`export const sessions = ${text}`))).codes).toContain(code)
  })

  it('reads secrets from a function, and says nothing of what they are', async () => {
    const folder = here.module(
      `export const sessions = createSessions({ secrets: async () => ['keyboard cat keyboard mat keyboard hat'] })`,
    )
    const { said } = await call(folder, ['doctor'])
    expect(said).toContain('secret-published')
    expect(said).not.toContain('keyboard')
  })

  it('has two sites in one cookie, unless their paths keep them apart', async () => {
    const two = (one: string, other: string) =>
      here.module(`
        const make = (path: string) => createSessions({ secrets: '${SECRET}', cookie: { name: '__Secure-sid', path } })
        export const shop = make('${one}')
        export const office = make('${other}')`)
    expect((await doctor(two('/', '/office'))).codes).toEqual(['cookie-name-shared'])
    expect((await doctor(two('/shop', '/office'))).codes).toEqual([])
  })
})

/** The site of `listener` over HTTPS. */
async function overTls(
  headers: Readonly<Record<string, string>>,
  secure: (proto: string | undefined) => boolean,
): Promise<{ port: number; stop: () => void }> {
  const server = createServer({ key: KEY, cert: CERTIFICATE }, (req, res) => {
    const flag = secure(String(req.headers['x-forwarded-proto'] ?? '') || undefined) ? '; Secure' : ''
    if (req.method === 'POST')
      res.setHeader('set-cookie', `${flag ? '__Host-sid' : 'sid'}=c8f0d3b2a6e1479500ff; Path=/; HttpOnly; SameSite=Lax${flag}`)
    for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
    res.end('hello')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, stop: () => void server.close() }
}

describe('a site over HTTPS', () => {
  const at = (port: number, ...more: string[]): string[] => [
    'https://shop.example',
    '--connect',
    `127.0.0.1:${port}`,
    '--begin',
    'POST /add',
    ...more,
  ]

  it('is asked with its certificate, and told what its certificate is not good for', async () => {
    const ca = join(here.module(''), 'ca.pem')
    writeFileSync(ca, CERTIFICATE)
    const { port, stop } = await overTls(
      { 'strict-transport-security': 'max-age=31536000', 'cache-control': 'no-store' },
      () => true,
    )
    // It gives everybody the same ticket, whatever comes.
    expect((await doctor('/', ...at(port, '--ca', ca))).codes).toEqual(['cookie-shared'])
    expect(await doctor('/', ...at(port))).toEqual({ code: 1, codes: ['tls-invalid'] })
    expect((await doctor('/', 'https://other.example', '--connect', `127.0.0.1:${port}`, '--ca', ca)).codes).toEqual([
      'tls-invalid',
    ])
    stop()
  })

  it('believes X-Forwarded-Proto of anybody, and keeps no browser from plain HTTP', async () => {
    const ca = join(here.module(''), 'ca.pem')
    writeFileSync(ca, CERTIFICATE)
    const { port, stop } = await overTls({}, (proto) => proto !== 'http')
    expect((await doctor('/', ...at(port, '--ca', ca))).codes).toEqual(
      expect.arrayContaining(['no-hsts', 'forwarded-proto-trusted']),
    )
    stop()
  })

  it('has a server behind it that does not know that it speaks HTTPS', async () => {
    const ca = join(here.module(''), 'ca.pem')
    writeFileSync(ca, CERTIFICATE)
    const { port, stop } = await overTls({}, () => false)
    const { args } = (await DOCTORED['cookie that scripts read']?.(here)) ?? { args: [] }
    const direct = args[args.indexOf('--connect') + 1] ?? ''
    expect((await doctor('/', ...at(port, '--ca', ca, '--direct', direct))).codes).toContain('proxy-not-trusted')
    stop()
  })
})

it('refuses requests and addresses that are none', async () => {
  expect(await call('/', ['doctor', 'http://127.0.0.1:1', '--begin', 'add a hat'])).toMatchObject({
    code: 1,
    complaint: expect.stringContaining('--begin is no request'),
  })
  expect(await call('/', ['doctor', 'http://'])).toMatchObject({ code: 1, complaint: expect.stringContaining('is no address') })
  expect(await call('/', ['doctor'])).toMatchObject({
    code: 1,
    complaint: expect.stringContaining('No file here makes sessions'),
  })
})

it('reads Set-Cookie as a browser does', () => {
  const { name, value, attributes } = setCookieOf('a=b=c ; path=/x; SECURE;Domain = .example.com')
  expect([name, value, [...attributes]]).toEqual([
    'a',
    'b=c',
    [
      ['path', '/x'],
      ['secure', ''],
      ['domain', '.example.com'],
    ],
  ])
})

it('has a page that names every code, with its level and what it says', () => {
  const page = readFileSync(join(root, 'docs/cli-codes.md'), 'utf8')
  const rows = [...page.matchAll(/^\| `([\w-]+)` \| (\w+) \| (.*?) \| (.*?) \|$/gm)].map(([, code, level, what, fix]) => [
    code,
    level,
    what,
    fix,
  ])
  expect(rows).toEqual(Object.entries(CODES).map(([code, row]) => [code, ...row]))
})
