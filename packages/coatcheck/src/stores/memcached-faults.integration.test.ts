import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Running, startMemcached } from '../../../../scripts/engine-servers.ts'
import { outlives, siteOver, whenBack } from '../../test/helpers/faults.ts'
import { silent } from '../../test/helpers/silent.ts'
import { connectMemcached } from '../../test/stores/memcached.ts'
import { memcachedStore, type OwnMemcachedClient } from './memcached.ts'

describe('memcachedStore, when', () => {
  let memcached: Running
  let client: OwnMemcachedClient
  beforeAll(async () => {
    memcached = await startMemcached()
    client = connectMemcached(memcached.url).client
  })
  afterAll(async () => {
    client.close()
    await memcached.stop()
  })

  it('fault: memcached | stops answering (SIGSTOP) for 3 seconds | STORE_FAILED, after 2 seconds | goes on where it was', async () => {
    let struck = 0
    await outlives(memcachedStore(client), {
      async strike() {
        struck = performance.now()
        memcached.server.pause()
        await silent(memcached.url, 'version\r\n')
      },
      async heal() {
        await new Promise((resolve) => setTimeout(resolve, 3000 - (performance.now() - struck)))
        memcached.server.resume()
      },
      says: /did not answer .*within 2 seconds/,
    })
  })

  it('fault: memcached | killed mid-request and started again | STORE_FAILED while it is down, cookies stay | works again; the sessions it held are gone', async () => {
    const shop = siteOver(memcachedStore(client))
    const [ada, bob] = [shop.person(), shop.person()]
    await ada.does((session) => session.signIn('ada'))
    await bob.does((session) => session.set('cart', 'hat'))
    const tickets = [ada.ticket, bob.ticket]
    const interrupted = bob.does(async (session) => {
      session.set('cart', 'scarf')
      await memcached.server.kill()
    })
    await expect(interrupted).rejects.toMatchObject({ code: 'STORE_FAILED' })
    await expect(ada.does((session) => session.owner)).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect([ada.ticket, bob.ticket]).toEqual(tickets)
    await memcached.server.start()
    expect(await whenBack(() => ada.does((session) => session.owner))).toBeUndefined()
    await ada.does((session) => session.signIn('ada'))
    expect(await ada.does((session) => session.owner)).toBe('ada')
    await bob.does((session) => session.set('cart', 'scarf'))
    expect(await bob.does((session) => session.get('cart'))).toBe('scarf')
  })

  it('fault: memcached | full | nothing fails | the sessions that were not used for the longest time are gone', async () => {
    const small = await startMemcached(['-m', '8'])
    const over = connectMemcached(small.url)
    const shop = siteOver(memcachedStore(over.client))
    const ada = shop.person()
    await ada.does((session) => session.signIn('ada'))
    const crowd = Array.from({ length: 400 }, () => shop.person())
    for (const person of crowd) await person.does((session) => session.set('cart', 'x'.repeat(40_000)))
    const there = await Promise.all(crowd.map((person) => person.does((session) => session.get('cart') !== undefined)))
    expect(there.slice(0, 50)).not.toContain(true)
    expect(there.slice(-50)).not.toContain(false)
    over.close()
    await small.stop()
  })
})
