import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import { join } from 'node:path'

const TYPES: Readonly<Record<string, string>> = { html: 'text/html', css: 'text/css', js: 'text/javascript' }
/** What the page that shows all apps is made of. */
const own = new Map(
  ['index.html', 'look.css', 'page.css', 'frame.css', 'page.js'].map((file) => {
    const headers = { 'content-type': `${TYPES[file.split('.')[1] ?? '']}; charset=utf-8` }
    const parts = file === 'look.css' ? ['../shop/public/colours.css', file] : [file]
    const content = Buffer.concat(parts.map((part) => readFileSync(join(import.meta.dirname, part))))
    return [file === 'index.html' ? '/' : `/${file}`, { headers, content }]
  }),
)
/** What belongs to one connection, and is not passed on (RFC 9110 7.6.1). */
const HOP = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade']

/** Passes a request on as it came, Host included: the apps compare it with where a form came from. */
function pass(incoming: IncomingMessage, response: ServerResponse, origin: string): void {
  const headers = { ...incoming.headers, 'x-forwarded-proto': 'http' }
  for (const name of HOP) delete headers[name as keyof typeof headers]
  const onward = request(new URL(incoming.url ?? '/', origin), { method: incoming.method ?? 'GET', headers }, (answer) => {
    // The raw list, because a response has several Set-Cookie lines.
    const pairs = answer.rawHeaders.flatMap((name, at, all) => (at % 2 === 0 ? [[name, all[at + 1] ?? ''] as const] : []))
    const kept = pairs.filter(([name]) => !HOP.includes(name.toLowerCase()))
    response.writeHead(answer.statusCode ?? 502, kept.flat())
    answer.pipe(response)
    answer.on('error', () => response.destroy())
  })
  onward.on('error', (error) => {
    if (response.headersSent) response.destroy()
    else response.writeHead(502, { 'content-type': 'text/plain' }).end(`The app does not answer: ${error.message}`)
  })
  response.on('close', () => onward.destroy())
  incoming.pipe(onward)
}

/**
 * One origin, on a port of the loopback interface: a page that shows all apps, and every app below the prefix that is its key. The one
 * whose key is empty gets what no other has.
 */
export async function serveSite(apps: ReadonlyMap<string, string>, port: number): Promise<Server> {
  const server = createServer((incoming, response) => {
    const { pathname } = new URL(incoming.url ?? '/', 'http://localhost')
    // Remix asks for the data of its first page at /remix.data.
    const isBelow = (each: string) => [each, `${each}.data`].includes(pathname) || pathname.startsWith(`${each}/`)
    const prefix = [...apps.keys()].find((each) => each !== '' && isBelow(each))
    const origin = apps.get(prefix ?? '')
    const page = own.get(pathname)
    if (page) response.writeHead(200, page.headers).end(page.content)
    else if (pathname === '/favicon.ico') response.writeHead(204).end()
    else if (pathname === prefix) response.writeHead(308, { location: `${prefix}/` }).end()
    else if (origin) pass(incoming, response, origin)
    else response.writeHead(404, { 'content-type': 'text/plain' }).end('Not found')
  })
  await once(server.listen(port, '127.0.0.1'), 'listening')
  return server
}
