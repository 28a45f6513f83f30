import * as serverBuild from 'virtual:react-router/server-build'
import { createRequestHandler, storefrontRedirect } from '@shopify/hydrogen'
import { crossSite } from 'coatcheck/csrf'
import { createHydrogenRouterContext } from '~/lib/context'

const guard = crossSite()

export default {
  // What pages of other sites send in a visitor's name is answered 403.
  fetch: guard.fetch(async (request: Request, env: Env, executionContext: ExecutionContext): Promise<Response> => {
    try {
      const hydrogenContext = await createHydrogenRouterContext(request, env, executionContext)
      const handleRequest = createRequestHandler({
        build: serverBuild,
        mode: process.env.NODE_ENV,
        getLoadContext: () => hydrogenContext,
      })
      const response = await handleRequest(request)
      if (hydrogenContext.session.isPending) {
        response.headers.set('Set-Cookie', await hydrogenContext.session.commit())
      }
      if (response.status === 404) return storefrontRedirect({ request, response, storefront: hydrogenContext.storefront })
      return response
    } catch (error) {
      console.error(error)
      return new Response('An unexpected error occurred', { status: 500 })
    }
  }),
}
