// Oxygen's place is taken by Node: it gives `fetch` the environment, a context and a cache.
import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { InMemoryCache } from '@shopify/hydrogen'

const { PORT = '3000', SESSION_SECRET = 'development-only-3uWq8LrZ5vXk2Tn9' } = process.env
const cache = new InMemoryCache()
globalThis.caches = { open: async () => cache }
const { default: server } = await import('./dist/server/index.js')

const env = {
  SESSION_SECRET,
  PUBLIC_STORE_DOMAIN: 'shop.invalid',
  PUBLIC_STOREFRONT_API_TOKEN: 'token',
  PUBLIC_STOREFRONT_ID: '1',
  PUBLIC_CUSTOMER_ACCOUNT_API_CLIENT_ID: 'client',
  SHOP_ID: '1',
}

createServer(async (req, res) => {
  const body = req.method === 'GET' || req.method === 'HEAD' ? undefined : Readable.toWeb(req)
  const url = `http://${req.headers.host}${req.url}`
  const headers = Object.entries(req.headers).map(([name, value]) => [name, String(value)])
  const request = new Request(url, { method: req.method, headers, body, duplex: 'half' })
  const response = await server.fetch(request, env, { waitUntil: () => {}, passThroughOnException: () => {} })
  res.writeHead(response.status, [...response.headers].flat())
  if (response.body) Readable.fromWeb(response.body).pipe(res)
  else res.end()
}).listen(Number(PORT), '127.0.0.1', () => console.log(`Hydrogen 2026 listens on http://127.0.0.1:${PORT}/`))
