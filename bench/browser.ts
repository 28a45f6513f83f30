import { adding, counting, filling, PARALLEL, type Page, remaining, showing } from './session.ts'
import type { Answer, Opened, Visit } from './setting.ts'

/** Keeps cookies as a browser does, of one site and one path. */
export interface Browser {
  readonly cookie: string
  /** Takes over what the response sets. */
  take(answer: Answer): Answer
}

export function browser(): Browser {
  const jar = new Map<string, string>()
  return {
    get cookie() {
      return [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    },
    take(answer) {
      for (const line of answer.headers.getSetCookie()) {
        const [pair = ''] = line.split(';', 1)
        const [name = ''] = pair.split('=', 1)
        jar.set(name, pair.slice(name.length + 1))
      }
      return answer
    },
  }
}

/** Of a visitor whose requests are compared with: a handler without a session gets a Cookie header too. */
export const SOME_COOKIE: string = `session=${'x'.repeat(100)}`

const visited = async (opened: Opened, { cookie, take }: Browser, page: Page): Promise<Answer> =>
  take(await (await opened.visit(page))(cookie || undefined))

/** Makes sure that two visits are counted. Throws when they are not. The bytes of all Set-Cookie lines that a new visitor is given. */
export async function tryOut(name: string, opened: Opened): Promise<number> {
  const visitor = browser()
  const first = await visited(opened, visitor, filling)
  for (const page of [counting, counting]) await visited(opened, visitor, page)
  const last = await visited(opened, visitor, showing)
  const visits = await last.text()
  if (first.status !== 200 || visits !== '2')
    throw new Error(`${name}: after two visits the session has ${visits} (${last.status}).`)
  return first.headers.getSetCookie().reduce((sum, line) => sum + Buffer.byteLength(line), 0)
}

/** The Cookie headers of so many new visitors who have the session. */
export async function visitorsOf(opened: Opened, count: number, page: Page = filling): Promise<readonly string[]> {
  const visit = await opened.visit(page)
  const cookies: string[] = []
  for (let n = 0; n < count; n++) {
    const visitor = browser()
    visitor.take(await visit())
    cookies.push(visitor.cookie)
  }
  return cookies
}

/**
 * One request of the next visitor with each call. Thousands of writes a second to one session would measure what no site does.
 * Throws for an answer that is not 200.
 */
export function inTurn(visit: Visit, cookies: readonly (string | undefined)[]): () => Promise<void> {
  let next = 0
  return async () => {
    const { status } = await visit(cookies[next++ % cookies.length])
    if (status !== 200) throw new Error(`A page answered ${status}.`)
  }
}

/**
 * How many of 32 requests that write at the same time, each a key of its own, have written in vain. All of them where nobody can read the
 * session any more: a file that is written in place by two at once may be torn.
 */
export async function countLost(opened: Opened): Promise<number> {
  const visitor = browser()
  await visited(opened, visitor, filling)
  const { cookie } = visitor
  const visit = await opened.visit(adding())
  const answers = await Promise.all(Array.from({ length: PARALLEL }, () => visit(cookie)))
  for (const answer of answers) visitor.take(answer)
  try {
    return PARALLEL - Number(await (await visited(opened, visitor, remaining)).text())
  } catch {
    return PARALLEL
  }
}
