import { Miniflare } from 'miniflare'
import { rolldown } from 'rolldown'
import { d1Schema } from '../../src/stores/d1.ts'

/** Starts the example's Worker with every binding that a page of ours uses, and sends it requests. */
export async function inWorkerd(file: string): Promise<{ send(request: Request): Promise<Response>; stop(): Promise<void> }> {
  const bundle = await rolldown({
    input: file,
    platform: 'neutral',
    resolve: { mainFields: ['module', 'main'] },
    logLevel: 'silent',
  })
  const { output } = await bundle.generate({ format: 'esm', codeSplitting: false })
  const [{ code, exports }] = output
  const worker = new Miniflare({
    modules: [{ type: 'ESModule', path: 'worker.mjs', contents: code }],
    compatibilityDate: '2026-07-30',
    bindings: { SESSION_SECRET: process.env.SESSION_SECRET ?? '' },
    cf: false,
    d1Databases: ['DB'],
    kvNamespaces: ['KV'],
    ...(exports.includes('SessionObject') && {
      durableObjects: { SESSIONS: { className: 'SessionObject', useSQLite: true } },
    }),
  })
  // What the page's migration would have made.
  const database = await worker.getD1Database('DB')
  for (const statement of d1Schema().split(/;\n/)) if (statement.trim()) await database.prepare(statement).run()
  return {
    async send(request) {
      const { url, method, headers } = request
      const body = method === 'GET' ? undefined : await request.text()
      const answer = await worker.dispatchFetch(url, {
        method,
        headers: Object.fromEntries(headers),
        redirect: 'manual',
        ...(body !== undefined && { body }),
      })
      return answer as unknown as Response
    },
    stop: () => worker.dispose(),
  }
}
