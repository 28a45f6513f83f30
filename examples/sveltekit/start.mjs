// Plain http, for trying out: without a proxy that says otherwise, Kit takes every visitor to come over https, and refuses the forms.
import { createServer } from 'node:http'

const { HOST = '127.0.0.1', PORT = '3000' } = process.env
process.env.PROTOCOL_HEADER = 'x-forwarded-proto'
const { handler } = await import('./build/handler.js')

const server = createServer((req, res) => {
  req.headers['x-forwarded-proto'] = 'http'
  handler(req, res)
})
server.listen(Number(PORT), HOST)
