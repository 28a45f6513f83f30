import { makeFolder, removeFolder } from '../../../../scripts/engine-process.ts'
import { fileStore } from '../../src/stores/file.ts'
import { inside } from '../helpers/inside.ts'
import type { TriedStore } from './tried.ts'

export const TRIED: readonly TriedStore[] = [
  inside('file', () => {
    const directory = makeFolder('file')
    return { handle: () => fileStore({ directory }), close: () => removeFolder(directory) }
  }),
]
