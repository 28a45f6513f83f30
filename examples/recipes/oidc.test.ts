import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createJar, type Visitor, visitor } from '../../packages/coatcheck/src/testing/index.ts'
import { folderOf } from '../harness.ts'
import { freePort } from '../processes.ts'
import { recipe } from './recipe.ts'

// docs/recipes/oidc.md, pasted block by block, with oidc-provider in the place of a provider: it takes each refresh token once.

const { folder, check } = recipe('oidc')
const CLIENT = { client_id: 'hats', client_secret: 'a-secret-of-the-tests' }
let issuer: Server
let origin = ''
let serve: (request: Request) => Promise<Response>
/** What the provider was asked for at its token endpoint, what it gave, and what it refused. */
const grants: string[] = []
const tokens: string[] = []
const refused: string[] = []

interface Granted {
  readonly oidc: { readonly params: { readonly grant_type: string } }
  readonly body: { readonly access_token: string; readonly refresh_token: string; readonly id_token: string }
}
interface Provider {
  callback(): RequestListener
  on(event: string, listener: (ctx: Granted, error: Error) => void): void
}

beforeAll(async () => {
  const port = await freePort()
  origin = `http://127.0.0.1:${await freePort()}`
  const { default: make } = await import(/* @vite-ignore */ join(folderOf('recipes'), 'node_modules/oidc-provider/lib/index.js'))
  const provider: Provider = new make(`http://127.0.0.1:${port}`, {
    clients: [
      {
        ...CLIENT,
        redirect_uris: [`${origin}/callback`],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
      },
    ],
    cookies: { keys: ['keys-of-the-tests'] },
    // Less than the half minute before its end in which the recipe refreshes a token: the first request does.
    ttl: { AccessToken: 20, RefreshToken: 3600, Session: 3600, Grant: 3600, Interaction: 600, IdToken: 600 },
    rotateRefreshToken: true,
    pkce: { required: () => true },
  })
  provider.on('grant.success', ({ oidc, body }) => {
    grants.push(oidc.params.grant_type)
    tokens.push(body.access_token, body.refresh_token, body.id_token)
  })
  provider.on('grant.error', (_, error) => refused.push(error.message))
  issuer = createServer(provider.callback()).listen(port, '127.0.0.1')
  await once(issuer, 'listening')
  Object.assign(process.env, { ISSUER: `http://127.0.0.1:${port}`, ORIGIN: origin, SESSIONS: join(folder, 'sessions.sqlite') })
  Object.assign(process.env, { CLIENT_ID: CLIENT.client_id, CLIENT_SECRET: CLIENT.client_secret })
  const { app } = await import(/* @vite-ignore */ pathToFileURL(join(folder, 'app.ts')).href)
  serve = (request) => app.fetch(request)
})
afterAll(async () => {
  issuer?.closeAllConnections()
  issuer?.close()
})

/** Goes to the provider and fills its two forms, as a browser would; the address at which it leads back. */
async function atProvider(location: string): Promise<URL> {
  const jar = createJar()
  let next = new URL(location)
  let form: URLSearchParams | undefined
  for (;;) {
    const headers: Record<string, string> = { cookie: jar.header(next.href) }
    const answer: Response = await fetch(next, {
      method: form ? 'POST' : 'GET',
      headers,
      redirect: 'manual',
      ...(form && { body: form }),
    })
    for (const line of answer.headers.getSetCookie()) jar.set(line, next.href)
    const to = answer.headers.get('location')
    form = undefined
    if (to) next = new URL(to, next)
    else {
      const page = await answer.text()
      const [, prompt] = /name="prompt" value="(\w+)"/.exec(page) ?? []
      if (!prompt) throw new Error(`The provider answered ${answer.status}: ${page}`)
      form = new URLSearchParams({ prompt, login: 'ada', password: 'any' })
      next = new URL(/action="([^"]+)"/.exec(page)?.[1] ?? '', next)
    }
    if (next.origin === origin) return next
  }
}

