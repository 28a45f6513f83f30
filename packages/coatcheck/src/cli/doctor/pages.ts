import type { Answer } from '../web/http.ts'
import { ask } from '../web/http.ts'
import { fingerprint, mayBeShared, Visitor } from '../web/visitor.ts'
import { type Finding, finding } from './findings.ts'
import type { Visit } from './visit.ts'

const SCRIPTS = 5

/** What caches on the way, and in the browser, may do with pages. */
export async function lookAtPages(visited: Visit): Promise<Finding[]> {
  const { way, where, answers, stranger, visitor, cookies } = visited
  const found: Finding[] = []
  const giving = answers.filter((answer) => answer.cookies.some(({ name }) => cookies.some((each) => each.name === name)))
  if (giving.some((answer) => mayBeShared(answer) && isGet(answer, answers))) found.push(finding('cookie-cacheable', where))

  if (cookies.length > 0) {
    const own = await visitor.twin().does({ method: 'GET' })
    const after = await new Visitor(way).does({ method: 'GET' })
    const isPersonal = fingerprint(own) !== fingerprint(stranger)
    if (isPersonal && fingerprint(own) === fingerprint(after)) found.push(finding('page-cached', where))
    else if (isPersonal && fingerprint(after) === fingerprint(stranger) && mayBeShared(own))
      found.push(finding('page-cacheable', where))
    const tickets = [...visitor.jar].filter(([name, value]) => cookies.some((each) => each.name === name) && value.length >= 16)
    if (tickets.some(([, value]) => own.body.includes(value))) found.push(finding('ticket-in-page', where))
  }
  found.push(...(await lookAtOthers(visited)), ...(await lookAtWorker(visited)))
  return found
}

/** Caches keep answers to GET by themselves; of others only what says so. */
const isGet = (answer: Answer, answers: readonly Answer[]): boolean =>
  answer === answers[0] || /\b(public|s-maxage|max-age=[1-9])/.test(answer.headers.get('cache-control') ?? '')

async function lookAtOthers({ way, where }: Visit): Promise<Finding[]> {
  const origin = 'https://doctor.invalid'
  const { headers } = await ask(way, { method: 'GET' }, { origin, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' })
  const isOpen =
    headers.get('access-control-allow-origin') === origin && headers.get('access-control-allow-credentials') === 'true'
  return isOpen ? [finding('cors-any-origin', where)] : []
}

/** The service worker that the page, or one of its first scripts, names. */
async function lookAtWorker({ way, where, stranger }: Visit): Promise<Finding[]> {
  const sources = [...stranger.body.matchAll(/<script[^>]*\ssrc=["']?([^"'\s>]+)/gi)].map(([, source = '']) => source)
  const texts = [stranger.body]
  for (const source of sources.slice(0, SCRIPTS)) texts.push((await fetched(way, source)) ?? '')
  const named = texts.flatMap((text) => /serviceWorker\s*\.\s*register\(\s*["'`]([^"'`]+)/.exec(text)?.[1] ?? [])
  for (const name of named) {
    const worker = (await fetched(way, name)) ?? ''
    if (/\bcaches\s*\.|\bcache\s*\.\s*(put|add|addAll)\(/.test(worker)) return [finding('worker-caches', where)]
  }
  return []
}

async function fetched(way: Visit['way'], source: string): Promise<string | undefined> {
  const url = URL.parse(source, way.url)
  if (!url || url.origin !== way.url.origin) return undefined
  const { status, body } = await ask(way, { method: 'GET', path: url.pathname + url.search })
  return status === 200 ? body : undefined
}
