import { createHydrogenContext } from '@shopify/hydrogen'
import { AppSession } from '~/lib/session'

const additionalContext = {} as const
type AdditionalContextType = typeof additionalContext
declare global {
  interface HydrogenAdditionalContext extends AdditionalContextType {}
}

/** What each request of the shop is given. */
export async function createHydrogenRouterContext(request: Request, env: Env, executionContext: ExecutionContext) {
  if (!env?.SESSION_SECRET) throw new Error('SESSION_SECRET environment variable is not set')
  const waitUntil = executionContext.waitUntil.bind(executionContext)
  const [cache, session] = await Promise.all([caches.open('hydrogen'), AppSession.init(request, [env.SESSION_SECRET])])
  return createHydrogenContext(
    { env, request, cache, waitUntil, session, i18n: { language: 'EN', country: 'US' }, cart: {} },
    additionalContext,
  )
}
