import { readFileSync, writeFileSync } from 'node:fs'
import { type IncomingHttpHeaders, type IncomingMessage, request as plainly, type Server } from 'node:http'
import { request as securely } from 'node:https'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import express from 'express'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import session, { type SessionOptions } from '../../packages/coatcheck/src/adapters/middleware/express-session.ts'
import { createJar, type Serve, type Visitor, visitor } from '../../packages/coatcheck/src/testing/index.ts'
import { isLeftOut } from '../../packages/coatcheck/test/helpers/engines.ts'
import { startNginx } from '../../scripts/cache-servers.ts'
import { folderOf, SECRET, type Served, serve } from '../harness.ts'
import { recipe } from './recipe.ts'

// docs/recipes/behind-a-proxy.md, pasted: its nginx, with TLS, before two processes of its server.

const { folder, check } = recipe('behind-a-proxy')
const SITE = 'https://shop.example'

test('its code compiles', () => expect(check()).toBe(''))

if (!isLeftOut('nginx')) {
  let certificate = ''
  beforeAll(async () => {
    certificate = await makeCertificate()
  })

  /** Makes the two files that the page's nginx.conf names. The certificate. */
  async function makeCertificate(): Promise<string> {
    const require = createRequire(join(folderOf('recipes'), 'package.json'))
    require('reflect-metadata') // the next one asks for it
    const x509 = require('@peculiar/x509')
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
    const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
    const extensions = [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'shop.example' }])]
    const made = await x509.X509CertificateGenerator.createSelfSigned({ name: 'CN=shop.example', keys, extensions })
    const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
    writeFileSync(join(folder, 'shop.example.crt'), made.toString('pem'))
    writeFileSync(join(folder, 'shop.example.key'), `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`)
    return made.toString('pem')
  }

  /** The page's nginx before these ports, without the lines that match `without`. It says besides who answered, and whether from its cache. */
  async function nginxBefore(ports: readonly number[], without = /^$/m) {
    const page = readFileSync(join(folder, 'nginx.conf'), 'utf8')
    const running = await startNginx(({ port, folder: own }) => {
      const instead: Readonly<Record<string, string>> = {
        '443 ssl': `127.0.0.1:${port} ssl`,
        '/etc/ssl': folder,
        '/var/cache/nginx': `${own}/pages`,
        '    server 127.0.0.1:3000;\n    server 127.0.0.1:3001;': ports.map((each) => `server 127.0.0.1:${each};`).join(' '),
        'location / {': 'add_header x-by $upstream_addr always; add_header x-cache $upstream_cache_status always; location / {',
      }
      return Object.entries(instead).reduce(
        (text, [word, other]) => {
          if (!text.includes(word)) throw new Error(`The nginx.conf of the page has no ${word}.`)
          return text.replaceAll(word, other)
        },
        page.replace(without, ''),
      )
    })
    return { stop: running.stop, serve: over(running.port) }
  }

  const headersOf = (headers: IncomingHttpHeaders): [string, string][] =>
    Object.entries(headers).flatMap(([name, value]) => [value ?? []].flat().map((each): [string, string] => [name, each]))

  /** What listens on this port is shop.example, with TLS or directly. */
  const over =
    (port: number, isDirect = false): Serve =>
    async (request) => {
      const { pathname, search } = new URL(request.url)
      const headers = { ...Object.fromEntries(request.headers), host: 'shop.example' }
      const how = { host: '127.0.0.1', port, path: `${pathname}${search}`, method: request.method, headers, agent: false }
      const body = Buffer.from(await request.arrayBuffer())
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        const sent = isDirect ? plainly(how, resolve) : securely({ ...how, servername: 'shop.example', ca: certificate }, resolve)
        sent.on('error', reject).end(body)
      })
      const text = await buffer(answer)
      return new Response(text.length > 0 ? new Uint8Array(text) : null, {
        status: answer.statusCode ?? 0,
        headers: headersOf(answer.headers),
      })
    }

  describe('nginx with TLS, before two instances', () => {
    const instances: Served[] = []
    let nginx: Awaited<ReturnType<typeof nginxBefore>>
    const launch = (port?: string): Promise<Served> =>
      serve('the recipe', 'node server.ts', folder, {
        NODE_ENV: 'production',
        SESSION_SECRET: SECRET,
        SESSIONS: join(folder, 'sessions.sqlite'),
        ...(port && { PORT: port }),
      })
    const portsOf = (all: readonly Served[]): number[] => all.map(({ origin }) => Number(new URL(origin).port))
    beforeAll(async () => {
      instances.push(...(await Promise.all([launch(), launch()])))
      nginx = await nginxBefore(portsOf(instances))
    })
    afterAll(async () => {
      await nginx?.stop()
      await Promise.all(instances.map(({ stop }) => stop()))
    })
    const guest = (): Visitor => visitor(nginx.serve, { origin: SITE })
    const login = async (name: string): Promise<Visitor> => {
      const person = guest()
      await person.post('/login', { name })
      return person
    }
    /** What somebody sees at each instance. */
    async function seenAtBoth(person: Visitor): Promise<Record<string, string>> {
      const seen: Record<string, string> = {}
      for (let visits = 0; visits < 50 && Object.keys(seen).length < 2; visits++) {
        // Another address each time, so that nothing comes from the cache.
        const page = await person.get(`/?${crypto.randomUUID()}`)
        seen[page.headers.get('x-by') ?? ''] = await page.text()
      }
      return Object.fromEntries(Object.entries(seen).toSorted())
    }
    const atBoth = (text: string) => Object.fromEntries(portsOf(instances).map((port) => [`127.0.0.1:${port}`, text]))

    test('who signs in at one instance goes on at the other, with Secure cookies', async () => {
      const ada = guest()
      const answer = await ada.post('/login', { name: 'ada' }, { follow: false })
      expect(answer.status).toBe(303)
      expect(answer.headers.getSetCookie()).toEqual([expect.stringMatching(/^__Host-Http-session=.*; Secure/)])
      expect(await seenAtBoth(ada)).toEqual(atBoth('Hello ada, 0 in the cart'))
      expect(ada.refused).toEqual([])
    })

    test('what both instances write at once is all kept', async () => {
      const ada = await login('ada')
      const by = await ada.parallel(16, async (at) => (await ada.post('/cart', { item: `${at}` }, { follow: false })).headers)
      expect(new Set(by.map((headers) => headers.get('x-by'))).size).toBe(2)
      expect(await seenAtBoth(ada)).toEqual(atBoth('Hello ada, 16 in the cart'))
    })

    test('a sign-out at one holds at the other, for copies of the cookie too', async () => {
      const ada = await login('ada')
      const thief = ada.steal()
      expect(await seenAtBoth(thief)).toEqual(atBoth('Hello ada, 0 in the cart'))
      await ada.post('/logout')
      for (const person of [ada, thief]) expect(await seenAtBoth(person)).toEqual(atBoth('Hello stranger, 0 in the cart'))
    })

    test('an instance stops, and comes back: nobody has to sign in again', async () => {
      // Of its own: for ten seconds nginx asks no instance that did not answer.
      const own = await nginxBefore(portsOf(instances))
      onTestFinished(own.stop)
      const ada = visitor(own.serve, { origin: SITE, jar: (await login('ada')).jar })
      const [first, second] = portsOf(instances)
      await instances[0]?.stop()
      const page = await ada.get('/?without-the-first')
      expect([page.headers.get('x-by')?.endsWith(`127.0.0.1:${second}`), await page.text()]).toEqual([
        true,
        'Hello ada, 0 in the cart',
      ])
      instances[0] = await launch(`${first}`)
      const again = visitor(over(first ?? 0, true), { origin: SITE, jar: ada.jar })
      expect(await (await again.get('/')).text()).toBe('Hello ada, 0 in the cart')
    })

    test('no page of a session is kept, and those for everybody are', async () => {
      const page = async (person: Visitor) => {
        const { headers, ...answer } = await person.get('/?kept').then(async (response) => ({
          headers: response.headers,
          text: await response.text(),
        }))
        return [headers.get('x-cache'), headers.get('cache-control'), answer.text]
      }
      const [ada, bob] = [await login('ada'), await login('bob')]
      const own = (name: string) => ['BYPASS', expect.stringMatching(/\b(?:private|no-store)\b/), `Hello ${name}, 0 in the cart`]
      const everybodys = (how: string) => [how, 'public, max-age=60', 'Hello stranger, 0 in the cart']
      expect(await page(ada)).toEqual(own('ada'))
      expect(await page(guest())).toEqual(everybodys('MISS'))
      for (const name of ['first', 'second']) expect(await page(guest()), name).toEqual(everybodys('HIT'))
      expect(await page(bob)).toEqual(own('bob'))
      expect(await page(ada)).toEqual(own('ada'))
      await ada.post('/logout')
      expect((await page(ada)).at(-1)).toBe('Hello stranger, 0 in the cart')
    })

    test('forms of this site pass, and those of others do not, whatever they forward', async () => {
      const sent = async (headers: Record<string, string>) =>
        (await (await login('ada')).post('/cart', { item: 'hat' }, { follow: false, headers })).status
      expect(await sent({ origin: SITE })).toBe(303)
      expect(await sent({ origin: SITE, 'sec-fetch-site': 'same-origin' })).toBe(303)
      const evil = { origin: 'https://evil.example' }
      expect(await sent(evil)).toBe(403)
      expect(await sent({ ...evil, 'sec-fetch-site': 'cross-site' })).toBe(403)
      expect(await sent({ ...evil, 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' })).toBe(403)
      expect(await sent({ origin: 'https://blog.shop.example', 'sec-fetch-site': 'same-site' })).toBe(403)
    })

    test('without the line on Host, forms of browsers that only say Origin are refused', async () => {
      const without = await nginxBefore(portsOf(instances), /.*proxy_set_header +Host .*\n/)
      onTestFinished(without.stop)
      const ada = visitor(without.serve, { origin: SITE, jar: (await login('ada')).jar })
      const sent = (headers: Record<string, string>) => ada.post('/cart', { item: 'hat' }, { follow: false, headers })
      expect((await sent({ origin: SITE })).status).toBe(403)
      expect((await sent({ origin: SITE, 'sec-fetch-site': 'same-origin' })).status).toBe(303)
    })

    test('Express sees the visitor’s address and https, and not what the visitor forwards', async () => {
      const headers = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'http' }
      expect(await (await guest().get('/health', { headers })).json()).toEqual({ ip: '127.0.0.1', secure: true })
      const direct = visitor(over(portsOf(instances)[0] ?? 0, true), { origin: SITE })
      expect(await (await direct.get('/health', { headers })).json()).toEqual({ ip: '203.0.113.9', secure: false })
    })
  })

  describe('coatcheck/express-session behind nginx, with a cookie that is `secure`', () => {
    /** The cookies that a sign-in gets. */
    async function cookiesOf(options: SessionOptions, trusted?: string): Promise<readonly string[]> {
      const app = express()
      if (trusted) app.set('trust proxy', trusted)
      app.use(session({ secret: SECRET, resave: false, saveUninitialized: false, cookie: { secure: true }, ...options }))
      app.get('/', (req, res) => {
        Object.assign((req as typeof req & { session: object }).session, { user: 'ada' })
        res.send('in')
      })
      const server: Server = app.listen(0, '127.0.0.1')
      await new Promise((resolve) => server.once('listening', resolve))
      const nginx = await nginxBefore([(server.address() as AddressInfo).port])
      onTestFinished(async () => {
        await nginx.stop()
        server.close()
      })
      const jar = createJar()
      await visitor(nginx.serve, { origin: SITE, jar }).get('/')
      return jar.all().map(({ name }) => name)
    }

    test('sends none to who is not told of https, and one with `trust proxy` or `proxy`', async () => {
      expect(await cookiesOf({})).toEqual([])
      expect(await cookiesOf({}, 'loopback')).toEqual(['connect.sid'])
      expect(await cookiesOf({ proxy: true })).toEqual(['connect.sid'])
    })
  })
}
