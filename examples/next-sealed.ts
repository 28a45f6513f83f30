import { withSession } from '../packages/coatcheck/src/adapters/fetch.ts'
import { createSessions } from '../packages/coatcheck/src/index.ts'
import { SECRET } from './harness.ts'

const DAY = 86_400_000

/** The cookie `edge`, as a sealed session was given it so many days ago, with this value of `n`. */
export async function sealed(days: number, n: number): Promise<string> {
  const sessions = createSessions({ secrets: SECRET, cookie: { name: 'edge' }, now: () => Date.now() - days * DAY })
  const answer = withSession(sessions, async (request) => {
    const session = await sessions.open(request)
    session.set('n', n)
    return new Response()
  })
  return (await answer(new Request('https://app.test/'))).headers.getSetCookie()[0]?.split(';')[0] ?? ''
}
