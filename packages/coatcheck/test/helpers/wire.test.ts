import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Wire, wireTo } from './wire.ts'

/** Greets whoever comes, and answers each line with as many lines as it says, or hangs up. */
function greeter(): Server {
  return createServer((socket) => {
    socket.write('welcome\n')
    let rest = ''
    socket.on('data', (chunk) => {
      const lines = `${rest}${chunk}`.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (line === 'bye') socket.destroy()
        else socket.write('answer\n'.repeat(Number(line)))
      }
    })
    socket.on('error', () => {})
  }).listen(0, '127.0.0.1')
}

describe('the wire that counts round trips', () => {
  let server: Server
  let wire: Wire
  let client: Socket
  let heard = ''

  /** Until so many lines have come in all. */
  async function hears(lines: number): Promise<void> {
    while (heard.split('\n').length <= lines) await once(client, 'data')
  }

  async function arrives(): Promise<Socket> {
    heard = ''
    const { hostname, port } = new URL(wire.url)
    const socket = connect({ host: hostname, port: Number(port) })
    socket.setEncoding('utf8').on('data', (text) => {
      heard += text
    })
    await once(socket, 'connect')
    return socket
  }

  beforeEach(async () => {
    server = greeter()
    await once(server, 'listening')
    const address = server.address()
    wire = await wireTo(`greeter://ada:secret@127.0.0.1:${typeof address === 'object' && address?.port}/hall?loud=yes`)
    client = await arrives()
    await hears(1)
  })
  afterEach(async () => {
    client.destroy()
    await wire.close()
    server.close()
  })

  it('keeps all of the address but its place', () => {
    expect(wire.url).toMatch(/^greeter:\/\/ada:secret@127\.0\.0\.1:\d+\/hall\?loud=yes$/)
  })

  it('counts nothing when somebody comes and is greeted', () => {
    expect(heard).toBe('welcome\n')
    expect(wire.trips()).toBe(0)
  })

  it('counts each question that waited for the answer before it', async () => {
    for (let n = 1; n <= 3; n++) {
      client.write('1\n')
      await hears(1 + n)
    }
    expect(wire.trips()).toBe(3)
    expect(wire.trips()).toBe(0)
  })

  it('counts one for questions asked at once, and for an answer in many parts', async () => {
    client.write('1\n')
    client.write('1\n1\n')
    await hears(4)
    expect(wire.trips()).toBe(1)
    client.write('20000\n')
    await hears(20_004)
    expect(wire.trips()).toBe(1)
  })

  it('counts nothing for what is said and never answered', async () => {
    client.write('0\n')
    client.write('0\n')
    expect(wire.trips()).toBe(0)
    client.write('1\n')
    await hears(2)
    expect(wire.trips()).toBe(1)
  })

  it('counts on every connection, and passes on that one ends', async () => {
    client.write('1\n')
    await hears(2)
    const first = client
    client = await arrives()
    await hears(1)
    client.write('1\n')
    await hears(2)
    expect(wire.trips()).toBe(2)
    first.end()
    await once(first, 'close')
    client.write('1\n')
    await hears(3)
    expect(wire.trips()).toBe(1)
  })

  it('can be led to another server', async () => {
    const other = createServer((socket) => socket.end('somebody else\n')).listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const closed = once(client, 'close')
    wire.leadTo(`greeter://127.0.0.1:${typeof address === 'object' && address?.port}`)
    await closed
    client = await arrives()
    await hears(1)
    expect(heard).toBe('somebody else\n')
    other.close()
  })

  it('passes on that the server hangs up', async () => {
    client.write('bye\n')
    await once(client, 'close')
    expect(heard).toBe('welcome\n')
  })
})
