import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { freePorts, type Launch, makeFolder, removeFolder, Server, tool } from './engine-process.ts'
import { engineBinary } from './engines.ts'

/** A server of ours in a temporary folder, on a port of the loopback interface that nobody else knows. */
export interface Running {
  readonly url: string
  readonly port: number
  readonly server: Server
  /** Ends it and removes its folder. */
  stop(): Promise<void>
}

export const HOST = '127.0.0.1'

/** `prepare` makes what the server needs on the disk; between a look for a free port and the start another may take it, so there are three tries. */
export async function run(
  name: string,
  launchOn: (folder: string, ports: readonly number[]) => Promise<Launch>,
  ports = 1,
): Promise<Running> {
  for (let tries = 3; ; tries--) {
    const folder = makeFolder(name)
    const chosen = await freePorts(ports)
    const [port = 0] = chosen
    try {
      const server = new Server(await launchOn(folder, chosen), folder)
      await server.start()
      const stop = async (): Promise<void> => {
        await server.stop()
        removeFolder(folder)
      }
      return { url: '', port, server, stop }
    } catch (error) {
      removeFolder(folder)
      if (tries <= 1 || !/in use|bind/i.test(String(error))) throw error
    }
  }
}

const redisLaunch =
  (settings: readonly string[]) =>
  async (folder: string, [port, bus]: readonly number[]): Promise<Launch> => {
    const lines = [
      `port ${port}`,
      `bind ${HOST}`,
      `dir ${folder}`,
      ...(bus === undefined ? [] : [`cluster-port ${bus}`]),
      ...settings,
    ]
    const args = lines.flatMap((line) => {
      const [name = '', ...values] = line.split(' ')
      return [`--${name}`, ...values]
    })
    return { command: engineBinary('redis'), args, ready: /Ready to accept connections/ }
  }

/** No snapshots, and replicas are served at once. */
const QUICK_REDIS = ['save ', 'repl-diskless-sync-delay 0']

/** Each of `settings` is a line of redis.conf. It writes nothing to the disk unless told, as by `appendonly yes`. */
export async function startRedis(settings: readonly string[] = []): Promise<Running> {
  const running = await run('redis', redisLaunch([...QUICK_REDIS, ...settings]))
  return { ...running, url: `redis://${HOST}:${running.port}` }
}

/** A replica that has caught up with `master`. */
export async function startRedisReplica(master: Running): Promise<Running> {
  const running = await startRedis([`replicaof ${HOST} ${master.port}`])
  const ask = (...command: string[]): Promise<string> =>
    tool(engineBinary('redis', 'redis-cli'), ['-p', `${master.port}`, ...command])
  const caughtUp = new RegExp(`port=${running.port},state=online,offset=[1-9]`)
  await until(async () => {
    // A message is passed on as a write is, and leaves nothing behind; the replica counts once it has acknowledged something.
    await ask('publish', 'ready', '')
    return caughtUp.test(await ask('info', 'replication'))
  })
  return running
}

export interface RunningCluster {
  readonly nodes: readonly Running[]
  stop(): Promise<void>
}

/** Three masters, and as many replicas for each as told. */
export async function startRedisCluster(replicas = 0, settings: readonly string[] = []): Promise<RunningCluster> {
  const own = [...QUICK_REDIS, 'cluster-enabled yes', 'cluster-node-timeout 1500', ...settings]
  const nodes = await Promise.all(Array.from({ length: 3 * (1 + replicas) }, () => run('redis-cluster', redisLaunch(own), 2)))
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()))
  }
  try {
    const cli = engineBinary('redis', 'redis-cli')
    const addresses = nodes.map(({ port }) => `${HOST}:${port}`)
    await tool(cli, ['--cluster', 'create', ...addresses, '--cluster-replicas', `${replicas}`, '--cluster-yes'])
    const whole = async (port: number): Promise<boolean> =>
      /cluster_state:ok/.test(await tool(cli, ['-p', `${port}`, 'cluster', 'info'])) &&
      new RegExp(`connected_slaves:${replicas}|master_link_status:up`).test(
        await tool(cli, ['-p', `${port}`, 'info', 'replication']),
      )
    for (const { port } of nodes) await until(() => whole(port))
  } catch (error) {
    await stop()
    throw error
  }
  return { nodes: nodes.map((node) => ({ ...node, url: `redis://${HOST}:${node.port}` })), stop }
}

