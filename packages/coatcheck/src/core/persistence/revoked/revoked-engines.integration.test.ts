import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Running, startPostgres, startRedis } from '../../../../../../scripts/engine-servers.ts'
import { isLeftOut, type Reachable, startOrTake } from '../../../../test/helpers/engines.ts'
import { openShared } from '../../../../test/helpers/shared.ts'
import { SECRET } from '../../../../test/helpers/site.ts'

const CHILD = fileURLToPath(new URL('../../../../test/children/revoked-site.ts', import.meta.url))
const ROUNDS = 250

const ENGINES = [
  ['redis', () => startRedis()],
  ['postgres', () => startPostgres()],
] as const satisfies readonly (readonly [string, () => Promise<Running>])[]

async function startSite(kind: string, url: string): Promise<{ child: ChildProcess; origin: string }> {
  const child = spawn(process.execPath, [CHILD, kind, url, SECRET], { stdio: ['ignore', 'pipe', 'ignore'] })
  const lines = createInterface({ input: child.stdout })
  for await (const origin of lines) return { child, origin }
  throw new Error('The site did not start.')
}

describe.each(ENGINES.filter(([kind]) => !isLeftOut(kind)))('promise 15, two processes over %s', (kind, start) => {
  let engine: Reachable
  let sites: { child: ChildProcess; origin: string }[] = []
  beforeAll(async () => {
    engine = await startOrTake(kind, start)
    const { store, close } = await openShared(kind, engine.url)
    await store.migrate?.()
    await close()
    sites = [await startSite(kind, engine.url), await startSite(kind, engine.url)]
  })
  afterAll(async () => {
    for (const { child } of sites) child.kill()
    await engine.stop()
  })

  /** Status, what the page said, and the cookie that it gave. */
  async function visit(at: number, path: string, cookie = '') {
    const response = await fetch(`${sites[at % 2]?.origin}/${path}`, { headers: cookie === '' ? {} : { cookie } })
    const given = response.headers.getSetCookie().map((line) => line.split(';')[0] ?? '')
    const isNew = response.headers.get('x-new') === 'true'
    return {
      status: response.status,
      isNew,
      text: await response.text(),
      cookie: given.find((pair) => pair.length > 'sid='.length),
    }
  }

  test(`of ${ROUNDS} sign-outs beside writes, new ids and sign-ins under way, none leaves a cookie that opens the session`, async () => {
    let [acknowledged, alive] = [0, 0]
    for (let round = 0; round < ROUNDS; round++) {
      const { cookie = '' } = await visit(round, 'login')
      expect((await visit(round + 1, '', cookie)).text).toBe('ada')
      const others = ['write', 'renew', 'login', 'write', ''].map((path, at) => visit(round + at, path, cookie))
      const [end, ...answers] = await Promise.all([visit(round + 1, 'logout', cookie), ...others])
      if (end.status !== 200) continue
      acknowledged++
      // A sign-in that came after the end began a session of its own.
      const held = [cookie, ...answers.flatMap((answer) => (answer.cookie && !answer.isNew ? [answer.cookie] : []))]
      const seen = await Promise.all(held.flatMap((each) => [visit(0, '', each), visit(1, '', each)]))
      alive += seen.filter(({ text }) => text === 'ada').length
    }
    expect(acknowledged).toBeGreaterThan(ROUNDS / 2)
    expect(alive).toBe(0)
  })

  test('and of 100 ends of all of an owner, each by the one process, none leaves a cookie that the other opens', async () => {
    for (let round = 0; round < 100; round++) {
      const cookies = await Promise.all([visit(0, 'login'), visit(1, 'login')])
      const [ender = ''] = cookies.flatMap(({ cookie }) => (cookie ? [cookie] : []))
      expect((await visit(round, 'everywhere', ender)).status).toBe(200)
      for (const { cookie } of cookies) expect((await visit(round + 1, '', cookie)).text).toBe('nobody')
    }
  })
})