const begin = async (person: Visitor, path = '/login'): Promise<string> =>
  (await person.get(path, { follow: false })).headers.get('location') ?? ''

async function signedIn(): Promise<Visitor> {
  const ada = visitor(serve, { origin })
  const { pathname, search } = await atProvider(await begin(ada))
  await ada.get(pathname + search)
  return ada
}

const seen = async (person: Visitor): Promise<string> => (await person.get('/')).text()

test('its code compiles', () => expect(check()).toBe(''))

test('somebody signs in at the provider, and comes back to where they were going', async () => {
  const ada = visitor(serve, { origin })
  expect((await ada.get('/me', { follow: false })).headers.get('location')).toBe('/login?back=/me')
  const { pathname, search } = await atProvider(await begin(ada, '/login?back=/me'))
  const back = await ada.get(pathname + search, { follow: false })
  expect(back.headers.get('location')).toBe('/me')
  expect(await seen(ada)).toBe(`${process.env.ISSUER} ada`)
  expect(await (await ada.get('/me')).json()).toEqual({ sub: 'ada' })
})

test('a refresh token goes to the provider once, however many requests find the access token old', async () => {
  const ada = await signedIn()
  grants.length = 0
  const answers = await ada.parallel(30, () => ada.get('/me'))
  expect(answers.map(({ status }) => status)).toEqual(Array(30).fill(200))
  expect(grants).toEqual(['refresh_token'])
  expect(refused).toEqual([])
})

test('two tabs that sign in at once do not disturb each other', async () => {
  const ada = visitor(serve, { origin })
  const [first, second] = [await begin(ada), await begin(ada, '/login?back=/me')]
  for (const [location, back] of [
    [second, '/me'],
    [first, '/'],
  ] as const) {
    const { pathname, search } = await atProvider(location)
    expect((await ada.get(pathname + search, { follow: false })).headers.get('location')).toBe(back)
  }
})

test('an answer of the provider that somebody else began signs nobody in, and each is good once', async () => {
  const [eve, ada] = [visitor(serve, { origin }), visitor(serve, { origin })]
  const { pathname, search } = await atProvider(await begin(eve))
  await ada.get(pathname + search)
  expect(await seen(ada)).toBe('nobody')
  await eve.get(pathname + search)
  expect(await seen(eve)).toBe(`${process.env.ISSUER} ada`)
  const before = grants.length
  await eve.get(pathname + search)
  expect(grants.length).toBe(before)
})

test('it leads back to this site only', async () => {
  for (const back of ['//evil.example', 'https://evil.example', '/\\evil.example']) {
    const ada = visitor(serve, { origin })
    const { pathname, search } = await atProvider(await begin(ada, `/login?back=${encodeURIComponent(back)}`))
    expect((await ada.get(pathname + search, { follow: false })).headers.get('location')).toBe('/')
  }
})

test('signing out ends the session here, and leads to the provider', async () => {
  const ada = await signedIn()
  const out = await ada.post('/logout', undefined, { follow: false })
  expect(out.headers.get('location')).toMatch(`${process.env.ISSUER}/session/end?`)
  expect(await seen(ada)).toBe('nobody')
})

test('the store holds no token that could be read', async () => {
  tokens.length = 0
  await signedIn()
  const { DatabaseSync } = createRequire(import.meta.url)('node:sqlite')
  const rows = new DatabaseSync(process.env.SESSIONS, { readOnly: true }).prepare('SELECT data FROM coatcheck_sessions').all()
  expect(rows.length).toBeGreaterThan(0)
  const texts = rows.flatMap(({ data }: { data: string }) => [data, Buffer.from(data, 'base64url').toString('latin1')]).join()
  expect(tokens).toEqual(Array(3).fill(expect.stringMatching(/.{20}/)))
  for (const token of tokens) expect(texts).not.toContain(token)
})
