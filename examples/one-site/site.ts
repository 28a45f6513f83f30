import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type App, type AppName, type Environment, open, temporaryFolder } from '../harness.ts'
import { freePort } from '../processes.ts'
import { serveSite } from './server.ts'

/** The five, and where they are. */
export const places = { h3: '/h3', remix: '/remix', astro: '/astro', nitro: '/nitro', hydrogen: '/hydrogen' } as const
export type Place = keyof typeof places

export const COOKIE = 'site'

/** The five apps with one secret, one cookie and one store, behind one server. */
export async function openSite({ PORT, ...env }: Environment = {}): Promise<App> {
  const folder = temporaryFolder()
  const shared: Environment = { SESSION_COOKIE: COOKIE, COATCHECK_STORE: join(folder, 'sessions.sqlite'), ...env }
  const started = performance.now()
  const opened: App[] = []
  const closeAll = async (): Promise<void> => {
    await Promise.all(opened.map((app) => app.stop()))
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    for (const [name, BASE] of Object.entries(places)) opened.push(await open(name as AppName, { ...shared, BASE }))
    const origins = new Map(opened.map(({ name, origin }) => [places[name as Place] as string, origin]))
    // Hydrogen 1 has its pages below a prefix, and its scripts at the root.
    origins.set('', origins.get(places.hydrogen) ?? '')
    const port = Number(PORT ?? (await freePort()))
    const server = await serveSite(origins, port)
    const origin = `http://127.0.0.1:${port}`
    return {
      name: 'one-site',
      origin,
      url: (path) => `${origin}${path}`,
      output: () => opened.map((app) => `${app.name}:\n${app.output()}`).join('\n'),
      seconds: (performance.now() - started) / 1000,
      async stop() {
        server.closeAllConnections()
        await new Promise((closed) => server.close(closed))
        await closeAll()
      },
    }
  } catch (error) {
    await closeAll()
    throw error
  }
}
