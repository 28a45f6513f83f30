import { getSession, withSession } from '../sessions'

export async function GET() {
  const { owner, bound } = await getSession()
  return new Response(`${owner ?? 'nobody'} ${bound}`)
}

export const POST = withSession(async () => {
  const session = await getSession()
  session.signIn('ada')
  return new Response('in')
})
