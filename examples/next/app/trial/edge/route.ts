import { getSession, withSession } from './sessions'

export const runtime = 'edge'

export async function POST() {
  const session = await getSession()
  const n = session.update('n', (n = 0) => n + 1)
  await session.save()
  return Response.json(n)
}

export const PUT = withSession(async () => {
  const session = await getSession()
  return Response.json(session.update('n', (n = 0) => n + 1))
})
