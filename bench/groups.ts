import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { group as ours } from './own/ours.ts'
import type { Group } from './setting.ts'

/** A file of `peers/` each. */
export const PEERS = ['astro', 'react-router', 'remix', 'remix3', 'h3', 'hono', 'cookies', 'express', 'fastify'] as const

/** Ours and what is written by hand, and of the peers those that are named: all unless told. */
export async function loadGroups(names: readonly string[] = PEERS): Promise<readonly Group[]> {
  const peers: Group[] = []
  for (const name of names) {
    if (!existsSync(join(import.meta.dirname, 'peers', `${name}.ts`)))
      throw new Error(`There is no group ${name}. There are ${PEERS.join(', ')}.`)
    // Their packages are installed by this command, so the compiler of the repository does not read them; `tsc -p bench` does.
    const { group }: { group: Group } = await import(`./peers/${name}.ts`)
    peers.push(group)
  }
  return [ours, ...peers]
}
