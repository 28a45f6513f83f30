import { join } from 'node:path'
import type { Adapter } from '../helpers/adapters.ts'
import { copyOfSources, replaced } from '../helpers/mutated.ts'
import { COOKIE } from '../helpers/site.ts'
import { type Parts, viaFetch } from './adapters.ts'

/** A deliberate fault of core/request/response-headers.ts. */
export interface Mutant {
  readonly fault: string
  readonly from: string
  readonly to: string
}

export const MUTANTS: readonly Mutant[] = [
  { fault: 'Vary is dropped', from: '\n  addVary(headers, vary)', to: '' },
  { fault: 'X-Accel-Expires is dropped', from: '\n  headers.set(...NGINX)', to: '' },
  { fault: 's-maxage stays', from: '(?:public|s-maxage)', to: '(?:public)' },
  { fault: 'what overrules Cache-Control stays', from: 'if (OVERRULING.test(name)) headers.delete(name)', to: 'void name' },
  { fault: 'a page that gives no ticket stays public', from: '= !presents && !gives', to: '= !gives' },
  { fault: 'a page for a visitor without a ticket stays public', from: '= !presents && !gives', to: '= !presents' },
  { fault: 'every page that asks for a session is private', from: '= !presents && !gives', to: '= false' },
]

/** Where the copies are. */
export const FOLDER: string = join(import.meta.dirname, '../../.cache/cache-mutants')

/** coatcheck/fetch of a copy of the sources with this fault; without one, as it is. */
export async function adapterOf(mutant: Mutant | undefined, name: string): Promise<Adapter> {
  const copy = join(FOLDER, name)
  await copyOfSources(copy)
  if (mutant) await replaced(copy, 'core/request/response-headers.ts', mutant.from, mutant.to)
  const parts: Parts = {
    createSessions: (await import(join(copy, 'core/sessions.ts'))).createSessions,
    withSession: (await import(join(copy, 'adapters/fetch.ts'))).withSession,
  }
  return viaFetch(name, ({ store, now, onEvent }) => ({ ...(store && { store }), now, onEvent, cookie: { name: COOKIE } }), parts)
}
