// A server of sockets, as one of several that share a store: says its port, and takes its sessions from there.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { socketSessions } from '../../src/adapters/websocket.ts'
import { createSessions } from '../../src/index.ts'
import { openPlace } from '../helpers/places.ts'

const [kind = '', place = '', secret = ''] = process.argv.slice(2)
const { store } = await openPlace(kind, place)
const sockets = socketSessions(createSessions({ secrets: secret, store }), { allowWithoutOrigin: true })
const server = createServer()
const wss = new WebSocketServer({ noServer: true })
server.on('upgrade', (req, duplex, head) => {
  void sockets.upgrade(req, duplex, (session) =>
    wss.handleUpgrade(req, duplex, head, (socket) => {
      session.closeAtEnd(socket)
      socket.send(String(session.session.owner))
    }),
  )
})
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
