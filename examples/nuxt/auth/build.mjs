// The site twice, at the same time: with the sessions of h3, and with ours.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync } from 'node:fs'

const build = async (SESSIONS) => {
  const env = { ...process.env, SESSIONS }
  const child = spawn('nuxt', ['build', 'auth'], { env, stdio: 'inherit', shell: process.platform === 'win32' })
  const [code] = await once(child, 'close')
  if (code !== 0) process.exitCode = 1
}
cpSync('auth/library', 'auth/node_modules/visits-library', { recursive: true })
await Promise.all(['h3', 'coatcheck'].map(build))
