import Link from 'next/link'
import { getSession } from '../../lib/session'
import { add, fail, greet, look, signIn, signOut } from './actions'

export default async function Account() {
  const session = await getSession()
  const message = session.flash('message')
  return (
    <>
      <h1>Your account</h1>
      {message && (
        <p id="flash" role="status">
          {message}
        </p>
      )}
      <p>
        <output id="user">{session.owner ?? 'guest'}</output>, <output id="cart">{session.get('cart')?.length ?? 0}</output>,{' '}
        <output id="language">{session.get('language') ?? 'en'}</output>
      </p>
      <form id="signIn" action={signIn}>
        <input name="username" defaultValue="ada" />
        <button type="submit">Sign in</button>
      </form>
      {Object.entries({ signOut, add, look, greet, fail }).map(([name, action]) => (
        <form key={name} id={name} action={action}>
          <button type="submit">{name}</button>
        </form>
      ))}
      <Link id="home" href="/">
        Shop
      </Link>
    </>
  )
}
