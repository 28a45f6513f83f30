// Astro's declarations against ours. The compiler runs it (page.test.ts), under Astro's strict settings; nothing else does.
import type { APIContext, AstroGlobal, AstroIntegration, AstroUserConfig, SessionDriver } from 'astro'
import coatcheck, { type CoatcheckOptions, type Integration, type RuntimeSettings } from 'coatcheck/astro'
import { astroDriver, type SessionDriver as OurDriver } from 'coatcheck/astro/driver'
import { openSession } from 'coatcheck/astro/session'
import { memoryStore } from 'coatcheck/stores/memory'
import type { SessionMethods } from '../../../packages/coatcheck/src/adapters/astro/visit.ts'

declare global {
  namespace App {
    interface SessionData {
      user: string
      cart: string[]
    }
  }
}

type Theirs = NonNullable<APIContext['session']>
declare const given: <T>() => T

// Ours speaks for every member of Astro's, and for no other.
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never
const sameMembers: Same<Extract<keyof Theirs, string>, keyof SessionMethods | 'sessionID'> = true
// What each takes and gives, both ways; `get` of Astro's gives what `App.SessionData` says, which is a part of `unknown`.
const asOurs: Omit<SessionMethods, 'entries'> = given<Theirs>()
const asTheirs: Omit<Pick<Theirs, keyof SessionMethods>, 'get'> = given<SessionMethods>()
const entries: unknown[][] = await given<SessionMethods>().entries()

// The integration, and the driver, both ways.
const integration: AstroIntegration = coatcheck({ settings: './settings.ts', cookie: { name: 'shop', partitioned: true } })
const config: AstroUserConfig = { integrations: [coatcheck()] }
const driver: SessionDriver = astroDriver({ store: memoryStore() })
const ourDriver: OurDriver = given<SessionDriver>()
// What Astro's `session` says of the cookie and the time, said to ours instead.
type TheirConfig = Exclude<NonNullable<AstroUserConfig['session']>, false>
const cookie: CoatcheckOptions['cookie'] = given<NonNullable<TheirConfig['cookie']>>()
const driverOption: CoatcheckOptions['store'] = given<Extract<NonNullable<TheirConfig['driver']>, object>>()
const settings = { secrets: given<string | undefined>(), store: memoryStore() } satisfies RuntimeSettings

// `App.SessionData` counts, in Astro's object and in all of the session.
export async function page(Astro: AstroGlobal, context: APIContext): Promise<void> {
  const user: string | undefined = await Astro.session?.get('user')
  Astro.session?.set('user', 'ada', { ttl: 60 })
  // @ts-expect-error
  Astro.session?.set('user', 1)
  const cart = await context.session?.get('cart')
  cart?.push('hat')
  // @ts-expect-error
  cart?.toFixed()
  const session = await openSession<App.SessionData>(context)
  session.update('cart', (cart = []) => [...cart, user ?? ''])
  // @ts-expect-error
  session.set('cart', 'hat')
  await openSession(Astro)
  // @ts-expect-error
  await openSession(user)
}
export default [sameMembers, asOurs, asTheirs, entries, integration, config, driver, ourDriver, cookie, driverOption, settings]
export type { Integration }
