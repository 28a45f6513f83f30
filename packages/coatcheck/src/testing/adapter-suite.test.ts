import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { getRequestListener } from '@hono/node-server'
import { describe, expect, test } from 'vitest'
// What `coatcheck`, `coatcheck/adapter` and `coatcheck/testing` export: whoever writes an adapter has nothing else.
import { adapterOf, delayHeaders, isAnswer, nodeHeaders, presentedBy, type RequestSession } from '../adapter.ts'
import { createSessions, type Session, type Sessions } from '../index.ts'
import { type AdapterUnderTest, adapterSuite, type SuiteAnswer, type SuiteSession, type SuiteSite } from './index.ts'

const suiteSession = (session: Session): SuiteSession => ({
  get: (key) => session.get(key),
  set: (key, value) => session.set(key, value),
  end: () => session.destroy(),
  flash: (key, ...value) => session.flash(key, ...(value as [])),
  signIn: (owner) => session.signIn(owner),
})

async function listening(listener: RequestListener): Promise<AdapterUnderTest> {
  const server = createServer(listener)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

// An adapter for routers of `Request => Response`, written step by step: each step can be done wrong.

type Fetch = (request: Request) => Promise<Response>

interface Steps {
  identity(request: Request): object
  close(visit: RequestSession, status: number): unknown
  threw(visit: RequestSession, error: unknown): unknown
  answered(visit: RequestSession, response: Response): Response
  finish(visit: RequestSession): void
}

const RIGHT: Steps = {
  identity: (request) => request,
  close: (visit, status) => visit.close(status),
  threw: (visit, error) => visit.threw(error),
  answered: (visit, response) => visit.answered(response),
  finish: (visit) => visit.finish(),
}

const fetchAdapter =
  (sessions: Sessions, handler: Fetch, steps: Steps): Fetch =>
  async (request) => {
    const adapter = adapterOf(sessions)
    const identity = steps.identity(request)
    const visit = adapter.requestSession(identity, request.headers)
    adapter.stands(request, identity)
    visit.enter()
    let response: Response
    try {
      response = await handler(request)
    } catch (error) {
      await steps.threw(visit, error)
      throw isAnswer(error) ? steps.answered(visit, error) : error
    }
    try {
      await steps.close(visit, response.status)
      return steps.answered(visit, response)
    } finally {
      steps.finish(visit)
    }
  }

function bodyOf({ body }: SuiteAnswer): BodyInit | null {
  return typeof body === 'string' || body === null
    ? body
    : (Readable.toWeb(Readable.from(body)) as ReadableStream).pipeThrough(new TextEncoderStream())
}

const serveFetch =
  (steps: Steps) =>
  ({ options, handle }: SuiteSite): Promise<AdapterUnderTest> => {
    const sessions = createSessions(options)
    const router: Fetch = async (request) => {
      const open = async (): Promise<SuiteSession> => suiteSession((await sessions.open(request)) as Session)
      const answer = await handle(new URL(request.url).pathname, open)
      return new Response(bodyOf(answer), {
        status: answer.status,
        headers: answer.headers.map(([...pair]) => pair) as [string, string][],
      })
    }
    const fetch = fetchAdapter(sessions, router, steps)
    const failed = () => new Response('failed', { status: 500 })
    return listening(getRequestListener((request) => fetch(request).catch(failed), { overrideGlobalObjects: false }))
  }

// One for bare node:http.

function serveNode({ options, handle }: SuiteSite): Promise<AdapterUnderTest> {
  const sessions = createSessions(options)
  const adapter = adapterOf(sessions)
  const respond = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const { status, headers, body } = await handle(req.url ?? '/', async () =>
      suiteSession((await sessions.open(req)) as Session),
    )
    res.statusCode = status
    for (const [name, value] of headers) res.appendHeader(name, value)
    if (typeof body === 'string' || body === null) res.end(body ?? undefined)
    else await pipeline(Readable.from(body), res)
  }
  return listening((req, res) => {
    const visit = adapter.requestSession(req, presentedBy(req))
    visit.enter()
    const failed = () => void res.end('failed')
    delayHeaders(res, {
      async before() {
        await visit.close(res.statusCode)
        visit.answer(nodeHeaders(res))
      },
      failed,
      sent: () => visit.finish(),
    })
    respond(req, res).catch(() => {
      visit.fail()
      res.statusCode = 500
      failed()
    })
  })
}

describe('an adapter for routers of Request and Response, written with the public packages alone', () => {
  adapterSuite({ it: test, serve: serveFetch(RIGHT) })
})
describe('an adapter for node:http, written with the public packages alone', () => {
  adapterSuite({ it: test, serve: serveNode })
})

