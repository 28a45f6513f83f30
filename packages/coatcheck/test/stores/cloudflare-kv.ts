import { inWorkerd } from '../helpers/workerd.ts'
import type { TriedStore } from './tried.ts'

export const TRIED: readonly TriedStore[] = [{ ...inWorkerd('cloudflare-kv', 'kv'), asked: { records: 2000 } }]
