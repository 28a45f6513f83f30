import { headersOf, type RequestSession } from '../../../core/adapter.ts'
import { bareLine } from '../koa/line.ts'
import { decorateOnce, type FastifyInstance } from './plugin.ts'
import type { SecureSetup } from './secure-options.ts'
import type { SecureSession } from './secure-session.ts'
import { SecureVisit } from './secure-visit.ts'

/** The sessions of a scope by their names, the first of which is the default. */
export function decorateCodec(instance: FastifyInstance, setups: readonly SecureSetup[]): void {
  const setupOf = (name = setups[0]?.sessionName): SecureSetup => {
    const setup = setups.find(({ sessionName }) => sessionName === name)
    if (setup) return setup
    throw new Error('Unknown session key.')
  }
  decorateOnce(instance, 'createSecureSession', (data: object = {}) => withValues(opened(setupOf()), data).session)
  decorateOnce(instance, 'decodeSecureSession', (cookie: string | undefined, _log?: unknown, name?: string) => {
    const { session, requestSession } = opened(setupOf(name), cookie)
    return cookie !== undefined && requestSession.isProven ? session : null
  })
  decorateOnce(instance, 'encodeSecureSession', (session: SecureSession, name?: string): string => {
    const { requestSession } = withValues(opened(setupOf(name)), session.data())
    requestSession.session?.begin()
    const done = requestSession.commit()
    if (done instanceof Promise || done.ticket === undefined) throw atOnce()
    return done.ticket
  })
}

interface Opened {
  readonly requestSession: RequestSession
  readonly session: SecureSession
}

/** The session in a cookie's value, or an empty one. */
function opened(setup: SecureSetup, cookie?: string): Opened {
  const { adapter, cookieName } = setup
  const line = cookie === undefined ? null : bareLine(cookieName, encodeURIComponent(cookie))
  const requestSession = adapter.detached(headersOf(line))
  requestSession.commitsByCall = true
  requestSession.open().catch(() => {})
  const live = requestSession.session
  if (!live || adapter.core.persistence.kind !== 'sealed') throw atOnce()
  return { requestSession, session: new SecureVisit(setup, requestSession, false).begin(live) }
}

function withValues(one: Opened, values: object): Opened {
  for (const [key, value] of Object.entries(values)) one.session.set(key, value)
  return one
}

const atOnce = (): Error =>
  new TypeError(
    'coatcheck: only a session that is sealed in its cookie can be read and written at once. Leave out `store`, or use `request.session`.',
  )
