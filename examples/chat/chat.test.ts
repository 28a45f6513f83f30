import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { type Visitor, visitor } from '../../packages/coatcheck/src/testing/index.ts'
import { type App, open, start, temporaryFolder } from '../harness.ts'

const folder = temporaryFolder()
let one: App
let other: App
beforeAll(async () => {
  const env = { COATCHECK_STORE: join(folder, 'sessions.sqlite') }
  one = await open('chat', env)
  other = await start('chat', env)
})
afterAll(async () => {
  await other?.stop()
  await one?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** A browser knows no ports: what one process gave is sent to the other. */
const cookieOf = (ada: Visitor): string =>
  ada
    .cookies()
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ')

async function ada(app: App): Promise<Visitor> {
  const browser = visitor(app.origin)
  await browser.post('/login', { username: 'ada', password: 'lovelace' })
  return browser
}

function connect(
  app: App,
  cookie: string,
  origin = app.origin,
): { socket: WebSocket; ended: Promise<number>; heard(): Promise<string> } {
  const socket = new WebSocket(app.origin.replace('http', 'ws'), { headers: { cookie }, origin })
  const ended = new Promise<number>((resolve) => {
    socket.on('close', resolve)
    socket.on('unexpected-response', (_, { statusCode = 0 }) => resolve(statusCode))
    socket.on('error', () => {})
  })
  return { socket, ended, heard: () => new Promise((resolve) => socket.once('message', (text) => resolve(String(text)))) }
}

describe('the app in examples/chat, in two processes', () => {
  test('what one says counts in the session, and a sign-out through one process closes the sockets of the other', async () => {
    const browser = await ada(one)
    const cookie = cookieOf(browser)
    const [here, there] = [connect(one, cookie), connect(other, cookie)]
    await Promise.all([here, there].map(({ socket }) => new Promise((resolve) => socket.once('open', resolve))))
    for (const [nth, { socket, heard }] of [here, there].entries()) {
      const answer = heard()
      socket.send('hello')
      expect(await answer).toBe(`ada (${nth + 1}): hello`)
    }
    // At the same moment each may be told the same number; the session has both.
    const answers = [here.heard(), there.heard()]
    for (const { socket } of [here, there]) socket.send('again')
    for (const answer of await Promise.all(answers)) expect(answer).toMatch(/^ada \([34]\): again$/)
    expect(await (await browser.get('/')).text()).toContain('<span id="said">4</span>')
    await browser.post('/logout', {})
    expect(await Promise.all([here.ended, there.ended])).toEqual([4401, 4401])
  })

  test('a stranger, and a page of another site, get no socket', async () => {
    const cookie = cookieOf(await ada(one))
    expect(await connect(one, '').ended).toBe(4401)
    expect(await connect(one, cookie, 'https://evil.example').ended).toBe(403)
  })
})
