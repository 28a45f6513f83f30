import { isLoopback } from '../../core/explain/place.ts'
import { type Answer, ask } from '../web/http.ts'
import { lookAtSetCookie, lookAtTwins, sessionCookies } from './cookies.ts'
import { type Finding, finding } from './findings.ts'
import { lookAtPages } from './pages.ts'
import { lookAtProxies } from './proxies.ts'
import { lookAtInstances, lookAtTickets } from './tickets.ts'
import { GET, silent, type Visit } from './visit.ts'

/** Everything that can be seen of a site from outside. */
export const lookAtSite = (visited: Visit): Promise<Finding[]> =>
  look(visited).catch((error: unknown) => {
    // What the platform says of a connection has a code; what has none is a fault of ours.
    if (typeof Object(error).code !== 'string') throw error
    return [silent(error, visited.where)]
  })

async function look(visited: Visit): Promise<Finding[]> {
  const { asking, where, stranger, answers, cookies } = visited
  const { url, begin, cookie } = asking
  const isLost = begin !== undefined && cookies.length === 0
  return [
    ...(url.protocol === 'http:' && !isLoopback(url.hostname) ? [finding('plain-http', where)] : []),
    ...(await lookAtHttps(visited)),
    ...lookAtClock(stranger, where),
    ...cookies.flatMap((each) => lookAtSetCookie(each, url)),
    ...lookAtTwins(answers, where),
    ...(sessionCookies([stranger], cookie).length > 0 ? [finding('begins-on-read', where)] : []),
    ...(await lookAtProxies(visited, isLost)),
    ...(await lookAtPages(visited)),
    ...(cookies.length > 0 ? [...(await lookAtInstances(visited)), ...(await lookAtTickets(visited))] : []),
  ]
}

async function lookAtHttps({ asking: { url, instances }, where, stranger }: Visit): Promise<Finding[]> {
  if (url.protocol !== 'https:') return []
  const lacksHsts = !/max-age=[1-9]/.test(stranger.headers.get('strict-transport-security') ?? '')
  const found = lacksHsts ? [finding('no-hsts', where)] : []
  // Only where plain HTTP has its own port, and the name leads to the site.
  if (url.port !== '' || instances.length > 0) return found
  const plain = new URL(url)
  plain.protocol = 'http:'
  const answer = await ask({ url: plain }, GET).catch(() => undefined)
  const isSent =
    answer === undefined || (answer.status >= 300 && answer.status < 400 && /^https:/i.test(answer.headers.get('location') ?? ''))
  return isSent ? found : [...found, finding('http-not-redirected', where)]
}

function lookAtClock({ headers, at }: Answer, where: string): Finding[] {
  const off = Date.parse(headers.get('date') ?? '') - at
  // A Date header is cut to the second.
  if (!(Math.abs(off) > 60_000)) return []
  const text = `The clock of the server is ${Math.round(Math.abs(off) / 1000)} seconds ${off > 0 ? 'ahead of' : 'behind'} the one here.`
  return [finding('clock-off', where, text)]
}
