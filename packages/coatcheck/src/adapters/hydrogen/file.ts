import { customPersistence } from '../../core/adapter.ts'
import { hydrogenFiles, hydrogenId } from '../../migrate/hydrogen.ts'
import { fileStore } from '../../stores/file.ts'
import type { CookieOptions } from './config.ts'
import { sessionsWith } from './options.ts'
import { type SessionStorageFactory, storageOf } from './storage.ts'

/**
 * Sessions as files below `dir`, in the folder `coatcheck`, for one machine with any number of processes; with `format: 'upstream'`
 * where and as Hydrogen has them. Rejects with `STORE_FAILED` when the directory cannot be used.
 */
export function FileSessionStorage(name: string, dir: string, options: CookieOptions = {}): SessionStorageFactory {
  const place = ({ format, now }: CookieOptions) =>
    format
      ? { persistence: customPersistence(hydrogenFiles(dir, now), { writes: hydrogenId() }) }
      : { store: fileStore({ directory: `${dir}/coatcheck` }) }
  return storageOf(() => sessionsWith(['file', dir], name, options, place), options)
}
