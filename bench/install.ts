import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { installPackages } from '../examples/harness.ts'
import { alone } from '../examples/locks.ts'
import { run } from '../scripts/steps.ts'

/** Installs the peers that bench/package.json names, where they are missing or others, and lets the compiler read what uses them. */
export async function installPeers(): Promise<void> {
  const seconds = await alone('bench', () => installPackages(import.meta.dirname))
  if (seconds > 0) console.error(`coatcheck: the packages of bench/package.json were installed in ${seconds.toFixed(0)} s.`)
  if (!run('tsc -p bench --noEmit')) throw new Error('The types of bench/peers are wrong; see above.')
}

/** The exact versions of what is measured beside ours. */
export function peerVersions(): Readonly<Record<string, string>> {
  const { dependencies } = JSON.parse(readFileSync(join(import.meta.dirname, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  return dependencies
}
