import cookieSession from 'coatcheck/cookie-session'
import { crossSite } from 'coatcheck/csrf'
import express from 'express'
import { homePage, loginPage } from './pages.js'

const { SESSION_SECRET, PORT = '3000' } = process.env

const app = express()
// What pages of other sites send in a visitor's name is answered 403.
app.use(crossSite().node)
app.use(
  cookieSession({
    // For development only: everybody can read it here.
    keys: [SESSION_SECRET ?? 'development only: 4hQ7vXz2Lk9sWp3Tn8Bc'],
    maxAge: 7 * 24 * 60 * 60 * 1000,
    sameSite: 'lax',
  }),
)
app.use(express.urlencoded({ extended: false }))

/** What is shown once. */
function take(req, key) {
  const message = req.session[key]
  delete req.session[key]
  return message
}

app.get('/', (req, res) => {
  req.session.visits = (req.session.visits ?? 0) + 1
  const { visits, cart, language, user } = req.session
  res.send(homePage({ visits, cart, language, user, message: take(req, 'message') }))
})

app.post('/cart', (req, res) => {
  req.session.cart = [...(req.session.cart ?? []), String(req.body.item)]
  res.redirect(303, '/')
})

app.post('/language', (req, res) => {
  if (['en', 'de', 'fr'].includes(req.body.language)) req.session.language = req.body.language
  res.redirect(303, '/')
})

app.get('/login', (req, res) => {
  res.send(loginPage(take(req, 'error')))
})

app.post('/login', (req, res) => {
  const { username, password } = req.body
  if (username === 'ada' && password === 'lovelace') {
    req.session = { ...req.session, user: 'ada', message: 'Welcome, ada' }
    return res.redirect(303, '/')
  }
  req.session.error = 'Invalid username/password'
  res.redirect(303, '/login')
})

app.post('/logout', (req, res) => {
  req.session = null
  res.redirect(303, '/')
})

app.listen(Number(PORT), '127.0.0.1', () => console.log(`Listening on http://localhost:${PORT}/`))
