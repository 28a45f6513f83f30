import { H3, toNodeHandler } from 'h3'
import { createApp, eventHandler, toNodeListener, toWebHandler } from 'h3-v1'
import { commitSessions, type H3EventLike } from '../../src/adapters/h3.ts'
import { type Serve, type Visitor, visitor } from '../../src/testing/visitor.ts'
import { serving } from './serving.ts'

/** What a page does; what it returns is the answer. */
export type Page = (event: H3EventLike, path: string) => unknown

/** One of the ways in which h3 is run. */
export interface House {
  readonly name: string
  readonly version: 1 | 2
  readonly onNode: boolean
  /** `commits`: with `commitSessions()` where h3 has a place for it. */
  serve(page: Page, options?: { readonly commits?: boolean }): Promise<Serve>
}

function first(page: Page, commits: boolean) {
  const app = createApp(commits ? { onBeforeResponse: commitSessions() } : {})
  return app.use(eventHandler(async (event) => (await page(event, event.path)) ?? ''))
}

function second(page: Page, commits: boolean): H3 {
  const app = new H3()
  if (commits) app.use(commitSessions())
  return app.all('/**', (event) => page(event, event.url.pathname + event.url.search))
}

export const HOUSES: readonly House[] = [
  {
    name: 'h3 1 on node:http',
    version: 1,
    onNode: true,
    serve: async (page, { commits = false } = {}) => (await serving(toNodeListener(first(page, commits)))).origin,
  },
  {
    name: 'h3 2 on node:http',
    version: 2,
    onNode: true,
    serve: async (page, { commits = false } = {}) => (await serving(toNodeHandler(second(page, commits)) as never)).origin,
  },
  {
    name: 'h3 1 by toWebHandler',
    version: 1,
    onNode: false,
    serve: async (page, { commits = false } = {}) => toWebHandler(first(page, commits)),
  },
  {
    name: 'h3 2 by app.fetch',
    version: 2,
    onNode: false,
    serve: async (page, { commits = false } = {}) => {
      const app = second(page, commits)
      return async (request) => app.fetch(request)
    },
  },
]

export const PASSWORD = 'kq3vX0n1tWq8m2Zp5sYc7uJb4rEd6fGh'
export const NEWER_PASSWORD = 'Vb9xLw2cTz7nQm4kRj8pHs5gDf3yUa6e'

/** Somebody with a browser at a site that shows this page. */
export async function comesTo(
  house: House,
  page: Page,
  { commits = false, now = Date.now }: { readonly commits?: boolean; readonly now?: () => number } = {},
): Promise<Visitor> {
  return visitor(await house.serve(page, { commits }), { follow: false, now })
}

/** What a page said. */
export const said = async (response: Response | Promise<Response>): Promise<unknown> => {
  const text = await (await response).text()
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** The lines that set or clear this cookie. */
export const linesOf = (response: Response, name = 'h3'): string[] =>
  response.headers.getSetCookie().filter((line) => line.startsWith(`${name}=`) || line.startsWith(`${name}.`))
