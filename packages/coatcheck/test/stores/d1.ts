import { inWorkerd } from '../helpers/workerd.ts'
import type { TriedStore } from './tried.ts'

export const TRIED: readonly TriedStore[] = [{ ...inWorkerd('d1', 'd1'), asked: { records: 2000 }, playedBy: 'd1' }]
