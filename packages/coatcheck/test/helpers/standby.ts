import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts, makeFolder, removeFolder, Server, tool } from '../../../../scripts/engine-process.ts'
import type { Running } from '../../../../scripts/engine-servers.ts'
import { engineBinary } from '../../../../scripts/engines.ts'

/** A hot standby that follows this server of ours: it answers reads, and refuses writes until it is promoted. */
export async function startStandby(primary: Running): Promise<Running> {
  const folder = makeFolder('standby')
  const [port = 0] = await freePorts(1)
  const user = process.getuid?.() === 0 ? userPostgres() : undefined
  if (user) await tool('chown', [`${user.uid}:${user.gid}`, folder])
  const data = join(folder, 'data')
  const from = ['-h', '127.0.0.1', '-p', `${primary.port}`, '-U', 'postgres']
  // `-R` writes standby.signal, and where the primary is.
  await tool(engineBinary('postgres', 'pg_basebackup'), [...from, '-D', data, '-R', '-X', 'stream', '-c', 'fast'], user)
  const settings = ['listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`, 'fsync=off']
  const args = ['-D', data, '-p', `${port}`, ...settings.flatMap((setting) => ['-c', setting])]
  const ready = /ready to accept read-only connections/
  const server = new Server({ command: engineBinary('postgres'), args, ready, ...(user && { user }) }, folder)
  await server.start()
  const stop = async (): Promise<void> => {
    await server.kill()
    removeFolder(folder)
  }
  return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, port, server, stop }
}

function userPostgres(): { uid: number; gid: number } {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((each) => each.startsWith('postgres:'))
  const [, , uid, gid] = line?.split(':') ?? []
  return { uid: Number(uid), gid: Number(gid) }
}
