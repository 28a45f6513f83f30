import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { crossSite } from 'coatcheck/csrf'
import { getIronSession } from 'coatcheck/iron-session'
import { homePage, loginPage } from './pages.js'
import { store } from './store.js'

const { SESSION_SECRET, PORT = '3000' } = process.env

const options = {
  cookieName: 'cloakroom',
  // For development only: everybody can read it here.
  password: SESSION_SECRET ?? 'development only: 4hQ7vXz2Lk9sWp3Tn8Bc',
  cookieOptions: { secure: false }, // it runs on http
  ...(store && { store }),
}

const formOf = async (req) => Object.fromEntries(new URLSearchParams(await text(req)))
const leadTo = (res, location) => void res.writeHead(303, { location }).end()
const show = (res, html) => void res.setHeader('content-type', 'text/html; charset=utf-8').end(html)

const pages = {
  async 'GET /'(req, res) {
    const session = await getIronSession(req, res, options)
    session.visits = (session.visits ?? 0) + 1
    const html = homePage(session)
    delete session.message
    await session.save()
    show(res, html)
  },
  async 'POST /cart'(req, res) {
    const session = await getIronSession(req, res, options)
    const { item } = await formOf(req)
    session.cart = [...(session.cart ?? []), item]
    await session.save()
    leadTo(res, '/')
  },
  async 'POST /language'(req, res) {
    const session = await getIronSession(req, res, options)
    const { language } = await formOf(req)
    if (['en', 'de', 'fr'].includes(language)) session.language = language
    await session.save()
    leadTo(res, '/')
  },
  async 'GET /login'(req, res) {
    const session = await getIronSession(req, res, options)
    const html = loginPage(session.error)
    delete session.error
    await session.save()
    show(res, html)
  },
  async 'POST /login'(req, res) {
    const guest = await getIronSession(req, res, options)
    const { username, password } = await formOf(req)
    if (username !== 'ada' || password !== 'lovelace') {
      guest.error = 'Invalid username/password'
      await guest.save()
      return leadTo(res, '/login')
    }
    // Who is more than a guest now gets another session: a cookie that somebody planted before opens nothing of it.
    const { cart, language } = guest
    await guest.destroy()
    const session = await getIronSession(req, res, options)
    Object.assign(session, { cart, language, user: 'ada', message: 'Welcome, ada' })
    await session.save()
    leadTo(res, '/')
  },
  async 'POST /logout'(req, res) {
    const session = await getIronSession(req, res, options)
    await session.destroy()
    leadTo(res, '/')
  },
}

// What pages of other sites send in a visitor's name is answered 403.
const guard = crossSite()

async function answer(req, res) {
  const { pathname } = new URL(req.url, 'http://localhost')
  const page = pages[`${req.method} ${pathname}`]
  if (page) await page(req, res)
  else res.writeHead(404).end()
}

createServer((req, res) =>
  guard.node(req, res, () =>
    answer(req, res).catch((error) => {
      console.error(error)
      res.writeHead(500).end()
    }),
  ),
).listen(Number(PORT), '127.0.0.1', () => console.log(`Listening on http://localhost:${PORT}/`))
