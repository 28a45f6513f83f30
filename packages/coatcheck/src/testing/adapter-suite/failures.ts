// What stays of a request that fails, or is answered with less than success.

import { same, sure } from '../suite/trial.ts'
import type { Play, Visit } from './site.ts'
import { alike, cookiesIn, type Story, sets } from './story.ts'

const throwing =
  (before: (session: Visit['session']) => unknown) =>
  async ({ session }: Visit): Promise<never> => {
    await before(session)
    throw new Error('The adapter suite throws this on purpose.')
  }

async function threw({ ada, visitor, page, knows, backend }: Play): Promise<void> {
  const [known, eve] = [await ada(), visitor()]
  const path = page(throwing((session) => session.set('half', true)))
  for (const someone of [known, eve]) {
    const response = await someone.get(path)
    sure(response.status >= 500, `a page that throws is answered with ${response.status}.`)
    alike(cookiesIn(response), [], 'Set-Cookie of a page that throws')
  }
  same(backend.writes, 0, 'writes of pages that throw')
  alike(await knows(known, 'name', 'half'), ['ada', null], 'the next request finds')
}

async function failed({ ada, page, knows, backend }: Play): Promise<void> {
  const known = await ada()
  const response = await known.get(
    page(async ({ session }) => {
      await session.set('half', true)
      return { status: 503, body: 'sorry' }
    }),
  )
  alike(
    [response.status, await response.text(), cookiesIn(response), backend.writes],
    [503, 'sorry', [], 0],
    'status, body, Set-Cookie and writes of a page that answers 503',
  )
  alike(await knows(known, 'name', 'half'), ['ada', null], 'the next request finds')
}

async function endedAndThrew({ ada, page, knows }: Play): Promise<void> {
  const known = await ada()
  const thief = known.steal()
  await known.get(page(throwing((session) => session.end())))
  alike(await knows(thief, 'name'), [null], 'whoever has the ticket of a session that was ended by a page that then threw finds')
}

async function refused({ ada, page, knows }: Play): Promise<void> {
  const known = await ada()
  for (const status of [400, 401, 404, 422]) {
    const response = await known.get(page(async (visit) => ({ status, body: await sets('tries', status)(visit) })))
    same(response.status, status, 'the status is')
    alike(await knows(known, 'tries'), [status], `after an answer of ${status} the session holds`)
  }
}

async function storeDown({ ada, page, knows, backend }: Play): Promise<void> {
  const known = await ada()
  const path = page(async (visit) => ({ headers: [['ETag', '"1"']], body: await sets('n', 1)(visit) }))
  for (const down of ['read', 'update']) {
    backend.before = (call) => {
      if (call === down) throw new Error('The adapter suite lets the store fail on purpose.')
    }
    const response = await known.get(path)
    sure(response.status >= 500, `a page whose store fails (${down}) is answered with ${response.status}.`)
    alike(
      [cookiesIn(response), (await response.text()).includes('ok')],
      [[], false],
      'Set-Cookie, and whether the page is sent that could not be stored',
    )
  }
  backend.before = () => {}
  alike(await knows(known, 'name', 'n'), ['ada', null], 'nobody was signed out: the visitor finds')
}

export const FAILURES: readonly Story[] = [
  { name: 'stores nothing of a page that throws', test: threw },
  { name: 'stores nothing of a page that answers 500 or above', test: failed },
  { name: 'leaves a session ended that a page has ended which then threw', test: endedAndThrew },
  { name: 'stores what a page did that answers below 500', test: refused },
  { name: 'fails the request whose store fails, sends nothing of its page, and signs nobody out', test: storeDown },
]
