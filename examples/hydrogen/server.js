import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { crossSite } from 'coatcheck/csrf'

const { PORT = '3000', BASE = '' } = process.env

const guard = crossSite()
const built = await createRequire(import.meta.url)('./dist/server/index.js')
const { app } = await built.createServer()
// What pages of other sites send in a visitor's name is answered 403.
const guarded = (req, res) => guard.node(req, res, () => app(req, res))
createServer(guarded).listen(Number(PORT), '127.0.0.1', () =>
  console.log(`Hydrogen 1 listens on http://127.0.0.1:${PORT}${BASE}/`),
)
