import { join } from 'node:path'
import { makeFolder, removeFolder } from '../../../../scripts/engine-process.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import { inside } from '../helpers/inside.ts'
import type { TriedStore } from './tried.ts'

export const TRIED: readonly TriedStore[] = [
  inside('sqlite', () => {
    const folder = makeFolder('sqlite')
    return { handle: () => sqliteStore({ path: join(folder, 'sessions.db') }), close: () => removeFolder(folder) }
  }),
]
