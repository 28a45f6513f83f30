import { bounded } from '../helpers/depth.ts'
import { inWorkerd } from '../helpers/workerd.ts'
import type { TriedStore } from './tried.ts'

export const TRIED: readonly TriedStore[] = [{ ...inWorkerd('cloudflare-kv', 'kv'), asked: { records: bounded(2000, 500) } }]
