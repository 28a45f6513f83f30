import type { AppUnderAttack } from './app.ts'
import { type AttackReport, type Attempt, attempt, broken, held, notTried } from './report.ts'

export const END_ON_THE_SERVER =
  'End the session itself, not only the cookie: `session.signOut()` with a store or `revocations`; `req.session.destroy()` in express-session. A sealed or signed cookie without either stays good until its time is over.'

/**
 * Somebody copies the victim's cookies: what are they worth after the sign-out, and could a script of the page, or somebody on the way, have
 * got them? While the victim is signed in a copy works, which no cookie can prevent.
 */
export function steal(app: AppUnderAttack): Promise<AttackReport> {
  return attempt('steal', app, ATTEMPTS)
}

const ATTEMPTS: readonly Attempt[] = [
  [
    'a copy of the cookies, used before and after the sign-out',
    async (ground) => {
      const { victim, app } = ground
      if (!app.signOut) return notTried('The attackers were given no signOut.')
      const owner = await ground.signedIn()
      const thief = owner.steal()
      if ((await ground.who(thief)) !== victim) return held('A copy of the cookies opened nothing in another browser.')
      await ground.visit(thief)
      await app.signOut(owner)
      await ground.expect(owner, undefined, 'after signOut(visitor)')
      const found = await ground.who(thief)
      if (found === undefined) return held('After the sign-out the copy opened nothing.')
      return broken(
        `After ${victim} had signed out, the thief's copy of the cookies still opened ${found}'s account.`,
        END_ON_THE_SERVER,
      )
    },
  ],
  [
    'a script on the page reads the cookies',
    async (ground) => {
      const owner = await ground.signedIn()
      const { cookie } = owner.jar.document(ground.origin)
      if (cookie === '' || (await ground.who(ground.presenting(cookie))) === undefined)
        return held('What scripts can read of the cookies opened nothing.')
      return broken(
        `document.cookie was enough to be ${ground.victim}: one line of foreign script on any page takes the session away.`,
        'Give the cookie HttpOnly.',
      )
    },
  ],
  [
    'somebody on the way reads what goes over http',
    async (ground) => {
      if (!ground.origin.startsWith('https:'))
        return notTried('The site itself is asked over http. Pass its public address: `origin: "https://…"`.')
      const owner = await ground.signedIn()
      const cookie = owner.jar.header(ground.origin.replace('https:', 'http:'))
      if (cookie === '' || (await ground.who(ground.presenting(cookie))) === undefined)
        return held('Over http a browser sends nothing that opens the session.')
      return broken(
        `A browser sends ${ground.victim}'s cookies over http as well: a picture from http://${new URL(ground.origin).host} shows them to everybody on the way.`,
        'Give the cookie Secure. Behind a proxy that ends TLS the app has to know of it (`trust proxy` in Express).',
      )
    },
  ],
]