/** Each of `settings` is as in postgresql.conf, such as `max_connections=10`. */
export async function startPostgres(settings: readonly string[] = []): Promise<Running> {
  const command = engineBinary('postgres')
  const user = process.getuid?.() === 0 ? unprivileged('postgres') : undefined
  const running = await run('postgres', async (folder, [port]) => {
    if (user) await tool('chown', [`${user.uid}:${user.gid}`, folder])
    const data = join(folder, 'data')
    const initdb = engineBinary('postgres', 'initdb')
    await tool(initdb, ['-D', data, '-A', 'trust', '-U', 'postgres', '-N', '-E', 'UTF8', '--locale=C'], user)
    const own = [`listen_addresses=${HOST}`, `unix_socket_directories=${folder}`, 'fsync=off', ...settings]
    const args = ['-D', data, '-p', `${port}`, ...own.flatMap((setting) => ['-c', setting])]
    return { command, args, ready: /ready to accept/, ...(user && { user }) }
  })
  return { ...running, url: `postgres://postgres@${HOST}:${running.port}/postgres` }
}

/** Each of `settings` is an option of mariadbd without its dashes, such as `sql-mode=ANSI_QUOTES`. */
export async function startMariadb(settings: readonly string[] = []): Promise<Running> {
  const command = engineBinary('mariadb')
  const user = process.getuid?.() === 0 ? ['--user=root'] : []
  const running = await run('mariadb', async (folder, [port]) => {
    const data = join(folder, 'data')
    const installer = engineBinary('mariadb', 'mariadb-install-db')
    const base = dirname(dirname(installer))
    const auth = ['--auth-root-authentication-method=normal', '--skip-test-db', `--basedir=${base}`, ...user]
    await tool(installer, ['--no-defaults', `--datadir=${data}`, ...auth])
    const own = [
      `--datadir=${data}`,
      `--socket=${folder}/socket`,
      `--pid-file=${folder}/pid`,
      `--port=${port}`,
      `--bind-address=${HOST}`,
    ]
    const quick = ['--innodb-flush-log-at-trx-commit=0', '--skip-name-resolve']
    const args = ['--no-defaults', ...own, ...quick, ...user, ...settings.map((setting) => `--${setting}`)]
    return { command, args, ready: /ready for connections/ }
  })
  return { ...running, url: `mysql://root@${HOST}:${running.port}/` }
}

/** With JetStream on its disk. Each of `settings` is a line of its configuration file, such as `max_payload: 9000`. */
export async function startNats(settings: readonly string[] = []): Promise<Running> {
  const command = engineBinary('nats')
  const running = await run('nats', async (folder, [port]) => {
    const file = join(folder, 'settings')
    writeFileSync(file, settings.join('\n'))
    const args = ['-c', file, '-js', '-a', HOST, '-p', `${port}`, '-sd', join(folder, 'data')]
    return { command, args, ready: /Server is ready/ }
  })
  return { ...running, url: `nats://${HOST}:${running.port}` }
}

/** With 64 MB. `settings` are flags of memcached. */
export async function startMemcached(settings: readonly string[] = []): Promise<Running> {
  const command = engineBinary('memcached')
  const user = process.getuid?.() === 0 ? ['-u', 'root'] : []
  const running = await run('memcached', async (_, [port]) => {
    // Told to be talkative, it says when it listens.
    const args = ['-l', HOST, '-p', `${port}`, '-v', '-v', ...user, ...settings]
    return { command, args, ready: /server listening/ }
  })
  return { ...running, url: `memcached://${HOST}:${running.port}` }
}

/** The numbers of a user of this system. */
function unprivileged(name: string): { uid: number; gid: number } {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((each) => each.startsWith(`${name}:`))
  const [, , uid, gid] = line?.split(':') ?? []
  if (uid === undefined || gid === undefined)
    throw new Error(`There is no user ${name} on this system, and PostgreSQL refuses to run as root.`)
  return { uid: Number(uid), gid: Number(gid) }
}

/** Asks again until the answer is yes, for a hundred seconds. */
export async function until(isSo: () => Promise<boolean>, late = 'Servers of Redis did not find each other'): Promise<void> {
  for (const end = Date.now() + 100_000; Date.now() < end; ) {
    if (await isSo()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`${late} within a hundred seconds.`)
}
