import { once } from 'node:events'
import { Agent, createServer, type RequestListener, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as (options?: { type: 'minor' }) => void

/** Bytes that each of many requests leaves to the next full collection. */
export async function leftBy(visit: () => Promise<unknown>): Promise<number> {
  for (let n = 0; n < 50; n++) await visit()
  collect()
  const old = () => getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space')?.space_used_size ?? 0
  const before = old()
  for (let n = 0; n < 200; n++) {
    await visit()
    if (n % 50 === 49) for (let i = 0; i < 2; i++) collect({ type: 'minor' })
  }
  return (old() - before) / 200
}

/** The same of requests of one visitor to this listener, over one connection. */
export async function leftOverHttp(listener: RequestListener): Promise<number> {
  const server = createServer(listener)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const { port } = server.address() as AddressInfo
  let cookie = ''
  try {
    return await leftBy(async () => {
      const [response] = await once(request({ port, agent, headers: cookie ? { cookie } : {} }).end(), 'response')
      const lines: readonly string[] = response.headers['set-cookie'] ?? []
      if (lines.length > 0) cookie = lines.map((line) => line.split(';')[0]).join('; ')
      for await (const _ of response);
    })
  } finally {
    agent.destroy()
    server.close()
  }
}
