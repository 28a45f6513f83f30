// A site of sealed sessions whose ends are written down in a store that other processes use too. Prints its address.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { withSession } from '../../src/adapters/node.ts'
import { createSessions } from '../../src/index.ts'
import { openShared } from '../helpers/shared.ts'

const [kind = '', url = '', secret = '', every = '0'] = process.argv.slice(2)
const { store } = await openShared(kind, url)
const sessions = createSessions({
  secrets: secret,
  revocations: { store, every: Number(every) },
  cookie: { name: 'sid', secure: false },
})
const server = createServer(
  withSession(sessions, async (req, res) => {
    const session = await sessions.open(req)
    res.setHeader('x-new', String(session.isNew))
    if (req.url === '/login') session.signIn('ada')
    if (req.url === '/write') session.set('n', Math.random())
    if (req.url === '/renew') session.regenerateId()
    if (req.url === '/logout') session.signOut()
    if (req.url === '/everywhere') await sessions.endAll('ada')
    res.end(session.owner ?? 'nobody')
  }),
)
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
