import { mayCarry, type SetCookie } from '../web/cookies.ts'
import type { Answer } from '../web/http.ts'
import { Visitor } from '../web/visitor.ts'
import { type Finding, finding } from './findings.ts'
import type { Visit } from './visit.ts'

/** No host has this name (RFC 6761 6.4). */
const NOBODY = 'doctor.invalid'

/** What stands before the server, and whom the server believes. `isLost`: a session was to begin, and no cookie came. */
export async function lookAtProxies(visited: Visit, isLost: boolean): Promise<Finding[]> {
  const { asking, way, where, cookies } = visited
  const { begin, direct, url } = asking
  const found: Finding[] = []

  if (direct !== undefined && begin) {
    const plain = await began(visited, { 'x-forwarded-proto': 'https' }, direct)
    const isSecure = plain.length > 0 && plain.every(({ attributes }) => attributes.has('secure'))
    if (isLost && plain.length > 0) found.push(finding('proxy-strips-cookie', where))
    else if (!isSecure && url.protocol === 'https:') found.push(finding('proxy-not-trusted', where))
    else if (isLost) found.push(finding('no-cookie', where))
  } else if (isLost) found.push(finding('no-cookie', where))

  if (url.protocol === 'https:' && begin && cookies.some(({ attributes }) => attributes.has('secure'))) {
    const told = await began(visited, { 'x-forwarded-proto': 'http' })
    if (told.length === 0 || told.some(({ attributes }) => !attributes.has('secure')))
      found.push(finding('forwarded-proto-trusted', where))
  }

  const answers: Answer[] = [await new Visitor(way).does({ method: 'GET' }, { 'x-forwarded-host': NOBODY })]
  if (begin) answers.push(await new Visitor(way).does(begin, { 'x-forwarded-host': NOBODY }))
  if (answers.some(names)) found.push(finding('forwarded-host-trusted', where))
  return found
}

const names = ({ body, headers, cookies }: Answer): boolean =>
  [body, headers.get('location') ?? '', ...cookies.map(({ line }) => line)].some((text) => text.includes(NOBODY))

/** The cookies that a new visitor gets who begins a session with these headers. */
async function began(
  { asking: { begin, cookie }, way }: Visit,
  headers: Readonly<Record<string, string>>,
  connect?: string,
): Promise<readonly SetCookie[]> {
  // The server behind a proxy speaks plain HTTP, whatever the address says.
  const there = connect === undefined ? way : { ...way, connect, url: new URL(way.url.href.replace(/^https:/, 'http:')) }
  const visitor = new Visitor(there)
  const first = await visitor.does({ method: 'GET' }, { ...headers, host: way.url.host })
  const origin = { origin: way.url.origin, host: way.url.host }
  const second = begin && (await visitor.does(begin, { ...headers, ...origin }))
  const set = [first, second].flatMap((answer) => answer?.cookies ?? [])
  return set.filter((each) => (cookie === undefined ? mayCarry(each) : each.name === cookie))
}
