import { createFileRoute, Link } from '@tanstack/react-router'
import { home } from '../functions'

export const Route = createFileRoute('/')({ loader: () => home(), component: Home })

function Home() {
  const { visits, cart, language, user, message } = Route.useLoaderData()
  return (
    <main>
      <h1>Cloakroom</h1>
      {message && <p id="flash">{message}</p>}
      <p>
        Visit <output id="visits">{visits}</output>, items <output id="cart">{cart}</output>, language{' '}
        <output id="language">{language}</output>, user <output id="user">{user}</output>
      </p>
      <form method="post" action="/cart">
        <input name="item" defaultValue="hat" aria-label="Item" /> <button type="submit">Add to cart</button>
      </form>
      <form method="post" action="/language">
        <select name="language" defaultValue={language} aria-label="Language">
          {['en', 'de', 'fr'].map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
        <button type="submit">Choose</button>
      </form>
      <form method="post" action="/logout">
        <button type="submit">Sign out</button>
      </form>
      <Link to="/login">Sign in</Link>
    </main>
  )
}
