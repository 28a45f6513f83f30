import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { visitor } from '../src/testing/visitor.ts'
import { startWorkerd, storeIn, type Workerd } from './helpers/workerd.ts'

interface Page {
  readonly owner?: string
  readonly n?: number
  readonly list: readonly string[]
}

describe.each(['d1', 'objects', 'kv'] as const)('a Worker in workerd with sessions in %s', (store) => {
  // KV promises neither, and says so.
  const strong = store === 'kv' ? () => {} : it
  let workerd: Workerd
  beforeAll(async () => {
    workerd = await startWorkerd()
    const { migrate } = await storeIn(workerd, { store, place: 'coatcheck_sessions' }, Date.now)
    await migrate?.()
  })
  afterAll(() => workerd.stop())

  /** As a browser behind the TLS of Cloudflare sees it. */
  async function serve(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url)
    return fetch(new URL(pathname + search, await workerd.url()), { headers: Object.fromEntries(request.headers) })
  }
  const newBrowser = () => visitor(serve, { now: Date.now })
  type Browser = ReturnType<typeof newBrowser>
  const visit = async (browser: Browser, does: string): Promise<Page> =>
    (await (await browser.get(`/${store}/${does}`)).json()) as Page

  it('knows its visitor again, also after it was started anew', async () => {
    const ada = newBrowser()
    const stranger = newBrowser()
    expect(await visit(ada, 'login')).toEqual({ owner: 'ada', list: [] })
    expect(ada.cookies()).toHaveLength(1)
    for (const item of ['hat', 'scarf']) await visit(ada, `count?item=${item}`)
    const page = { owner: 'ada', n: 2, list: ['hat', 'scarf'] }
    expect(await visit(ada, '')).toEqual(page)
    await workerd.restart()
    expect(await visit(ada, '')).toEqual(page)
    expect(await visit(stranger, '')).toEqual({ list: [] })
    expect(stranger.cookies()).toEqual([])
  })

  strong('loses nothing of 32 writes at once', async () => {
    const ada = newBrowser()
    await visit(ada, 'login')
    const items = Array.from({ length: 32 }, (_, nth) => `item-${nth}`)
    await Promise.all(items.map((item) => visit(ada.steal(), `count?item=${item}`)))
    const { n, list } = await visit(ada, '')
    expect([n, list.toSorted()]).toEqual([32, items.toSorted()])
  })

  it('does not bring a session back that was ended', async () => {
    const ada = newBrowser()
    await visit(ada, 'login')
    const copy = ada.steal()
    const page = await visit(ada, 'logout')
    expect(page).toEqual({ list: [] })
    expect(await visit(copy, 'count')).toEqual({ list: [] })
    expect(await visit(copy, '')).toEqual({ list: [] })
  })

  strong('does not bring it back either by writes that were under way', async () => {
    for (let round = 0; round < 5; round++) {
      const ada = newBrowser()
      await visit(ada, 'login')
      const copies = Array.from({ length: 8 }, () => ada.steal())
      const writing = copies.map((copy, nth) => visit(copy, `count?item=${nth}`))
      const left = visit(ada, 'logout')
      await Promise.all([...writing, left])
      for (const copy of copies) expect(await visit(copy, '')).toEqual({ list: [] })
    }
  })
})
