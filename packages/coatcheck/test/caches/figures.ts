import { tableOf } from '../../../../scripts/doc-table.ts'
import { viaFetch } from './adapters.ts'
import { pageOfNginx, pageOfVarnish, plainNginx, plainVarnish } from './configurations.ts'
import { Browser, originOf } from './origin.ts'
import type { Cache } from './stories.ts'

const VISITORS = 20
const VISITS = 5

const COMPARED: readonly (readonly [name: string, cache: Cache])[] = [
  ['nginx, `proxy_cache` alone', plainNginx],
  ['nginx as above', pageOfNginx],
  ['Varnish as it comes', plainVarnish],
  ['Varnish as above', pageOfVarnish],
]

/** How many of the visits each cache answered by itself, as a table: of visitors without a cookie, with one of a script, and with a session. */
export async function hitTable(): Promise<string> {
  const site = viaFetch('fetch', ({ store, now, onEvent }) => ({ ...(store && { store }), now, onEvent }))
  const rows: string[][] = []
  for (const [name, cache] of COMPARED) {
    const origin = await originOf(site)
    const { port, stop } = await cache(origin.port)
    const hits = async (path: string, browserOf: (number: number) => Promise<Browser>): Promise<string> => {
      const browsers = await Promise.all(Array.from({ length: VISITORS }, (_, number) => browserOf(number)))
      const before = origin.made()
      for (let visit = 0; visit < VISITS; visit++) for (const browser of browsers) await browser.visit(path)
      const all = VISITORS * VISITS
      return `${Math.round((100 * (all - (origin.made() - before))) / all)} %`
    }
    const known = async (number: number): Promise<Browser> => {
      const browser = new Browser(port)
      await browser.visit(`/login/${number}`, { 'x-name': `n${number}` })
      return browser
    }
    rows.push([
      name,
      await hits('/quiet/none', async () => new Browser(port)),
      await hits('/quiet/script', async (number) => new Browser(port, `_ga=${number}`)),
      await hits('/quiet/session', known),
    ])
    await stop()
  }
  return tableOf(['cache', 'no cookie', 'a cookie of a script each', 'a session each'], rows)
}
