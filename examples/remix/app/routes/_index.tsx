import { data, type LoaderFunctionArgs } from '@remix-run/node'
import { Form, Link, useLoaderData } from '@remix-run/react'
import { commitSession, getSession } from '../sessions.server.ts'

export async function loader({ request }: LoaderFunctionArgs) {
  const session = await getSession(request.headers.get('Cookie'))
  const visits = (session.get('visits') ?? 0) + 1
  session.set('visits', visits)
  const page = {
    visits,
    cart: session.get('cart') ?? [],
    language: session.get('language') ?? 'en',
    user: session.get('user') ?? 'guest',
    message: session.get('message'),
  }
  return data(page, { headers: { 'Set-Cookie': await commitSession(session) } })
}

export default function Home() {
  const { visits, cart, language, user, message } = useLoaderData<typeof loader>()
  return (
    <main>
      <h1>The coat shop</h1>
      {message ? <p id="flash">{message}</p> : null}
      <p>
        You are <output id="user">{user}</output>, here for the <output id="visits">{visits}</output>. time. Your language:{' '}
        <output id="language">{language}</output>. In your cart: <output id="cart">{cart.length}</output>
      </p>
      <Form method="post" action="/cart">
        <input name="item" aria-label="Item" defaultValue="hat" />
        <button type="submit">Add to cart</button>
      </Form>
      <Form method="post" action="/language">
        <select name="language" aria-label="Language" defaultValue={language}>
          <option>en</option>
          <option>de</option>
          <option>fr</option>
        </select>
        <button type="submit">Choose language</button>
      </Form>
      {user === 'guest' ? (
        <Link to="/login">Sign in</Link>
      ) : (
        <Form method="post" action="/logout">
          <button type="submit">Sign out</button>
        </Form>
      )}
    </main>
  )
}
