import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import { root } from '../scripts/steps.ts'

const LIMIT = 15 * 60_000
const folder = join(root, '.cache/examples')

/**
 * Waits until nobody else, in this process or another, has this name, and takes it. The result gives it back. The lock is the one that
 * SQLite puts on a file: the system frees it when its process ends, however that ends.
 */
export async function take(name: string): Promise<() => void> {
  mkdirSync(folder, { recursive: true })
  const holder = join(folder, `${name}.pid`)
  const lock = new DatabaseSync(join(folder, `${name}.lock`), { timeout: 0 })
  for (let waited = 0; ; waited += 100) {
    try {
      lock.exec('BEGIN EXCLUSIVE')
      break
    } catch (cause) {
      if (waited < LIMIT && String(cause).includes('locked')) {
        if (waited === 5000) console.log(`Waiting for ${name}, which process ${readFileSync(holder, 'utf8')} uses …`)
        await wait(100)
      } else {
        lock.close()
        throw new Error(`${name} is still in use by process ${readFileSync(holder, 'utf8')}: end that one first.`, { cause })
      }
    }
  }
  writeFileSync(holder, String(process.pid))
  return () => lock.close()
}

/** Does this while nobody else has the name. */
export async function alone<T>(name: string, act: () => T | Promise<T>): Promise<T> {
  const release = await take(name)
  try {
    return await act()
  } finally {
    release()
  }
}
