import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { makeFolder, removeFolder } from '../../../../scripts/engine-process.ts'
import { denoBinary } from '../../../../scripts/runtime-engines.ts'
import { DENO_FLAGS } from '../helpers/deno.ts'

/** Starts the example with `deno serve`, on a Deno KV of its own, and sends it requests. */
export async function inDeno(file: string): Promise<{ send(request: Request): Promise<Response>; stop(): Promise<void> }> {
  const home = makeFolder('docs-deno')
  const args = ['serve', '--allow-all', '--no-prompt', '--no-check', ...DENO_FLAGS, '--host=127.0.0.1', '--port=0', file]
  const env = { ...process.env, DENO_DIR: home, DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' }
  const child = spawn(denoBinary(), args, { stdio: ['ignore', 'pipe', 'pipe'], env })
  const ended = once(child, 'close')
  let said = ''
  const origin = await new Promise<string>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => reject(new Error(`Deno ended with ${code}.\n${said}`)))
    for (const input of [child.stdout, child.stderr])
      createInterface({ input }).on('line', (line) => {
        said += `${line}\n`
        const [address] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? []
        if (address !== undefined) resolve(address)
      })
  })
  return {
    async send(request) {
      const { url, method, headers } = request
      const body = method === 'GET' ? undefined : await request.text()
      const { pathname, search } = new URL(url)
      return fetch(`${origin}${pathname}${search}`, { method, headers, redirect: 'manual', ...(body !== undefined && { body }) })
    },
    async stop() {
      child.kill()
      await ended
      removeFolder(home)
    },
  }
}
