import { SessionError, type Sessions } from 'coatcheck'
import { withSession } from 'coatcheck/hono'
import type { Inspector } from 'coatcheck/inspector'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { assets } from './assets.ts'
import { withOneMore, withQuantity } from './cart.ts'
import { articleOf, putAside } from './goods.ts'
import { fromHere, safeHeaders } from './guard.ts'
import { INSPECTOR } from './layout.ts'
import { accountPage, accountTitle, cartPage, goodsPage, signInPage } from './pages.ts'
import { demoPeople, type People } from './people.ts'
import { cartOf, greeted, page, type ShopData, type ShopFlash, sorry, viewOf } from './view.ts'
import { isLanguage } from './words/index.ts'

export interface Shop {
  readonly sessions: Sessions<ShopData, ShopFlash>
  readonly people: People
  readonly cookieName: string
  readonly trials: Hono
  readonly inspect: Inspector
}

/** Every page of the shop. A form changes the session and redirects; a page reads it. */
export function shopApp({ sessions, people, cookieName, trials, inspect }: Shop): Hono {
  const app = new Hono()
  // Has headers and a guard of its own, and lets nobody in but who is at this machine.
  app.all(INSPECTOR, (c) => inspect(c.req.raw, c.env))
  app.use(safeHeaders)
  for (const { path, type, content } of Object.values(assets)) {
    app.get(path, (c) => c.body(content, 200, { 'content-type': type, 'cache-control': 'public, max-age=31536000, immutable' }))
  }
  app.use(fromHere((c) => sorry(c, viewOf(c), 403, 'refused')))
  app.use(bodyLimit({ maxSize: 16 * 1024, onError: (c) => c.text('No form of this shop is that large.', 413) }))
  // Has sessions of its own, so it stands before those of the shop.
  app.route('/try', trials)
  app.use(withSession(sessions))

  app.get('/', async (c) => {
    const session = await sessions.open(c)
    const view = greeted(c, session)
    return page(c, view, 'Coatcheck', goodsPage(view, cartOf(session)))
  })

  app.get('/cart', async (c) => {
    const session = await sessions.open(c)
    const view = greeted(c, session)
    return page(c, view, view.words.cartTitle, cartPage(view, cartOf(session)))
  })

  app.get('/sign-in', async (c) => {
    const session = await sessions.open(c)
    if (people.named(session.owner)) return c.redirect('/account', 303)
    const view = greeted(c, session)
    return page(c, view, view.words.signInTitle, signInPage(view, demoPeople, view.wrongName))
  })

  app.get('/account', async (c) => {
    const session = await sessions.open(c)
    const person = people.named(session.owner)
    if (!person) return c.redirect('/sign-in', 303)
    const view = greeted(c, session)
    const { createdAt: began, expiresAt: ends, handle } = session
    const facts = { began, ends, handle, cookieName, origin: new URL(c.req.url).origin }
    return page(c, view, accountTitle(view, person), accountPage(view, facts))
  })

  app.post('/language', async (c) => {
    const session = await sessions.open(c)
    const fields = await fieldsOf(c)
    const language = fields.get('language')
    if (isLanguage(language)) session.set('language', language)
    const back = fields.get('back') ?? ''
    return c.redirect(['/cart', '/sign-in', '/account'].includes(back) ? back : '/', 303)
  })

  app.post('/cart/add', async (c) => {
    const session = await sessions.open(c)
    const article = articleOf((await fieldsOf(c)).get('article'))
    if (!article) return c.notFound()
    await putAside(article)
    // Another request may have been faster meanwhile: this is run again on what is there by then, and nothing is lost.
    session.update('cart', (cart = {}) => withOneMore(cart, article.id))
    session.flash('notice', { say: 'added', article: article.id })
    return c.redirect(`/#${article.id}`, 303)
  })

  app.post('/cart/quantity', async (c) => {
    const session = await sessions.open(c)
    const fields = await fieldsOf(c)
    const article = articleOf(fields.get('article'))
    const quantity = Number(fields.get('quantity') || Number.NaN)
    if (!article || !Number.isInteger(quantity)) return c.notFound()
    session.update('cart', (cart = {}) => withQuantity(cart, article.id, quantity))
    session.flash('notice', { say: quantity > 0 ? 'changed' : 'removed', article: article.id })
    return c.redirect('/cart#notice', 303)
  })

  app.post('/cart/remove', async (c) => {
    const session = await sessions.open(c)
    const article = articleOf((await fieldsOf(c)).get('article'))
    if (!article) return c.notFound()
    session.update('cart', (cart = {}) => withQuantity(cart, article.id, 0))
    session.flash('notice', { say: 'removed', article: article.id })
    return c.redirect('/cart#notice', 303)
  })

  app.post('/sign-in', async (c) => {
    const session = await sessions.open(c)
    const fields = await fieldsOf(c)
    const name = fields.get('name') ?? ''
    const person = await people.check(name, fields.get('password') ?? '')
    if (!person) {
      session.flash('notice', { say: 'wrongPassword', name: name.slice(0, 40) })
      return c.redirect('/sign-in#notice', 303)
    }
    // Signed in as somebody else in another tab: nothing of that person's may come along, but the language is the visitor's.
    if (session.owner !== undefined && session.owner !== person.id) session.signOut({ keep: ['language'] })
    session.signIn(person.id)
    session.flash('notice', { say: 'signedIn', name: person.name })
    return c.redirect('/account#notice', 303)
  })

  app.post('/sign-out', async (c) => {
    const session = await sessions.open(c)
    session.signOut({ keep: ['language'] })
    session.flash('notice', { say: 'signedOut' })
    return c.redirect('/#notice', 303)
  })

  // Browsers ask for addresses of their own accord: those must not use up what is to be told once.
  app.notFound(async (c) => sorry(c, viewOf(c, await sessions.open(c)), 404, 'notFound'))
  app.onError((error, c) => {
    console.error(error)
    return sorry(c, viewOf(c), error instanceof SessionError ? 503 : 500, 'broken')
  })
  return app
}

/** What a form sent. */
async function fieldsOf(c: Context): Promise<URLSearchParams> {
  return new URLSearchParams(await c.req.text())
}
