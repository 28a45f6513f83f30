import { useSession } from '@shopify/hydrogen'
import { useFlashSession } from '@shopify/hydrogen/experimental'
import { path } from '../path.js'

export default function Home() {
  const { visits = 0, cart = [], language = 'en', user = 'guest' } = useSession()
  const message = useFlashSession('message')
  return (
    <main>
      <h1>Coatcheck in Hydrogen</h1>
      {message && <p id="flash">{message}</p>}
      <p>
        Visits: <output id="visits">{visits}</output>. In the cart: <output id="cart">{cart.length}</output>. Language:{' '}
        <output id="language">{language}</output>. You are <output id="user">{user}</output>.
      </p>
      <form method="post" action={path('/cart')}>
        <input name="item" defaultValue="hat" aria-label="Item" />
        <button type="submit">Put into the cart</button>
      </form>
      <form method="post" action={path('/language')}>
        <select name="language" defaultValue={language} aria-label="Language">
          {['en', 'de', 'fr'].map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
        <button type="submit">Speak it</button>
      </form>
      <form method="post" action={path('/logout')}>
        <button type="submit">Sign out</button>
      </form>
      <a href={path('/api/visit')}>Come again</a> <a href={path('/login')}>Sign in</a>
    </main>
  )
}
