import { text } from 'node:stream/consumers'
import { crossSite } from 'coatcheck/csrf'
import session from 'coatcheck/koa'
import Koa from 'koa'
import { homePage, loginPage } from './pages.js'
import { store } from './store.js'

const { SESSION_SECRET, PORT = '3000' } = process.env

const app = new Koa()
// For development only: everybody can read it here.
app.keys = [SESSION_SECRET ?? 'development only: 4hQ7vXz2Lk9sWp3Tn8Bc']

const guard = crossSite()
// What pages of other sites send in a visitor's name is answered 403.
app.use((ctx, next) => (guard.check(ctx.req).allowed ? next() : ctx.throw(403)))
app.use(session({ maxAge: 7 * 24 * 60 * 60 * 1000, sameSite: 'lax', ...(store && { store }) }, app))

const formOf = async (ctx) => Object.fromEntries(new URLSearchParams(await text(ctx.req)))

/** What is shown once. */
function take(ctx, key) {
  const message = ctx.session[key]
  delete ctx.session[key]
  return message
}

function home(ctx) {
  ctx.status = 303
  ctx.redirect('/')
}

const pages = {
  'GET /': (ctx) => {
    ctx.session.visits = (ctx.session.visits ?? 0) + 1
    const { visits, cart, language, user } = ctx.session
    ctx.body = homePage({ visits, cart, language, user, message: take(ctx, 'message') })
  },
  'POST /cart': async (ctx) => {
    const { item } = await formOf(ctx)
    ctx.session.cart = [...(ctx.session.cart ?? []), item]
    home(ctx)
  },
  'POST /language': async (ctx) => {
    const { language } = await formOf(ctx)
    if (['en', 'de', 'fr'].includes(language)) ctx.session.language = language
    home(ctx)
  },
  'GET /login': (ctx) => {
    ctx.body = loginPage(take(ctx, 'error'))
  },
  'POST /login': async (ctx) => {
    const { username, password } = await formOf(ctx)
    if (username !== 'ada' || password !== 'lovelace') {
      ctx.session.error = 'Invalid username/password'
      ctx.status = 303
      return ctx.redirect('/login')
    }
    await ctx.session.regenerate() // a new id for somebody who is more than a guest now
    Object.assign(ctx.session, { user: 'ada', message: 'Welcome, ada' })
    home(ctx)
  },
  'POST /logout': (ctx) => {
    ctx.session = null
    home(ctx)
  },
}

app.use((ctx) => pages[`${ctx.method} ${ctx.path}`]?.(ctx))

app.listen(Number(PORT), '127.0.0.1', () => console.log(`Listening on http://localhost:${PORT}/`))
