import { bad } from '../../errors.ts'
import type { SessionConfig } from './config.ts'

/** Of configurations that a middleware has. */
const answered = new WeakSet<object>()

/** From here on a middleware answers what browsers ask for the device-bound sessions of this configuration. */
export function answering<Config extends Pick<SessionConfig, 'deviceBound'>>(config: Config): Config {
  if (config.deviceBound) answered.add(config.deviceBound)
  return config
}

/** Throws `BAD_OPTIONS` where nobody would answer browsers that ask. */
export function checkAnswered({ deviceBound }: Pick<SessionConfig, 'deviceBound'>): void {
  if (!deviceBound || answered.has(deviceBound)) return
  throw bad(
    'deviceBound',
    'was given to no middleware, so that nobody answers browsers',
    'In h3 2 pass the same configuration to `app.use(commitSessions(config))`, first of all. In Nitro and Nuxt name a module in `runtimeConfig.session.deviceBound`. In h3 1 wrap `toNodeListener(app)` with withSession(sessions, …) of coatcheck/node, and call `sessions.open(event.node.req)`.',
  )
}
