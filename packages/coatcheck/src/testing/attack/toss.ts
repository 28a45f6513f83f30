import type { Visitor } from '../visitor.ts'
import type { AppUnderAttack, Ground } from './app.ts'
import { type AttackReport, type Attempt, attempt, broken, held, notTried, type Result } from './report.ts'

const PREFIX =
  'Begin the cookie’s name with `__Host-` (Secure, Path=/, no Domain): no other host can set such a cookie. Coatcheck’s default name does.'

/**
 * A sibling of the site that the attacker controls (`blog.` beside `shop.`) sets a cookie for the whole domain: the browser sends it to the
 * site as well, before the site's own if its path is longer (cookie tossing).
 */
export function toss(app: AppUnderAttack): Promise<AttackReport> {
  return attempt('toss', app, ATTEMPTS)
}

const ATTEMPTS: readonly Attempt[] = [
  [
    "the attacker's session, for a victim who is not signed in",
    (ground) =>
      tossing(
        ground,
        () => ground.signedIn(ground.attacker),
        async (throwAll) => {
          const victim = ground.browser()
          const dropped = throwAll(victim)
          if (dropped) return dropped
          if ((await ground.who(victim)) !== ground.attacker) return held('The app took nobody for the attacker.')
          return broken(
            'The victim, who had not signed in, used the site as the attacker: what is typed in or paid with then is in the hands of the attacker.',
            PREFIX,
          )
        },
      ),
  ],
  [
    "the attacker's session, beside the victim's own",
    (ground) =>
      tossing(
        ground,
        () => ground.signedIn(ground.attacker),
        async (throwAll) => {
          const victim = await ground.signedIn()
          const dropped = throwAll(victim)
          if (dropped) return dropped
          const found = await ground.who(victim)
          if (found !== ground.attacker) return held(`The app then took the victim for ${found ?? 'nobody'}.`)
          return broken(`${ground.victim} was signed in, and from then on used the site as the attacker.`, PREFIX)
        },
      ),
  ],
  [
    "a guest's cookies, before the victim signs in",
    (ground) =>
      tossing(
        ground,
        () => guestOf(ground),
        async (throwAll, known) => {
          const victim = ground.browser()
          const dropped = throwAll(victim)
          if (dropped) return dropped
          await ground.app.signIn(victim, ground.victim)
          if ((await ground.who(ground.presenting(known))) !== ground.victim)
            return held('The tossed cookies did not become those of the victim.')
          return broken(
            `${ground.victim} signed in with the cookies that a sibling of the site had set, and they opened the account for the attacker.`,
            `${PREFIX} Besides, give the session a new id when somebody signs in.`,
          )
        },
      ),
  ],
]

async function guestOf(ground: Ground): Promise<Visitor> {
  const guest = ground.browser()
  await ground.visit(guest)
  return guest
}

/** Sets the attacker's cookies in a browser; returns the result when it takes none of them. */
type ThrowAll = (browser: Visitor) => Result | undefined

async function tossing(
  ground: Ground,
  from: () => Promise<Visitor>,
  make: (throwAll: ThrowAll, known: string) => Promise<Result>,
): Promise<Result> {
  const attacker = await from()
  const { protocol, hostname } = new URL(ground.origin)
  if (!hostname.includes('.') || /^[\d.]+$|^\[/.test(hostname))
    return notTried(`${hostname} has no siblings. Pass the site's public address: \`origin: "https://shop.test"\`.`)
  if (attacker.cookies().length === 0) return held('There is no cookie that could be tossed.')
  const secure = protocol === 'https:' ? '; Secure' : ''
  const throwAll: ThrowAll = (browser) => {
    const refusals: string[] = []
    for (const { name, value } of attacker.cookies())
      for (const path of new Set(['/', ...ground.paths])) {
        const line = `${name}=${value}; Domain=${hostname}; Path=${path}${secure}`
        const why = browser.plant(line, `${protocol}//evil.${hostname}/`)
        if (why !== undefined && path === '/') refusals.push(`${name}: ${why}`)
      }
    if (refusals.length < attacker.cookies().length) return undefined
    return held(`A browser takes no such cookie from a sibling (${refusals.join('; ')}).`)
  }
  return make(throwAll, attacker.jar.header(ground.origin))
}
