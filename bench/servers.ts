import { startPostgres, startRedis } from '../scripts/engine-servers.ts'
import type { Engine, Tools } from './setting.ts'

export interface Servers {
  readonly urls: Tools['urls']
  /** Why one of them is not there. */
  readonly missing: Readonly<Partial<Record<Engine, string>>>
  stop(): Promise<void>
}

const START = { redis: startRedis, postgres: startPostgres } as const

/** Those of the servers that can be had on this machine. */
export async function startServers(names: readonly Engine[] = ['redis', 'postgres']): Promise<Servers> {
  const stops: (() => Promise<void>)[] = []
  const urls: Partial<Record<Engine, string>> = {}
  const missing: Partial<Record<Engine, string>> = {}
  for (const name of names) {
    try {
      const { url, stop } = await START[name]()
      urls[name] = url
      stops.push(stop)
    } catch (error) {
      missing[name] = error instanceof Error ? error.message : String(error)
    }
  }
  return {
    urls,
    missing,
    async stop() {
      for (const stop of stops) await stop()
    },
  }
}
