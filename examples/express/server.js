import { crossSite } from 'coatcheck/csrf'
import session from 'coatcheck/express-session'
import flash from 'connect-flash'
import express from 'express'
import passport from 'passport'
import { Strategy } from 'passport-local'
import { homePage, loginPage } from './pages.js'
import { store } from './store.js'

const { SESSION_SECRET, PORT = '3000' } = process.env

passport.use(
  new Strategy((username, password, done) =>
    username === 'ada' && password === 'lovelace'
      ? done(null, { name: 'ada' })
      : done(null, false, { message: 'Invalid username/password' }),
  ),
)
passport.serializeUser((user, done) => done(null, user.name))
passport.deserializeUser((name, done) => done(null, { name }))

const app = express()
// What pages of other sites send in a visitor's name is answered 403.
app.use(crossSite().node)
app.use(
  session({
    // For development only: everybody can read it here.
    secret: SESSION_SECRET ?? 'development only: 4hQ7vXz2Lk9sWp3Tn8Bc',
    resave: false,
    saveUninitialized: false,
    cookie: { sameSite: 'lax', maxAge: 7 * 24 * 60 * 60 * 1000 },
    ...(store && { store }),
  }),
)
app.use(flash(), passport.initialize(), passport.session(), express.urlencoded({ extended: false }))

app.get('/', (req, res) => {
  req.session.visits = (req.session.visits ?? 0) + 1
  const { visits, cart, language } = req.session
  res.send(homePage({ visits, cart, language, user: req.user?.name, message: req.flash('success')[0] }))
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
  res.send(loginPage(req.flash('error')[0]))
})

app.post(
  '/login',
  passport.authenticate('local', {
    successRedirect: '/',
    failureRedirect: '/login',
    failureFlash: true,
    successFlash: 'Welcome, ada',
    keepSessionInfo: true,
  }),
)

app.post('/logout', (req, res, next) => {
  req.logout((error) => (error ? next(error) : res.redirect(303, '/')))
})

app.listen(Number(PORT), '127.0.0.1', () => console.log(`Listening on http://localhost:${PORT}/`))
