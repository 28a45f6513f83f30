import { startMariadb, startMemcached, startNats, startPostgres, startRedis } from '../../../../scripts/engine-servers.ts'
import type { EngineName } from '../../../../scripts/engines.ts'
import { isLeftOut, startOrTake } from '../helpers/engines.ts'
import { startMongodb } from '../stand-ins/mongodb/server.ts'
import { startUpstash, TOKEN } from '../stand-ins/upstash.ts'
import { startDynalite } from '../stores/dynamodb.ts'

interface Server {
  /** What an example that connects to it holds. */
  readonly sign: string
  readonly engine?: EngineName
  start(): Promise<{ readonly url: string; stop(): unknown }>
  /** The variables by which the example finds it. */
  env(url: string): Record<string, string>
}

const served = (variable: string, engine: EngineName, start: () => Promise<{ url: string; stop(): Promise<void> }>): Server => ({
  sign: `process.env.${variable}`,
  engine,
  start: () => startOrTake(engine, start),
  env: (url) => ({ [variable]: url }),
})

const SERVERS: readonly Server[] = [
  served('REDIS_URL', 'redis', () => startRedis()),
  served('POSTGRES_URL', 'postgres', () => startPostgres()),
  served('MYSQL_URL', 'mariadb', async () => {
    const running = await startMariadb()
    return { ...running, url: `${running.url}mysql` }
  }),
  served('NATS_URL', 'nats', () => startNats()),
  served('MEMCACHED_URL', 'memcached', () => startMemcached()),
  { sign: 'process.env.MONGODB_URL', start: startMongodb, env: (url) => ({ MONGODB_URL: url }) },
  {
    sign: '@upstash/redis',
    engine: 'redis',
    start: async () => startUpstash(await startOrTake('redis', startRedis)),
    env: (url) => ({ UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: TOKEN }),
  },
  {
    sign: '@aws-sdk/client-dynamodb',
    start: startDynalite,
    env: (url) => ({
      AWS_ENDPOINT_URL_DYNAMODB: url,
      AWS_REGION: 'local',
      AWS_ACCESS_KEY_ID: 'key',
      AWS_SECRET_ACCESS_KEY: 'secret',
    }),
  },
]

const neededBy = (code: string): Server[] => SERVERS.filter(({ sign }) => code.includes(sign))

/** Whether this example needs an engine that the run was told to go without. */
export const needsLeftOut = (code: string): boolean =>
  neededBy(code).some(({ engine }) => engine !== undefined && isLeftOut(engine))

/** Starts what these examples connect to: the variables for them, and how to stop it again. */
export async function serversFor(code: string): Promise<{ env: Record<string, string>; stop(): Promise<void> }> {
  const variables: Record<string, string> = {}
  const stops: (() => unknown)[] = []
  for (const { engine, start, env } of neededBy(code)) {
    if (engine !== undefined && isLeftOut(engine)) continue
    const { url, stop } = await start()
    Object.assign(variables, env(url))
    stops.push(stop)
  }
  return {
    env: variables,
    async stop() {
      for (const stop of stops) await stop()
    },
  }
}
