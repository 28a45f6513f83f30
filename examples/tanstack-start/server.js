import { serve } from 'srvx'
import server from './dist/server/server.js'

serve({ port: Number(process.env.PORT ?? 3000), hostname: '127.0.0.1', silent: true, fetch: (request) => server.fetch(request) })
