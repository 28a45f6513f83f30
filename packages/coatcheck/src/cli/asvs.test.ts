import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { call } from '../../test/helpers/command.ts'
import { root } from '../../test/tree/files.ts'
import { withSession } from '../adapters/node.ts'
import { createSessions } from '../index.ts'
import { memoryStore } from '../stores/memory.ts'
import { ROWS } from './asvs/rows.ts'

const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

async function verdicts(listener: RequestListener, ...more: string[]) {
  const server = createServer(listener)
  stops.push(() => {
    server.closeAllConnections()
    server.close()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const steps = ['--begin', 'POST /add', '--sign-in', 'POST /in', '--sign-out', 'POST /out']
  const { code, said } = await call('/', ['asvs', url, ...steps, ...more, '--json'])
  const { rows }: { rows: readonly { id: string; result: string }[] } = JSON.parse(said)
  const of = (result: string): string[] => rows.filter((row) => row.result === result).map(({ id }) => id)
  return { code, rows, passed: of('pass'), failed: of('fail') }
}

it('goes through the rows of the page, in their order', () => {
  const page = readFileSync(join(root, 'docs/asvs.md'), 'utf8')
  const lines = page.split('\n').map((line) => line.split('|').map((cell) => cell.trim()))
  const rows = lines.flatMap(([, id = '', second = '', third = '']) => {
    if (!/^\d+\.\d+(\.\d+)?( [a-f])?$/.test(id)) return []
    const level = /^[123]$/.test(second) ? Number(second) : null
    return [[level ? id : `NIST ${id}`, level, (level ? third : second).replaceAll('`', '')]]
  })
  expect(ROWS).toEqual(rows)
})

it('finds with a site of ours nothing but what plain HTTP is', async () => {
  const sessions = createSessions({ secrets: 'Jx9mQ4vR2tY7wB5nC8kD1fG6hL3pZ0sA', store: memoryStore() })
  const { code, passed, failed } = await verdicts(
    withSession(sessions, async (req, res) => {
      if (req.headers['sec-fetch-site'] === 'cross-site') return void res.writeHead(403).end()
      const mine = await sessions.open(req)
      if (req.url === '/add' && req.method === 'POST') mine.set('cart', 1)
      if (req.url === '/in') mine.signIn('ada')
      if (req.url === '/out') mine.signOut()
      res.end(`cart: ${mine.get('cart') ?? 0}, ${mine.owner ?? 'nobody'}`)
    }),
  )
  expect([code, failed]).toEqual([1, ['NIST 5.1 c']])
  expect(passed).toEqual(
    expect.arrayContaining([
      '7.2.1',
      '7.2.2',
      '7.2.3',
      '7.2.4',
      '7.4.1',
      '7.6.2',
      '3.3.1',
      '3.3.4',
      '3.5.1',
      '3.5.3',
      '14.3.2',
      'NIST 5.1.1 d',
    ]),
  )
})

/** Everything that a site can do wrong: whoever it is says so in a cookie that anybody can write. */
const wrong: RequestListener = (req, res) => {
  const known = /user=([^;]+)/.exec(req.headers.cookie ?? '')?.[1]
  const said = known ? JSON.parse(Buffer.from(known, 'base64').toString()) : {}
  const { pathname } = new URL(req.url ?? '', 'http://x')
  const next =
    pathname === '/add'
      ? { ...said, cart: 1 }
      : pathname === '/in'
        ? { ...said, user: 'ada' }
        : pathname === '/out'
          ? {}
          : { seen: 1, ...said }
  const value = Buffer.from(JSON.stringify(next)).toString('base64')
  res.setHeader('set-cookie', `user=${value}; Path=/`)
  res.end(`cart: ${next.cart ?? 0}, ${next.user ?? 'nobody'} ${known}`)
}

it('finds what is wrong with a site that has its sessions in cookies of its own', async () => {
  const { failed } = await verdicts(wrong, '--cookie', 'user')
  expect(failed).toEqual(
    expect.arrayContaining([
      '7.2.2',
      '7.2.3',
      '7.4.1',
      '7.6.2',
      '3.3.1',
      '3.3.2',
      '3.3.3',
      '3.3.4',
      '3.5.1',
      '3.5.2',
      '3.5.3',
      '14.3.2',
      'NIST 5.1.1 b',
      'NIST 5.1.1 d',
    ]),
  )
})

it('says cannot tell of what needs a request that it was not given', async () => {
  const server = createServer((_, res) => void res.end('hello'))
  stops.push(() => server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { code, said } = await call('/', ['asvs', `http://127.0.0.1:${(server.address() as AddressInfo).port}`])
  expect([code, said]).toEqual([0, expect.stringMatching(/^7\.6\.2 +pass[^\n]*\n\n1 pass, 0 fail; of 58 nothing can be told/)])
})

it('says that the site does not answer', async () => {
  expect(await call('/', ['asvs', 'http://127.0.0.1:1'])).toMatchObject({
    code: 1,
    said: '',
    complaint: expect.stringContaining('does not answer (ECONNREFUSED)'),
  })
})
