import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { openProject } from '../../../../examples/pasted.ts'
import { root } from '../../../../scripts/steps.ts'
import type { Adapter, Handle, TicketResponse } from '../../test/helpers/adapter.ts'
import { tellStories } from '../../test/helpers/adapter-stories.ts'
import type { AnySessions, Sessions } from '../core/sessions.ts'
import { type RequestArguments, sessionMiddleware } from './tanstack-start.ts'

// An application of TanStack Start that has one route for everything, built by Start itself and served in this process.

const FILES = {
  'vite.config.ts': `import { tanstackStart } from '@tanstack/react-start/plugin/vite'
export default { plugins: [tanstackStart()], logLevel: 'silent' }`,
  'src/router.tsx': `import { createRouter } from '@tanstack/react-router'
import { routeTree } from './routeTree.gen'
export const getRouter = () => createRouter({ routeTree })`,
  'src/routes/__root.tsx': `import { createRootRoute } from '@tanstack/react-router'
export const Route = createRootRoute({ component: () => null })`,
  'src/routes/$.ts': `import { createFileRoute } from '@tanstack/react-router'
export const Route = createFileRoute('/$')({ server: { handlers: { ANY: ({ request }) => globalThis.startStories.handle(request) } } })`,
  'src/start.ts': `import { createMiddleware, createStart } from '@tanstack/react-start'
const around = createMiddleware().server((given) => globalThis.startStories.around(given))
export const startInstance = createStart(() => ({ requestMiddleware: [around] }))`,
  'serve.js': `import { toNodeHandler } from 'srvx/node'
import server from './dist/server/server.js'
export default toNodeHandler((request) => server.fetch(request))`,
}

type Given = RequestArguments<{ readonly response: Response }>
/** What the application asks for each of its requests. */
interface Stories {
  around(given: Given): unknown
  handle(request: Request): Promise<Response>
}

const folder = join(root, '.cache/start-stories')
const { release } = await openProject({ name: 'tanstack-start', folder, files: FILES, build: 'vite build' })
afterAll(release)
const { default: serve } = (await import(pathToFileURL(join(folder, 'serve.js')).href)) as { default: RequestListener }

function respond({ status = 200, headers = [], body = '', redirect }: TicketResponse): Response {
  const all = new Headers(headers.map(([name, value]): [string, string] => [name, value]))
  if (redirect !== undefined) all.set('location', redirect)
  const stream = typeof body === 'string' ? body : Readable.from(body).map((piece: string) => Buffer.from(piece))
  const init = { status: redirect === undefined ? status : 303, headers: all }
  return new Response(typeof stream === 'string' ? stream || null : (Readable.toWeb(stream) as ReadableStream), init)
}

/** Requests say in a header which application of the process they are for. */
const applications: Stories[] = []
const meant = ({ headers }: Request): Stories => applications[Number(headers.get('x-application'))] as Stories
const here: Stories = {
  around: (given) => meant(given.request).around(given),
  handle: (request) => meant(request).handle(request),
}
Object.assign(globalThis, { startStories: here })

function application(handle: Handle, sessions: readonly AnySessions[]): Stories {
  const middleware = sessions.map((each) =>
    sessionMiddleware(each as Sessions, () => {
      throw new Error('nobody asks')
    }),
  )
  return {
    handle: async (request) => respond(await handle({ request, path: new URL(request.url).pathname })),
    around: (given) =>
      middleware.reduceRight<Given['next']>(
        (next, { onRequest }) =>
          () =>
            onRequest({ ...given, next }),
        given.next,
      )(),
  }
}

const adapter: Adapter = {
  name: 'TanStack Start',
  answersThrows: false,
  listener(handle, sessions) {
    const at = applications.push(application(handle, sessions)) - 1
    return (req, res) => {
      req.headers['x-application'] = String(at)
      req.rawHeaders.push('x-application', String(at))
      serve(req, res)
    }
  },
}
tellStories(adapter)

test('what is no object of createSessions() is refused', () => {
  expect(() => sessionMiddleware({} as Sessions, () => new Request('http://a/'))).toThrow('createSessions')
})
