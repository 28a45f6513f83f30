import { crossSite } from 'coatcheck/csrf'
import coatcheck, { fastifySecureSession } from 'coatcheck/fastify'
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import { homePage, loginPage } from './pages.ts'
import { base, port, type Shop, type ShopSession, sealed, stored } from './settings.ts'

const app = Fastify()
const guard = crossSite()

// What pages of other sites send in a visitor's name is answered 403.
app.addHook('onRequest', (request, reply, done) => guard.node(request.raw, reply.raw, done))

if (stored) app.register(coatcheck, stored)
else app.register(fastifySecureSession, sealed)

app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_, body, done) => {
  done(null, Object.fromEntries(new URLSearchParams(String(body))))
})

type Form = Readonly<Record<string, string>>
const fields = (request: FastifyRequest): Form => request.body as Form
const html = (reply: FastifyReply, page: string) => reply.type('text/html; charset=utf-8').send(page)
const home = (reply: FastifyReply) => reply.redirect(`${base}/`, 303)

/** Shown once. */
function taken(session: ShopSession, key: 'message' | 'error'): string | undefined {
  const text = session.get(key)
  delete session[key]
  return text
}

app.register(
  async (shop) => {
    shop.get('/', async ({ session }, reply) => {
      session.set('visits', (session.get('visits') ?? 0) + 1)
      return html(reply, homePage({ ...(session.data() as Partial<Shop>), message: taken(session, 'message') }))
    })

    shop.post('/cart', async (request, reply) => {
      const { session } = request
      session.set('cart', [...(session.get('cart') ?? []), fields(request).item ?? ''])
      return home(reply)
    })

    shop.post('/language', async (request, reply) => {
      const { language = '' } = fields(request)
      if (['en', 'de', 'fr'].includes(language)) request.session.set('language', language)
      return home(reply)
    })

    shop.get('/login', async ({ session }, reply) => html(reply, loginPage(taken(session, 'error'))))

    shop.post('/login', async (request, reply) => {
      const { username, password } = fields(request)
      if (username !== 'ada' || password !== 'lovelace') {
        request.session.set('error', 'Invalid username/password')
        return reply.redirect(`${base}/login`, 303)
      }
      // A new id for somebody who is more than a guest now, with the cart and the rest.
      await request.session.regenerate(['visits', 'cart', 'language'])
      request.session.set('user', 'ada')
      request.session.set('message', 'Welcome, ada')
      return home(reply)
    })

    shop.post('/logout', async ({ session }, reply) => {
      if ('destroy' in session) await session.destroy()
      else session.delete()
      return home(reply)
    })
  },
  { prefix: base },
)

await app.listen({ port, host: process.env.HOST ?? '127.0.0.1' })
console.log(`Listening on http://localhost:${port}${base}/`)
