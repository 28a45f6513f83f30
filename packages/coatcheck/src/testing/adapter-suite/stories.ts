// What a visitor's session goes through, behind any adapter.

import { same, sure } from '../suite/trial.ts'
import { gate, type Play } from './site.ts'
import type { Story } from './story.ts'
import { alike, cookiesIn, sets } from './story.ts'

/** Waits for one of both. Whether the first came first. */
const isFirst = (one: Promise<unknown>, other: Promise<unknown>): Promise<boolean> =>
  Promise.race([one.then(() => true), other.then(() => false)])

async function remembers({ visitor, page, knows }: Play): Promise<void> {
  const eve = visitor()
  const response = await eve.get(page(sets('cart', ['hat'])))
  same(await response.text(), 'ok', 'the page says')
  same(cookiesIn(response).length, 1, 'Set-Cookie lines for a visitor who is given a session')
  sure(eve.refused.length === 0, `the browser refused the cookie: ${eve.refused[0]?.why}.`)
  alike(await knows(eve, 'cart'), [['hat']], 'the next request of the same visitor finds')
  alike(await knows(visitor(), 'cart'), [null], 'somebody else finds')
}

async function oneCookie({ ada, page, knows }: Play): Promise<void> {
  const known = await ada()
  const response = await known.get(page(sets('n', 1)))
  alike(cookiesIn(response), [], 'Set-Cookie for a visitor who has the ticket already')
  alike(await knows(known, 'name', 'n'), ['ada', 1], 'the session holds')
}

async function parallel({ ada, page, knows }: Play): Promise<void> {
  const known = await ada()
  const all = gate()
  let here = 0
  const paths = Array.from({ length: 16 }, (_, n) =>
    page(async ({ session }) => {
      if (++here === 16) all.open()
      await all.pass()
      await session.set(`key${n}`, n)
      return 'ok'
    }),
  )
  await Promise.all(paths.map((path) => known.get(path)))
  const keys = paths.map((_, n) => `key${n}`)
  alike(
    await knows(known, 'name', ...keys),
    ['ada', ...keys.keys()],
    'after 16 requests at once, each of which set a key, the session holds',
  )
}

async function signedOut({ ada, page, knows }: Play): Promise<void> {
  const known = await ada()
  const thief = known.steal()
  const late = gate()
  const slow = known.get(
    page(async ({ session }) => {
      await session.get('name') // some open the session no sooner
      await late.pass()
      await session.set('late', true)
      return 'ok'
    }),
  )
  await Promise.race([late.reached, slow])
  await known.get(
    page(async ({ session }) => {
      await session.end()
      return 'bye'
    }),
  )
  late.open()
  const response = await slow
  alike(cookiesIn(response), [], 'Set-Cookie of a request that was under way while the visitor signed out')
  alike(await knows(thief, 'name', 'late'), [null, null], 'whoever kept the old ticket finds')
  alike(await knows(known, 'name', 'late'), [null, null], 'the visitor finds')
}

async function redirected({ visitor, page, plain, knows, backend }: Play): Promise<void> {
  const save = gate()
  backend.before = (call) => (call === 'create' ? save.pass() : undefined)
  const path = page(async ({ session }) => {
    await session.set('name', 'ada')
    return { status: 303, headers: [['Location', '/account']] }
  })
  const ada = visitor()
  const answer = ada.get(path)
  try {
    sure(await isFirst(save.reached, answer), 'the redirect was sent, and nothing had been stored.')
    // Somebody else comes and goes: the server had every opportunity to send the redirect.
    const other = visitor().get(plain(() => 'ok'))
    sure(await isFirst(other, answer), 'the redirect was sent before the session was stored.')
  } finally {
    save.open()
  }
  const response = await answer
  alike([response.status, response.headers.get('location')], [303, '/account'], 'the redirect says')
  backend.before = () => {}
  alike(await knows(ada, 'name'), ['ada'], 'the page that it leads to finds')
}

