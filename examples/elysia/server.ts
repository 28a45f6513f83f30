import { node } from '@elysiajs/node'
import { crossSite } from 'coatcheck/csrf'
import { session } from 'coatcheck/elysia'
import { Elysia, t } from 'elysia'
import { homePage, loginPage } from './pages.ts'
import { sessions } from './sessions.ts'

const { PORT = '3000', HOST = '127.0.0.1' } = process.env
const guard = crossSite()

const html = (page: string) => new Response(page, { headers: { 'content-type': 'text/html; charset=utf-8' } })
// Elysia's redirect() takes only whole addresses on Node.
const see = (location: string) => new Response(null, { status: 303, headers: { location } })

new Elysia({ adapter: node() })
  // What pages of other sites send in a visitor's name is answered 403.
  .onRequest((context) => guard.middleware(context))
  .use(session(sessions))
  .get('/', async ({ session }) => {
    const mine = await session()
    return html(
      homePage({
        visits: mine.update('visits', (visits = 0) => visits + 1),
        cart: mine.get('cart') ?? [],
        language: mine.get('language') ?? 'en',
        user: mine.owner ?? 'guest',
        message: mine.flash('message'),
      }),
    )
  })
  .post(
    '/cart',
    async ({ session, body }) => {
      const mine = await session()
      mine.update('cart', (cart = []) => [...cart, body.item])
      return see('/')
    },
    { body: t.Object({ item: t.String() }) },
  )
  .post(
    '/language',
    async ({ session, body }) => {
      const mine = await session()
      mine.set('language', body.language)
      return see('/')
    },
    { body: t.Object({ language: t.UnionEnum(['en', 'de', 'fr']) }) },
  )
  .get('/login', async ({ session }) => {
    const mine = await session()
    return html(loginPage(mine.flash('message')))
  })
  .post(
    '/login',
    async ({ session, body: { username, password } }) => {
      const mine = await session()
      if (username !== 'ada' || password !== 'lovelace') {
        mine.flash('message', 'Invalid username/password')
        return see('/login')
      }
      mine.signIn('ada') // a new ticket for somebody who is more than a guest now
      mine.flash('message', 'Welcome, ada')
      return see('/')
    },
    { body: t.Object({ username: t.String(), password: t.String() }) },
  )
  .post('/logout', async ({ session }) => {
    const mine = await session()
    mine.destroy()
    return see('/')
  })
  .listen({ port: Number(PORT), hostname: HOST }, () => console.log(`Listening on http://localhost:${PORT}/`))
