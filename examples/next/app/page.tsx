import { getSession } from '../lib/session'

export default async function Home() {
  const session = await getSession()
  const { visits = 1, cart = [], language = 'en' } = session.data
  const user = session.owner ?? 'guest'
  const message = session.flash('message')
  return (
    <>
      <h1>A shop on Next.js</h1>
      {message && (
        <p id="flash" role="status">
          {message}
        </p>
      )}
      <p>
        Visit <output id="visits">{visits}</output> of <output id="user">{user}</output>, in{' '}
        <output id="language">{language}</output>, with <output id="cart">{cart.length}</output> in the cart
      </p>
      <form method="post" action="/cart">
        <label>
          Item <input name="item" defaultValue="hat" required />
        </label>
        <button type="submit">Put it into the cart</button>
      </form>
      <form method="post" action="/language">
        <label>
          Language{' '}
          <select name="language" defaultValue={language}>
            {['en', 'de', 'fr'].map((code) => (
              <option key={code}>{code}</option>
            ))}
          </select>
        </label>
        <button type="submit">Choose</button>
      </form>
      {session.owner === undefined ? (
        <a href="/login">Sign in</a>
      ) : (
        <form method="post" action="/logout">
          <button type="submit">Sign out</button>
        </form>
      )}
    </>
  )
}
