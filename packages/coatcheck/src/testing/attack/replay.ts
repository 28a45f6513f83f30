import type { Jar } from '../jar.ts'
import type { AppUnderAttack } from './app.ts'
import { type AttackReport, type Attempt, attempt, broken, held, notTried } from './report.ts'
import { END_ON_THE_SERVER } from './steal.ts'

/** Somebody presents what was good once: the cookies from before a sign-out or a new id, answers and requests that a sign-out overtook. */
export function replay(app: AppUnderAttack): Promise<AttackReport> {
  return attempt('replay', app, ATTEMPTS)
}

const NO_SIGN_OUT = 'The attackers were given no signOut.'

const ATTEMPTS: readonly Attempt[] = [
  [
    'every cookie of a browser that has signed out',
    async (ground) => {
      const { victim, app } = ground
      if (!app.signOut) return notTried(NO_SIGN_OUT)
      const owner = await ground.signedIn()
      await ground.visit(owner)
      await ground.who(owner)
      await app.signOut(owner)
      for (const again of owner.past()) {
        const found = await ground.who(again)
        if (found !== undefined)
          return broken(`After the sign-out a cookie from before it opened ${victim}'s account again.`, END_ON_THE_SERVER)
      }
      return held('After the sign-out no cookie from before it opened anything.')
    },
  ],
  [
    'the cookies of an earlier sign-in, after another one',
    async (ground) => {
      const { victim, app } = ground
      if (!app.signOut) return notTried(NO_SIGN_OUT)
      const owner = await ground.signedIn()
      const thief = ground.presenting(owner.jar.header(ground.origin))
      await app.signOut(owner)
      await ground.signedIn(victim, owner)
      if ((await ground.who(thief)) === undefined)
        return held('The cookies of the first sign-in opened nothing during the second.')
      return broken(
        `${victim} signed in, out, and in again; the cookies of the first sign-in opened the account during the second.`,
        `${END_ON_THE_SERVER} Each sign-in needs an id of its own.`,
      )
    },
  ],
  [
    'the cookies from before a new id',
    async (ground) => {
      const { victim, app } = ground
      if (!app.renew) return notTried('The attackers were given no renew.')
      const owner = await ground.signedIn()
      const thief = ground.presenting(owner.jar.header(ground.origin))
      await app.renew(owner)
      await ground.expect(owner, victim, 'after renew(visitor)')
      app.grace?.clock.advance(app.grace.seconds + 1)
      if ((await ground.who(thief)) === undefined) return held('The cookies from before the new id opened nothing.')
      return broken(
        `After the new id, the cookies from before it still opened ${victim}'s account.`,
        'Give the session a new id, and end the old one: `session.regenerateId()`; `req.session.regenerate()` in express-session. If the library lets an old id live for some seconds, pass `grace`.',
      )
    },
  ],
  [
    'an answer that arrives after the sign-out',
    async (ground) => {
      const { victim, app } = ground
      if (!app.signOut) return notTried(NO_SIGN_OUT)
      const owner = await ground.signedIn()
      const { jar, arrive } = late(owner.jar)
      await ground.visit(ground.browser({ jar }))
      await app.signOut(owner)
      arrive()
      if ((await ground.who(owner)) === undefined) return held('The answer did not sign anybody in again.')
      return broken(
        `A page was on its way while ${victim} signed out in another tab. Its answer arrived after that, and signed ${victim} in again.`,
        'Keep sessions in a store, or list ended ones (`revocations`): a whole session in the cookie comes back with every late answer.',
      )
    },
  ],
  [
    'a request that a sign-out overtakes',
    async (ground) => {
      const { victim, app } = ground
      if (!app.signOut || !app.at) return notTried(app.signOut ? 'The attackers were given no meeting point `at`.' : NO_SIGN_OUT)
      const owner = await ground.signedIn()
      const thief = ground.presenting(owner.jar.header(ground.origin))
      const stopped = app.at.hold()
      const slow = ground.visit(owner.steal())
      const came = await Promise.race([stopped.reached.then(() => true), slow.then(() => false)])
      try {
        if (!came)
          throw new Error(`The attackers cannot judge this app: visit(visitor) never came to the meeting point “${app.at.name}”.`)
        await app.signOut(owner)
      } finally {
        stopped.release()
      }
      await slow.catch(() => {}) // an app may well refuse it
      if ((await ground.who(thief)) === undefined) return held('The request that was overtaken brought nothing back.')
      return broken(
        `A request of ${victim} had read the session, then ${victim} signed out, then the request stored what it had: the cookies from before the sign-out opened the account again.`,
        'Let a write never make a record anew: a store that compares and sets, as Coatcheck needs it; not `set` by id alone.',
      )
    },
  ],
]

/** A jar whose browser gets the answers' cookies when `arrive` is called. */
function late(jar: Jar): { readonly jar: Jar; arrive(): void } {
  const lines: Parameters<Jar['set']>[] = []
  return {
    jar: {
      ...jar,
      set(...line) {
        lines.push(line)
        return undefined
      },
    },
    arrive() {
      for (const line of lines) jar.set(...line)
    },
  }
}
