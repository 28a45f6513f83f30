import { inWorkerd } from '../helpers/workerd.ts'
import type { TriedStore } from './tried.ts'

// workerd keeps three files open for each object that was used a moment ago.
export const TRIED: readonly TriedStore[] = [
  { ...inWorkerd('durable-object', 'objects'), asked: { records: 250 }, playedBy: 'durable-object' },
]
