import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { type Visitor, visitor } from '../../packages/coatcheck/src/testing/index.ts'
import { recipe } from './recipe.ts'

// docs/recipes/login.md, pasted block by block.

const { folder, check } = recipe('login')
const accounts = join(folder, 'accounts.sqlite')
const ADA = { email: 'Ada@example.test', password: 'lovelace-1815' }
let serve: (request: Request) => Promise<Response>

beforeAll(async () => {
  Object.assign(process.env, { ACCOUNTS: accounts, SESSIONS: join(folder, 'sessions.sqlite') })
  const { app } = await import(/* @vite-ignore */ pathToFileURL(join(folder, 'app.ts')).href)
  serve = (request) => app.fetch(request)
  expect((await visitor(serve).post('/sign-up', ADA)).status).toBe(200)
})

const seen = async (person: Visitor): Promise<string> => (await person.get('/')).text()
const login = (person: Visitor, fields: Record<string, string>) => person.post('/login', fields, { follow: false })

test('its code compiles', () => expect(check()).toBe(''))

test('what is stored is argon2id, with as much memory as OWASP asks for', () => {
  const row = new DatabaseSync(accounts, { readOnly: true }).prepare('SELECT email, password FROM accounts').get()
  expect(row?.email).toBe('ada@example.test')
  expect(row?.password).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
})

test('a wrong password and an unknown address get the same answer', async () => {
  const answers = await Promise.all(
    [
      { ...ADA, password: 'guessed-1815' },
      { ...ADA, email: 'eve@example.test' },
    ].map((fields) => login(visitor(serve), fields)),
  )
  const [wrong, unknown] = await Promise.all(answers.map(async (answer) => [answer.status, await answer.text()]))
  expect(wrong).toEqual([401, 'That was not right.'])
  expect(unknown).toEqual(wrong)
})

test('an address has one account, and a password a length', async () => {
  expect((await visitor(serve).post('/sign-up', { ...ADA, email: ' ada@EXAMPLE.test ' })).status).toBe(409)
  expect((await visitor(serve).post('/sign-up', { email: 'bob@example.test', password: 'short' })).status).toBe(400)
})

test('a sign-in is for whoever knew the password, not for whoever had the cookie before', async () => {
  const ada = visitor(serve)
  await ada.post('/sign-up', { email: 'first@example.test', password: 'lovelace-1815' })
  const thief = ada.steal()
  expect((await login(ada, ADA)).status).toBe(303)
  expect(await seen(ada)).toMatch(/^You are /)
  expect(await seen(thief)).not.toBe(await seen(ada))
})

test('a new password ends all other sessions, and the old one opens nothing', async () => {
  const fields = { email: 'carol@example.test', password: 'the-old-one' }
  const [here, there] = [visitor(serve), visitor(serve)]
  await here.post('/sign-up', fields)
  await login(there, fields)
  expect(await seen(there)).toMatch(/^You are /)
  expect(await (await here.post('/password', { password: 'the-new-one' })).text()).toBe('1 other sessions were ended.')
  expect(await seen(here)).toMatch(/^You are /)
  expect(await seen(there)).toBe('Please sign in.')
  expect((await login(there, fields)).status).toBe(401)
  expect((await login(there, { ...fields, password: 'the-new-one' })).status).toBe(303)
})

test('who signed out is out, also with a copy of the cookie', async () => {
  const ada = visitor(serve)
  await login(ada, ADA)
  const copy = ada.steal()
  await ada.post('/logout')
  expect([await seen(ada), await seen(copy)]).toEqual(['Please sign in.', 'Please sign in.'])
})

test('a form of another site signs nobody in', async () => {
  const answer = await visitor(serve).post('/login', ADA, { from: 'https://evil.example', follow: false })
  expect(answer.status).toBe(403)
})
