import { createServer } from 'node:http'
import { crossSite } from 'coatcheck/csrf'
import { useSession } from 'coatcheck/h3'
import {
  createApp,
  createRouter,
  defineEventHandler,
  type H3Event,
  readFormData,
  sendRedirect,
  toNodeListener,
  useBase,
} from 'h3'
import { homePage, loginPage } from './pages.ts'
import { base, config, port, type Shop } from './settings.ts'

const open = (event: H3Event) => useSession<Shop>(event, config)
const home = (event: H3Event) => sendRedirect(event, `${base}/`, 303)

async function field(event: H3Event, name: string): Promise<string> {
  return String((await readFormData(event)).get(name) ?? '')
}

const router = createRouter()

router.get(
  '/',
  defineEventHandler(async (event) => {
    const session = await open(event)
    // With a function, no visit is lost that another request counts at the same moment.
    await session.update(({ visits = 0 }) => ({ visits: visits + 1 }))
    const page = homePage(session.data)
    delete session.data.message // stored before the response leaves
    return page
  }),
)

router.post(
  '/cart',
  defineEventHandler(async (event) => {
    const session = await open(event)
    const item = await field(event, 'item')
    await session.update(({ cart = [] }) => ({ cart: [...cart, item] }))
    return home(event)
  }),
)

router.post(
  '/language',
  defineEventHandler(async (event) => {
    const session = await open(event)
    const language = await field(event, 'language')
    if (['en', 'de', 'fr'].includes(language)) await session.update({ language })
    return home(event)
  }),
)

router.get(
  '/login',
  defineEventHandler(async (event) => {
    const session = await open(event)
    const page = loginPage(session.data.error)
    delete session.data.error
    return page
  }),
)

router.post(
  '/login',
  defineEventHandler(async (event) => {
    const session = await open(event)
    const form = await readFormData(event)
    if (form.get('username') !== 'ada' || form.get('password') !== 'lovelace') {
      await session.update({ error: 'Invalid username/password' })
      return sendRedirect(event, `${base}/login`, 303)
    }
    await session.rotate() // a new id for somebody who is more than a guest now
    await session.update({ user: 'ada', message: 'Welcome, ada' })
    return home(event)
  }),
)

router.post(
  '/logout',
  defineEventHandler(async (event) => {
    const session = await open(event)
    await session.clear()
    return home(event)
  }),
)

const app = createApp()
const guard = crossSite()
// What pages of other sites send in a visitor's name is answered 403.
app.use(defineEventHandler((event) => guard.middleware(event)))
app.use(base ? useBase(base, router.handler) : router.handler)

createServer(toNodeListener(app)).listen(port, '127.0.0.1', () => console.log(`Listening on http://localhost:${port}${base}/`))
