import { createSessions } from 'coatcheck'
import { deviceBound } from 'coatcheck/device-bound'
import { withSession } from 'coatcheck/fetch'
import { memoryStore } from 'coatcheck/stores/memory'
import { deviceVisitor, type Visitor } from 'coatcheck/testing'
import { Hono } from 'hono'
import { assets } from '../assets.ts'
import { html } from '../html.ts'
import { isLanguage, words } from '../words/index.ts'

/** What both clients are shown, one moment after the other. */
interface Moment {
  readonly when: 'stealAtOnce' | 'stealLater'
  readonly you: string
  readonly copy: string
}

/**
 * Copies the cookies of somebody who is signed in into a second client. The browser is that of coatcheck/testing, and the clock is moved: real
 * ones do this over HTTPS only, and take six minutes.
 */
export async function steal(secrets: string | readonly string[]): Promise<Moment[]> {
  let time = Date.now()
  const now = () => time
  const sessions = createSessions({ secrets, store: memoryStore(), now, deviceBound: deviceBound() })
  const shop = withSession(sessions, async (request) => {
    const session = await sessions.open(request)
    if (new URL(request.url).pathname === '/sign-in') session.signIn('ada')
    return new Response(`${session.owner ?? '–'} (${session.bound})`)
  })
  const shows = async (who: Visitor) => (await who.get('/')).text()

  const you = deviceVisitor(shop, { now })
  await you.get('/sign-in')
  time += 11_000 // the first cookie of the device is over, and the browser asks for the next
  await shows(you)
  const copy = you.steal()
  const first: Moment = { when: 'stealAtOnce', you: await shows(you), copy: await shows(copy) }
  time += 361_000 // and so is the copied one
  return [first, { when: 'stealLater', you: await shows(you), copy: await shows(copy) }]
}

/** The page behind the button "Steal my cookie". */
export function deviceTrial(secrets: string | readonly string[]): Hono {
  const app = new Hono()
  app.post('/', async (c) => {
    const language = c.req.query('language')
    const said = words[isLanguage(language) ? language : 'en']
    const moments = await steal(secrets)
    return c.html(html`<!doctype html>
<html lang="${isLanguage(language) ? language : 'en'}">
<head><meta charset="utf-8"><title>${said.steal}</title><link rel="stylesheet" href="${assets.style.path}"></head>
<body><main id="content">
  <h1>${said.steal}</h1>
  <table>
    <tr><th></th><th scope="col">${said.stealYou}</th><th scope="col">${said.stealCopy}</th></tr>
    ${moments.map(({ when, you, copy }) => html`<tr><th scope="row">${said[when]}</th><td>${you}</td><td>${copy}</td></tr>`)}
  </table>
  <p><a href="/">${said.shop}</a></p>
</main></body></html>`)
  })
  return app
}
