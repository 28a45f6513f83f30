import type { AppUnderAttack } from './app.ts'
import { type AttackReport, type Attempt, attempt, broken, held } from './report.ts'

const NEW_ID =
  'Give the session a new id when somebody signs in: `session.signIn(owner)` does; call `req.session.regenerate()` in express-session before you store who it is.'

/** Somebody gives the victim a cookie that he knows, waits until the victim signs in, and uses it (session fixation). */
export function fixate(app: AppUnderAttack): Promise<AttackReport> {
  return attempt('fixate', app, ATTEMPTS)
}

const ATTEMPTS: readonly Attempt[] = [
  [
    "a guest's cookies, planted before the sign-in",
    async (ground) => {
      const attacker = ground.browser()
      await ground.visit(attacker)
      const known = attacker.jar.header(ground.origin)
      if (known === '') return held('A guest gets no cookie that could be planted. If some page gives one, let `visit` open it.')
      await ground.signedIn(ground.victim, ground.browser({ jar: attacker.jar.copy() }))
      const found = (await ground.who(attacker)) ?? (await ground.who(ground.presenting(known)))
      if (found === undefined) return held('The planted cookies did not become those of the victim.')
      return broken(
        `The attacker planted the cookies of a guest; ${ground.victim} signed in with them, and they opened the account for the attacker too.`,
        NEW_ID,
      )
    },
  ],
  [
    'a made-up value, planted before the sign-in',
    async (ground) => {
      const own = await ground.signedIn(ground.attacker)
      const value = 'made-up-by-the-attacker-0123456789'
      const victim = ground.browser({ jar: own.jar.copy() })
      for (const { name, path, secure, hostOnly, domain } of own.cookies())
        victim.plant(`${name}=${value}; Path=${path}; HttpOnly${secure ? '; Secure' : ''}${hostOnly ? '' : `; Domain=${domain}`}`)
      const known = own
        .cookies()
        .map(({ name }) => `${name}=${value}`)
        .join('; ')
      await ground.visit(victim)
      await ground.signedIn(ground.victim, victim)
      if ((await ground.who(ground.presenting(known))) === undefined)
        return held('A value that the app never gave did not become that of the victim.')
      return broken(
        `The app took an id that it had never given: the attacker made one up, ${ground.victim} signed in with it, and it opened the account.`,
        `Take no id that the server did not make, and sign ids. ${NEW_ID}`,
      )
    },
  ],
  [
    "the attacker's own session, planted before the sign-in",
    async (ground) => {
      const { victim } = ground
      const attacker = await ground.signedIn(ground.attacker)
      const known = attacker.jar.header(ground.origin)
      await ground.signedIn(victim, ground.browser({ jar: attacker.jar.copy() }))
      const found = [await ground.who(attacker), await ground.who(ground.presenting(known))]
      if (!found.includes(victim)) return held("The attacker's cookies did not become those of the victim.")
      return broken(
        `${victim} signed in while the browser held the cookies of the attacker's session, and they opened ${victim}'s account.`,
        NEW_ID,
      )
    },
  ],
]
