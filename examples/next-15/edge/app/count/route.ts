import { getSession, withSession } from '../../sessions'

export const runtime = 'edge'

export const POST = withSession(async () => {
  const session = await getSession()
  return Response.json(session.update('n', (n = 0) => n + 1))
})
