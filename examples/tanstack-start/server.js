import { serve } from 'srvx'
import { staticMiddleware } from 'srvx/static'
import server from './dist/server/server.js'

serve({
  port: Number(process.env.PORT ?? 3000),
  hostname: '127.0.0.1',
  silent: true,
  middleware: [staticMiddleware({ dir: `${import.meta.dirname}/dist/client` })],
  fetch: (request) => server.fetch(request),
})
