import { Form, Link } from 'react-router'
import { visit } from '../sessions.server'
import type { Route } from './+types/home'

export const middleware: Route.MiddlewareFunction[] = [visit.middleware]

export async function loader({ context }: Route.LoaderArgs) {
  const session = await visit.getSession(context)
  return {
    visits: session.update('visits', (visits = 0) => visits + 1),
    cart: session.get('cart') ?? [],
    language: session.get('language') ?? 'en',
    user: session.get('user') ?? 'guest',
    flash: session.flash('flash'),
  }
}

export default function Home({ loaderData }: Route.ComponentProps) {
  const { visits, cart, language, user, flash } = loaderData
  return (
    <main>
      <h1>React Router</h1>
      {flash && <p id="flash">{flash}</p>}
      <p>
        Hello, <output id="user">{user}</output>. Visits: <output id="visits">{visits}</output>, in your cart:{' '}
        <output id="cart">{cart.length}</output>, language: <output id="language">{language}</output>.
      </p>
      <Form method="post" action="/cart">
        <input name="item" defaultValue="hat" aria-label="Item" />
        <button type="submit">Add to cart</button>
      </Form>
      <Form method="post" action="/language">
        <select name="language" defaultValue={language} aria-label="Language">
          {['en', 'de', 'fr'].map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
        <button type="submit">Choose</button>
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
