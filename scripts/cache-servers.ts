import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HOST, type Running, run, until } from './engine-servers.ts'
import { engineBinary } from './engines.ts'

/** Where a cache may listen and write. */
export interface Place {
  readonly port: number
  readonly folder: string
}

/** nginx as one process, so that nothing of it outlives a kill. `http` makes what stands in the block `http` of its configuration. */
export async function startNginx(http: (place: Place) => string): Promise<Running> {
  const command = engineBinary('nginx')
  const running = await run('nginx', async (folder, [port = 0]) => {
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (kind) => `${kind}_temp_path ${join(folder, kind)};`,
    )
    const lines = [
      'daemon off;',
      'master_process off;',
      ...(process.getuid?.() === 0 ? ['user root;'] : []),
      `pid ${join(folder, 'pid')};`,
      'error_log stderr notice;',
      'events {}',
      `http { access_log off; ${temporary.join(' ')}`,
      http({ port, folder }),
      '}',
    ]
    const file = join(folder, 'nginx.conf')
    writeFileSync(file, lines.join('\n'))
    // It says its limits once it listens.
    return { command, args: ['-p', folder, '-e', 'stderr', '-c', file], ready: /RLIMIT_NOFILE/ }
  })
  return { ...running, url: `http://${HOST}:${running.port}` }
}

/** Varnish with 32 MB in memory. `vcl` is its whole configuration, backend included; each of `settings` is one word of its command line. */
export async function startVarnish(vcl: string, settings: readonly string[] = []): Promise<Running> {
  const command = engineBinary('varnish')
  const running = await run('varnish', async (folder, [port]) => {
    const file = join(folder, 'site.vcl')
    writeFileSync(file, vcl)
    const own = ['-F', '-j', 'none', '-n', join(folder, 'work'), '-a', `${HOST}:${port}`, '-f', file, '-s', 'malloc,32m']
    return { command, args: [...own, ...settings], ready: /Child launched OK/ }
  })
  const url = `http://${HOST}:${running.port}`
  // It says so a moment before its port is open.
  await until(async () => (await fetch(url).catch(() => undefined)) !== undefined, 'Varnish did not open its port')
  return { ...running, url }
}
