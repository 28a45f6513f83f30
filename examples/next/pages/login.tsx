import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import type { GetServerSideProps } from 'next'
import { getSession, withSession } from '../lib/session'

interface Props {
  message: string | null
  user: string
  cart: number
}

const formOf = async (req: IncomingMessage): Promise<URLSearchParams> => new URLSearchParams(await text(req))

export const getServerSideProps: GetServerSideProps<Props> = withSession(async (context) => {
  const session = await getSession(context)
  if (context.req.method === 'POST') {
    const form = await formOf(context.req)
    const isAda = form.get('username') === 'ada' && form.get('password') === 'lovelace'
    if (isAda) session.signIn('ada')
    session.flash('message', isAda ? 'Welcome, ada' : 'Invalid username/password')
    return { redirect: { destination: isAda ? '/' : '/login', statusCode: 303 as const } }
  }
  const { cart = [] } = session.data
  return { props: { message: session.flash('message') ?? null, user: session.owner ?? 'guest', cart: cart.length } }
})

export default function Login({ message, user, cart }: Props) {
  return (
    <main>
      <h1>Sign in</h1>
      {message && (
        <p id="flash" role="status">
          {message}
        </p>
      )}
      <p>
        You are <output id="user">{user}</output>, with <output id="cart">{cart}</output> in the cart.
      </p>
      <form method="post" action="/login">
        <label>
          Name <input name="username" required />
        </label>
        <label>
          Password <input name="password" type="password" required />
        </label>
        <button type="submit">Sign in</button>
      </form>
    </main>
  )
}