async function flashed({ visitor, page }: Play): Promise<void> {
  const ada = visitor()
  await ada.get(
    page(async ({ session }) => {
      await session.flash?.('notice', 'Welcome')
      return { status: 303, headers: [['Location', '/']] }
    }),
  )
  const path = page(async ({ session }) => String((await session.flash?.('notice')) ?? ''))
  same(await (await ada.get(path)).text(), 'Welcome', 'the page after the redirect shows')
  same(await (await ada.get(path)).text(), '', 'the page after that shows')
}

async function signedIn({ ada, page, knows }: Play): Promise<void> {
  const known = await ada()
  const attacker = known.steal()
  const response = await known.get(
    page(async ({ session }) => {
      await session.signIn?.('user 7')
      await session.set('secret', 'of user 7')
      return 'welcome'
    }),
  )
  same(cookiesIn(response).length, 1, 'Set-Cookie lines of a sign-in')
  alike(await knows(known, 'name', 'secret'), ['ada', 'of user 7'], 'who signed in finds')
  const [, secret] = await knows(attacker, 'name', 'secret')
  same(secret, null, 'whoever planted or copied the ticket from before the sign-in finds')
}

async function apart({ visitor, page, knows }: Play): Promise<void> {
  const all = gate()
  let here = 0
  const people = Array.from({ length: 8 }, visitor)
  await Promise.all(
    people.map((someone, n) =>
      someone.get(
        page(async ({ session }) => {
          if (++here === people.length) all.open()
          await all.pass()
          await session.set('n', n)
          return 'ok'
        }),
      ),
    ),
  )
  for (const [n, someone] of people.entries())
    alike(await knows(someone, 'n'), [n], 'of visitors who came at the same moment, one finds')
}

async function inTurns({ ada, visitor, page, knows }: Play): Promise<void> {
  const [known, eve] = [await ada(), visitor()]
  await eve.get(page(sets('name', 'eve')))
  // The platform keeps the connection, and sends the next request of whomever on it.
  for (let round = 0; round < 3; round++) {
    alike(await knows(known, 'name'), ['ada'], 'by turns with another on one connection, a visitor finds')
    alike(await knows(eve, 'name'), ['eve'], 'by turns with another on one connection, a visitor finds')
    alike(await knows(visitor(), 'name'), [null], 'a stranger on their connection finds')
  }
}

async function sameForAll({ visitor, plain, knows }: Play): Promise<void> {
  const eve = visitor()
  const path = plain(async (open) => {
    const [one, two] = await Promise.all([open(), open()])
    await one.set('one', 1)
    await two.set('two', 2)
    const three = await open()
    return JSON.stringify([await three.get('one'), await three.get('two')])
  })
  const response = await eve.get(path)
  same(await response.text(), '[1,2]', 'who asks a third time in one request finds')
  same(cookiesIn(response).length, 1, 'Set-Cookie lines of a request that opened its session three times')
  alike(await knows(eve, 'one', 'two'), [1, 2], 'the next request finds')
}

async function ended({ ada, page, knows }: Play): Promise<void> {
  const known = await ada()
  const thief = known.steal()
  await known.get(
    page(async ({ session }) => {
      await session.end()
      return 'bye'
    }),
  )
  same(known.cookies().length, 0, 'cookies left in the browser after the session was ended')
  alike(await knows(thief, 'name'), [null], 'whoever kept the ticket finds')
}

export const STORIES: readonly Story[] = [
  { name: 'remembers a visitor from one request to the next, and nobody else', test: remembers },
  { name: 'gives a known visitor no second cookie', test: oneCookie },
  { name: 'loses nothing of what parallel requests of one visitor set', test: parallel },
  { name: 'lets no request under way undo a sign-out', test: signedOut },
  { name: 'takes the cookie and the session away when it is ended', test: ended },
  { name: 'sends no redirect before the session is stored', test: redirected },
  { name: 'shows a flash value after a redirect, once', needs: 'flash', test: flashed },
  { name: 'gives a new ticket to who signs in, and the old one shows nothing that comes after', needs: 'signIn', test: signedIn },
  { name: 'keeps visitors apart who come at the same moment', test: apart },
  { name: 'keeps visitors apart whose requests come on one connection', test: inTurns },
  { name: 'gives all who ask in one request the same session', test: sameForAll },
]
