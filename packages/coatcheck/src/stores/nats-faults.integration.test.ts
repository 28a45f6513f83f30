import type { Kvm } from '@nats-io/kv'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Running, startNats } from '../../../../scripts/engine-servers.ts'
import { freshName } from '../../test/helpers/engines.ts'
import { losesNothing, outlives, siteOver, whenBack } from '../../test/helpers/faults.ts'
import { silent } from '../../test/helpers/silent.ts'
import { connectNats } from '../../test/stores/nats.ts'
import { type NatsStore, natsStore } from './nats.ts'

describe('natsStore, when', () => {
  let nats: Running
  let client: Kvm
  let close: () => Promise<void>
  beforeAll(async () => {
    nats = await startNats()
    ;({ client, close } = await connectNats(nats.url))
  })
  afterAll(async () => {
    await close()
    await nats.stop()
  })

  async function made(): Promise<{ store: NatsStore; bucket: string }> {
    const bucket = freshName()
    const store = natsStore(client, { bucket })
    await store.migrate()
    return { store, bucket }
  }

  it('fault: NATS | killed mid-request and started again | STORE_FAILED | all that was acknowledged is there', async () => {
    const { store } = await made()
    await outlives(store, { strike: () => nats.server.kill(), heal: () => nats.server.start() })
  })

  it('fault: NATS | killed under load and started again | STORE_FAILED | all that was acknowledged is there, nothing twice', async () => {
    const { store } = await made()
    await losesNothing(store, { strike: () => nats.server.kill(), heal: () => nats.server.start() })
  })

  it('fault: NATS | stops answering (SIGSTOP) for 3 seconds | STORE_FAILED, after 2 seconds | goes on where it was', async () => {
    const { store } = await made()
    let struck = 0
    await outlives(store, {
      async strike() {
        struck = performance.now()
        nats.server.pause()
        await silent(nats.url, 'PING\r\n')
      },
      async heal() {
        await new Promise((resolve) => setTimeout(resolve, 3000 - (performance.now() - struck)))
        nats.server.resume()
      },
      says: /did not answer .* within 2 seconds/,
    })
  })

  it('fault: NATS | the stream is gone, and made again by `migrate` | STORE_FAILED (10059), cookies stay | works again, without the sessions it held', async () => {
    const { store, bucket } = await made()
    const shop = siteOver(store)
    const [ada, bob] = [shop.person(), shop.person()]
    await ada.does((session) => session.signIn('ada'))
    await bob.does((session) => session.set('cart', 'hat'))
    const tickets = [ada.ticket, bob.ticket]
    const { streams } = await client.js.jetstreamManager(false)
    const since = performance.now()
    const interrupted = bob.does(async (session) => {
      session.set('cart', 'scarf')
      await streams.delete(`KV_${bucket}`)
    })
    await expect(interrupted).rejects.toMatchObject({ code: 'STORE_FAILED', fix: expect.stringContaining('migrate') })
    await expect(ada.does((session) => session.owner)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringMatching(/\(10059\).*store\.migrate\(\)/),
    })
    expect(performance.now() - since).toBeLessThan(100_000)
    expect([ada.ticket, bob.ticket]).toEqual(tickets)
    await store.migrate()
    expect(await ada.does((session) => session.owner)).toBeUndefined()
    await ada.does((session) => session.signIn('ada'))
    expect(await ada.does((session) => session.owner)).toBe('ada')
    await bob.does((session) => session.set('cart', 'scarf'))
    expect(await bob.does((session) => session.get('cart'))).toBe('scarf')
  })

  it('fault: NATS | no room left (`max_file_store`) | STORE_FAILED (10023) for writes; reads, sign-outs and prune are done | goes on where it was, once there is room', async () => {
    const limit = 200_000
    const small = await startNats([`jetstream: { max_file_store: ${limit} }`])
    const over = await connectNats(small.url)
    const store = natsStore(over.client)
    await store.migrate()
    const now = Date.now()
    const record = { data: 'x'.repeat(limit / 10), owner: 'ada', createdAt: now, endsAt: now + 60_000, expiresAt: now + 60_000 }
    const versions: string[] = []
    const fill = async (): Promise<void> => {
      for (;;) versions.push((await store.create(`key-${versions.length}`, record)) ?? '')
    }
    await expect(fill()).rejects.toMatchObject({ code: 'STORE_FAILED', message: expect.stringMatching(/\(10023\).*more/) })
    const [first = '', second = ''] = versions
    await expect(store.update('key-0', record, first)).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect((await store.read('key-0'))?.version).toBe(first)
    expect(await store.delete('key-0', second)).toBe(false)
    expect(await store.delete('key-0', first)).toBe(true)
    expect(await store.delete('key-0', first)).toBe(false)
    expect(await store.read('key-0')).toBeUndefined()
    expect(await store.listByOwner('ada')).not.toContain('key-0')
    expect((await store.read('key-1'))?.version).toBe(second)
    expect(await store.prune(now + 60_000, 100)).toBe(versions.length - 1)
    await small.server.stop()
    await small.server.start()
    expect(await whenBack(() => store.create('key-0', record))).toBeDefined()
    await over.close()
    await small.stop()
  })

  it('the client has given its connection up, it says how to keep one', async () => {
    const { store, bucket } = await made()
    const other = await connectNats(nats.url)
    const lost = natsStore(other.client, { bucket })
    await lost.read('key')
    await other.close()
    await expect(lost.read('key')).rejects.toMatchObject({ fix: expect.stringContaining('maxReconnectAttempts: -1') })
    expect(await whenBack(() => store.read('key'))).toBeUndefined()
  })
})
