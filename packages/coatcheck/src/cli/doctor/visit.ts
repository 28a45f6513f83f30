import { Problem } from '../problem.ts'
import type { SetCookie } from '../web/cookies.ts'
import { type Answer, ask, type Step, stepOf, type Way } from '../web/http.ts'
import { Visitor } from '../web/visitor.ts'
import { sessionCookies } from './cookies.ts'
import { type Finding, finding } from './findings.ts'

/** How a site is asked. */
export interface Asking {
  readonly url: URL
  /** A request that begins a session. */
  readonly begin?: Step | undefined
  /** The cookie that carries the session; left out: it is guessed. */
  readonly cookie?: string | undefined
  /** Servers that are asked in its place, each as `host:port`. */
  readonly instances: readonly string[]
  /** The server behind its proxy, as `host:port`. */
  readonly direct?: string | undefined
  readonly ca?: string | undefined
}

/** What was asked so far, for every check. */
export interface Visit {
  readonly asking: Asking
  readonly way: Way
  readonly where: string
  /** What a stranger is shown. */
  readonly stranger: Answer
  /** What somebody got who began a session, and who that is. */
  readonly answers: readonly Answer[]
  readonly visitor: Visitor
  /** The cookies that carry the session. */
  readonly cookies: readonly SetCookie[]
}

export const GET: Step = { method: 'GET' }

export function askedFor(text: string | undefined, option: string): Step | undefined {
  const step = text === undefined ? undefined : stepOf(text)
  if (text !== undefined && !step)
    throw new Problem(`--${option} is no request: ${text}.`, `Write it like this: --${option} "POST /cart/add article=hat".`)
  return step
}

/** The address; `https://` where nothing else is said. Throws a `Problem`. */
export function urlOf(text: string): URL {
  const url = URL.parse(/^https?:\/\//i.test(text) ? text : `https://${text}`)
  if (url) return url
  throw new Problem(`${text} is no address.`, 'Give one such as https://shop.example/.')
}

/** A visit of a stranger, and one of somebody who begins a session. What keeps either from happening, as findings. */
export async function visit(asking: Asking): Promise<Visit | Finding[]> {
  const { url, begin, ca, instances } = asking
  const way: Way = { url, ca, connect: instances[0] }
  const where = url.origin
  try {
    const stranger = await ask(way, GET)
    const visitor = new Visitor(way)
    const answers = [await visitor.does(GET)]
    if (begin) answers.push(await visitor.does(begin))
    return { asking, way, where, stranger, answers, visitor, cookies: sessionCookies(answers, asking.cookie) }
  } catch (error) {
    return [silent(error, where)]
  }
}

/** What the platform says of a connection that failed. */
export function silent(error: unknown, where: string): Finding {
  const { code = '' } = Object(error) as { readonly code?: string }
  const because = code && ` (${code})`
  if (/CERT|SELF_SIGNED|ALTNAME|UNABLE_TO_VERIFY/.test(code))
    return finding('tls-invalid', where, `The certificate of ${where} does not count${because}.`)
  return finding('url-unreachable', where, `${where} does not answer${because}.`)
}
