import { startMariadb, startPostgres, startRedis } from '../../../../scripts/engine-servers.ts'
import { type EngineName, givenUrl } from '../../../../scripts/engines.ts'
import { isLeftOut } from '../helpers/engines.ts'

interface Server {
  readonly engine: EngineName
  start(): Promise<{ readonly url: string; stop(): Promise<void> }>
}

/** The variables that examples take the address of a server from. */
const SERVERS: Readonly<Record<string, Server>> = {
  REDIS_URL: { engine: 'redis', start: () => startRedis() },
  POSTGRES_URL: { engine: 'postgres', start: () => startPostgres() },
  MYSQL_URL: {
    engine: 'mariadb',
    async start() {
      const running = await startMariadb()
      return { ...running, url: `${running.url}mysql` }
    },
  },
}

const namesIn = (code: string): string[] => Object.keys(SERVERS).filter((name) => code.includes(`process.env.${name}`))

/** Whether this example needs an engine that the run was told to go without. */
export const needsLeftOut = (code: string): boolean => namesIn(code).some((name) => isLeftOut((SERVERS[name] as Server).engine))

/** Starts what these examples connect to: the variables for them, and how to stop it again. */
export async function serversFor(code: string): Promise<{ env: Record<string, string>; stop(): Promise<void> }> {
  const env: Record<string, string> = {}
  const stops: (() => Promise<void>)[] = []
  for (const name of namesIn(code)) {
    const { engine, start } = SERVERS[name] as Server
    if (isLeftOut(engine)) continue
    const given = givenUrl(engine)
    const running = given === undefined ? await start() : undefined
    env[name] = given ?? running?.url ?? ''
    if (running) stops.push(() => running.stop())
  }
  return {
    env,
    async stop() {
      for (const stop of stops) await stop()
    },
  }
}