/** The stories that an adapter of these steps fails, without `adapter: `. */
async function failures(steps: Partial<Steps>): Promise<string[]> {
  const stories = new Map<string, () => Promise<void>>()
  adapterSuite({ it: (name, story) => stories.set(name, story), serve: serveFetch({ ...RIGHT, ...steps }) })
  const failed: string[] = []
  for (const [name, story] of stories)
    await story().catch((error: Error) => {
      expect(error.message, 'it says what should have come out').toMatch(/ instead of |\.$/)
      failed.push(name.replace('adapter: ', ''))
    })
  return failed
}

const edited = (response: Response, edit: (headers: Headers) => void): Response => {
  const copy = new Response(response.body, response)
  edit(copy.headers)
  return copy
}
const SHARED = new Request('https://app.test/')
const sharedResponse: { last?: Response } = {}

describe('an adapter that does it wrong fails', () => {
  test('none, when it does it right', async () => {
    expect(await failures({})).toEqual([])
  })

  test.each<[string, Partial<Steps>, RegExp]>([
    ['forgets to commit', { close: () => {} }, /remembers a visitor/],
    [
      'commits when the headers have left',
      { close: (visit, status) => void setTimeout(() => Promise.resolve(visit.close(status)).catch(() => {})) },
      /no redirect before/,
    ],
    [
      'does not wait for the commit',
      { close: (visit, status) => void Promise.resolve(visit.close(status)).catch(() => {}) },
      /whose store fails/,
    ],
    ['shares a request session between visitors', { identity: () => SHARED }, /visitors apart who come at the same moment/],
    [
      'drops Set-Cookie',
      { answered: (visit, response) => edited(visit.answered(response), (headers) => headers.delete('set-cookie')) },
      /remembers a visitor/,
    ],
    ['commits whatever the status', { close: (visit) => visit.close(200) }, /answers 500 or above/],
    ['commits what a page did that threw', { threw: (visit) => visit.close(200) }, /a page that throws/],
    ['does nothing for a page that threw', { threw: () => {} }, /ended that a page has ended which then threw/],
    [
      'commits only below 400',
      { close: (visit, status) => (status < 400 ? visit.close(status) : visit.fail()) },
      /answers below 500/,
    ],
    [
      'commits only what is 200',
      { close: (visit, status) => (status === 200 ? visit.close(status) : visit.fail()) },
      /answers 304/,
    ],
    [
      'puts its cookie in the place of others',
      {
        answered: (visit, response) =>
          edited(response, (headers) => {
            for (const [name, value] of visit.headers) headers.set(name, value)
          }),
      },
      /one cookie to those of the page/,
    ],
    [
      'leaves caches alone',
      {
        answered: (visit, response) =>
          edited(response, (headers) => {
            for (const [name, value] of visit.headers) headers.append(name, value)
          }),
      },
      /out of shared caches/,
    ],
    [
      'touches every page',
      { answered: (visit, response) => edited(visit.answered(response), (headers) => headers.set('vary', 'Cookie')) },
      /never asks for the session as it is/,
    ],
    [
      'sends the page although the store failed',
      {
        close: (visit, status) =>
          Promise.resolve()
            .then(() => visit.close(status))
            .catch(() => {}),
      },
      /whose store fails/,
    ],
    ['never finishes', { finish: () => {} }, /while it runs/],
    [
      'gives everybody the response of the one before',
      {
        answered: (visit, response) => {
          sharedResponse.last = visit.answered(sharedResponse.last?.clone() ?? response)
          return sharedResponse.last.clone()
        },
      },
      /remembers a visitor/,
    ],
  ])('one that %s', async (_, steps, story) => {
    expect(await failures(steps)).toContainEqual(expect.stringMatching(story))
  })
})

test('stories are left out by their name alone, with a reason, and those without words for them', () => {
  const names = (more: object): string[] => {
    const all: string[] = []
    adapterSuite({ it: (name) => all.push(name), serve: serveNode, ...more })
    return all
  }
  const all = names({})
  expect(all).toHaveLength(23)
  expect(names({ offers: [] })).toHaveLength(21)
  expect(names({ except: { 'gives a HEAD the headers of a GET': 'this framework knows no HEAD' } })).toEqual(
    all.filter((name) => !name.includes('HEAD')),
  )
  expect(() => names({ except: { 'a story': 'that is none' } })).toThrow('adapterSuite knows no story "a story".')
})

test('a word that was promised and is not there fails the stories', async () => {
  const stories: (() => Promise<void>)[] = []
  const serve = (site: SuiteSite) =>
    serveNode({
      ...site,
      handle: (path, open) =>
        site.handle(path, async () => {
          const { signIn: _, ...session } = await open()
          return session
        }),
    })
  adapterSuite({ it: (_, story) => stories.push(story), serve })
  await expect(stories[0]?.()).rejects.toThrow()
})
