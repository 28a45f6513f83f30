import { bounded } from '../helpers/depth.ts'
import { inWorkerd } from '../helpers/workerd.ts'
import type { TriedStore } from './tried.ts'

export const TRIED: readonly TriedStore[] = [{ ...inWorkerd('d1', 'd1'), asked: { records: bounded(2000, 500) }, playedBy: 'd1' }]
