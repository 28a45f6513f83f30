import { crossSite } from 'coatcheck/csrf'
import { useSession } from 'coatcheck/h3'
import { H3, type H3Event, html, raw, redirect, serve } from 'h3'
import { homePage, loginPage } from './pages.ts'
import { base, config, port, type Shop } from './settings.ts'

const open = (event: H3Event) => useSession<Shop>(event, config)
const home = () => redirect(`${base}/`, 303)

async function field(event: H3Event, name: string): Promise<string> {
  return String((await event.req.formData()).get(name) ?? '')
}

const app = new H3()

// What pages of other sites send in a visitor's name is answered 403.
app.use(crossSite().middleware)

app.get('/', async (event) => {
  const session = await open(event)
  // With a function, no visit is lost that another request counts at the same moment.
  await session.update(({ visits = 0 }) => ({ visits: visits + 1 }))
  const page = homePage(session.data)
  delete session.data.message // stored before the response leaves
  return html(raw(page))
})

app.post('/cart', async (event) => {
  const session = await open(event)
  const item = await field(event, 'item')
  await session.update(({ cart = [] }) => ({ cart: [...cart, item] }))
  return home()
})

app.post('/language', async (event) => {
  const session = await open(event)
  const language = await field(event, 'language')
  if (['en', 'de', 'fr'].includes(language)) await session.update({ language })
  return home()
})

app.get('/login', async (event) => {
  const session = await open(event)
  const page = loginPage(session.data.error)
  delete session.data.error
  return html(raw(page))
})

app.post('/login', async (event) => {
  const session = await open(event)
  const form = await event.req.formData()
  if (form.get('username') !== 'ada' || form.get('password') !== 'lovelace') {
    await session.update({ error: 'Invalid username/password' })
    return redirect(`${base}/login`, 303)
  }
  await session.rotate() // a new id for somebody who is more than a guest now
  await session.update({ user: 'ada', message: 'Welcome, ada' })
  return home()
})

app.post('/logout', async (event) => {
  const session = await open(event)
  await session.clear()
  return home()
})

serve(base ? new H3().mount(base, app) : app, { port, hostname: '127.0.0.1', silent: true })
console.log(`Listening on http://localhost:${port}${base}/`)
