import Fastify, { type FastifyRequest } from 'fastify'
import { fastifySession as oldSessions } from '../../migrate/fastify.ts'
import { memoryStore } from '../../stores/memory.ts'
import coatcheck, { fastifySecureSession, type SecureSession, type Session } from './fastify.ts'

interface Shop {
  user: string
  cart: string[]
}

const app = Fastify()
app.register(coatcheck, { secret: '', store: memoryStore(), cookie: { maxAge: 60_000, secure: 'auto' } })
app.register(coatcheck, { secret: [''], sessionName: 'admin', migrateFrom: [oldSessions({ secret: '', store: {} as never })] })
app.register(fastifySecureSession, { key: Buffer.alloc(32), cookie: { maxAge: 60, sameSite: 'strict' } })
app.register(fastifySecureSession, [{ key: '' }, { secret: '', salt: '', sessionName: 'other' }])
// @ts-expect-error: no option of either package
app.register(coatcheck, { secret: '', resave: true })
// @ts-expect-error: an option of the other package
app.register(fastifySecureSession, { key: '', saveUninitialized: false })

app.get('/', async (request: FastifyRequest) => {
  const session = request.getDecorator<Session<Shop>>('session')
  session.user = 'ada'
  session.set('cart', ['hat'])
  session.set('user', undefined)
  // @ts-expect-error: a value of another type
  session.set('user', 1)
  // @ts-expect-error: not a key
  session.get('nobody')
  await session.regenerate(['cart'])
  session.destroy((error) => error satisfies unknown)
  session.cookie.maxAge = 1000
  const user: string | undefined = session.get('user')
  return user ?? session.sessionId ?? session.cart?.at(0) ?? session.data().user
})

app.get('/sealed', async (request: FastifyRequest) => {
  const session = request.getDecorator<SecureSession<Shop>>('session')
  session.set('user', 'ada')
  session.regenerate(['cart'])
  // @ts-expect-error: a method of the other package
  session.destroy()
  session.options({ maxAge: 60 })
  // @ts-expect-error: a value of another type
  session.set('cart', 'hat')
  return session.changed ? session.data().cart : session.delete()
})

export const anything = (session: Session): unknown => session.get('whatever') ?? session.whatever
