// What a Worker pays: `npm run bench:worker` bundles a Worker for each adapter that runs there and for none, and starts each in workerd some times,
// in an order of chance. Bytes of the bundle, and milliseconds from the start of the runtime to the first response. --quick: once each.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Miniflare } from 'miniflare'
import { rolldown } from 'rolldown'
import { tableOf } from '../scripts/doc-table.ts'
import { root } from '../scripts/steps.ts'
import { SECRET } from './session.ts'
import { shuffled, spreadOf } from './statistics.ts'

const rounds = process.argv.includes('--quick') ? 1 : 9

interface Worker {
  readonly name: string
  /** Which Worker without a session it is compared with. */
  readonly over?: string
  readonly source: string
}

const SECRETS = `secrets: '${SECRET}'`
const STORAGE = `const storage = createCookieSessionStorage({ cookie: { name: 's', secrets: ['${SECRET}'], secure: true } })
export default { async fetch(request) {
  const session = await storage.getSession(request.headers.get('cookie'))
  session.set('visits', (session.get('visits') ?? 0) + 1)
  return new Response('ok', { headers: { 'set-cookie': await storage.commitSession(session) } })
} }`

/** Each counts a visit in a sealed session. */
const WORKERS: readonly Worker[] = [
  { name: 'no session', source: `export default { fetch: async () => new Response('ok') }` },
  { name: 'Hono', source: `import { Hono } from 'hono'\nexport default new Hono().get('/', (c) => c.text('ok'))` },
  { name: 'h3 2', source: `import { H3 } from 'h3'\nexport default new H3().get('/', () => 'ok')` },
  {
    name: 'coatcheck/fetch',
    over: 'no session',
    source: `import { createSessions } from 'coatcheck'
import { withSession } from 'coatcheck/fetch'
const sessions = createSessions({ ${SECRETS} })
export default { fetch: withSession(sessions, async (request) => {
  const session = await sessions.open(request)
  session.set('visits', (session.get('visits') ?? 0) + 1)
  return new Response('ok')
}) }`,
  },
  {
    name: 'coatcheck/hono',
    over: 'Hono',
    source: `import { createSessions } from 'coatcheck'
import { withSession } from 'coatcheck/hono'
import { Hono } from 'hono'
const sessions = createSessions({ ${SECRETS} })
export default new Hono().use(withSession(sessions)).get('/', async (c) => {
  const session = await sessions.open(c)
  session.set('visits', (session.get('visits') ?? 0) + 1)
  return c.text('ok')
})`,
  },
  {
    name: 'coatcheck/h3',
    over: 'h3 2',
    source: `import { useSession } from 'coatcheck/h3'
import { H3 } from 'h3'
export default new H3().get('/', async (event) => {
  const session = await useSession(event, { password: '${SECRET}' })
  await session.update(({ visits = 0 }) => ({ visits: visits + 1 }))
  return 'ok'
})`,
  },
  {
    name: 'coatcheck/react-router',
    over: 'no session',
    source: `import { createCookieSessionStorage } from 'coatcheck/react-router'\n${STORAGE}`,
  },
  {
    name: 'coatcheck/remix',
    over: 'no session',
    source: `import { createCookieSessionStorage } from 'coatcheck/remix'\n${STORAGE}`,
  },
  {
    name: 'coatcheck/remix3',
    over: 'no session',
    source: `import { createCookie, createCookieSessionStorage, session } from 'coatcheck/remix3'
const cookie = createCookie('s', { secrets: ['${SECRET}'], secure: true })
const middleware = session(cookie, createCookieSessionStorage())
export default { fetch(request) {
  const context = { request }
  return middleware(context, async () => {
    context.session.set('visits', (context.session.get('visits') ?? 0) + 1)
    return new Response('ok')
  })
} }`,
  },
  {
    name: 'coatcheck/hydrogen',
    over: 'no session',
    source: `import { AppSession } from 'coatcheck/hydrogen'
export default { async fetch(request) {
  const session = await AppSession.init(request, ['${SECRET}'], { secure: true })
  session.set('visits', (session.get('visits') ?? 0) + 1)
  return new Response('ok', { headers: { 'set-cookie': await session.commit() } })
} }`,
  },
]

interface Bundle {
  readonly code: string
  readonly bytes: number
  readonly packed: number
}

async function bundleOf(folder: string, { name, source }: Worker): Promise<Bundle> {
  const input = join(folder, `${name.replaceAll(/\W/g, '-')}.mjs`)
  writeFileSync(input, source)
  const bundle = await rolldown({
    input,
    platform: 'neutral',
    resolve: { mainFields: ['module', 'main'], conditionNames: ['workerd', 'worker', 'import'] },
    external: [/^node:/],
    logLevel: 'silent',
  })
  const { output } = await bundle.generate({ format: 'esm', minify: true, codeSplitting: false })
  await bundle.close()
  const { code } = output[0]
  return { code, bytes: Buffer.byteLength(code), packed: gzipSync(code, { level: 9 }).length }
}

/** Milliseconds until a new runtime has answered its first request. Throws when it set no cookie, but for a Worker without a session. */
async function firstResponse({ name, over }: Worker, { code }: Bundle): Promise<number> {
  const start = performance.now()
  const runtime = new Miniflare({
    modules: [{ type: 'ESModule', path: 'worker.mjs', contents: code }],
    compatibilityDate: '2026-07-30',
    compatibilityFlags: ['nodejs_compat'],
    // Otherwise it would ask a server of Cloudflare what requests look like there.
    cf: false,
  })
  try {
    const response = await runtime.dispatchFetch('https://app.test/')
    const [body, cookies] = [await response.text(), response.headers.getSetCookie()]
    const millis = performance.now() - start
    if (body !== 'ok' || cookies.length !== (over === undefined ? 0 : 1))
      throw new Error(`${name} answered ${body} with ${cookies}.`)
    return millis
  } finally {
    await runtime.dispose()
  }
}

// Inside of the repository, whose packages are found from there.
const cache = join(root, '.cache')
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(join(cache, 'worker-'))
try {
  const bundles = new Map<Worker, Bundle>()
  for (const worker of WORKERS) bundles.set(worker, await bundleOf(folder, worker))
  const times = new Map(WORKERS.map(({ name }): [string, number[]] => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (const [worker, bundle] of shuffled([...bundles])) times.get(worker.name)?.push(await firstResponse(worker, bundle))
  const rows = [...bundles].map(([{ name, over }, { bytes, packed }]) => {
    const { median, quartiles } = spreadOf(times.get(name) ?? [])
    const base = over === undefined ? undefined : spreadOf(times.get(over) ?? []).median
    const kilobytes = (value: number): string => (value / 1000).toFixed(1)
    const [low, high] = quartiles.map((value) => value.toFixed(0))
    return [
      name,
      over ?? '',
      kilobytes(bytes),
      kilobytes(packed),
      `${median.toFixed(0)} (${low} to ${high})`,
      base === undefined ? '' : (median - base).toFixed(0),
    ]
  })
  console.log(tableOf(['Worker', 'over', 'kB, minified', 'kB, packed', 'first response, ms', 'more, ms'], rows))
  console.log(
    `\nMedians of ${rounds} starts each, with quartiles, in an order of chance; the start of the runtime is in all of them.`,
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}
