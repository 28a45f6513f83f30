import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, onTestFinished } from 'vitest'
import { bunBinary } from '../../../../../../scripts/runtime-engines.ts'
import { tellOfElysia } from '../../../../test/helpers/elysia.ts'

const APP = fileURLToPath(new URL('../../../../test/children/elysia-app.ts', import.meta.url))

/** A process of Bun that serves until the test is over. */
async function serve(): Promise<string> {
  const child = spawn(bunBinary(), [APP], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /^listening (\d+)$/.exec(line)?.[1]
    if (port) return `http://127.0.0.1:${port}`
  }
  throw new Error('The application ended before it served.')
}

describe('F54: Elysia on Bun keeps what hooks lose', () => {
  tellOfElysia(serve)
})
