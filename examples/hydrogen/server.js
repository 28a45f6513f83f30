import { createServer } from 'node:http'
import { createRequire } from 'node:module'

const { PORT = '3000', BASE = '' } = process.env

const built = await createRequire(import.meta.url)('./dist/server/index.js')
const { app } = await built.createServer()
createServer(app).listen(Number(PORT), '127.0.0.1', () => console.log(`Hydrogen 1 listens on http://127.0.0.1:${PORT}${BASE}/`))
