import type { Store } from '../../stores/store.ts'

/** A file store that is loaded when it is first used: the platforms without a file system load this module as well. */
export function lazyFileStore(directory: string): Store {
  let loading: Promise<Store> | undefined
  const store = (): Promise<Store> => (loading ??= import('../../stores/file.ts').then((files) => files.fileStore({ directory })))
  return {
    consistency: 'strong',
    read: async (key) => (await store()).read(key),
    create: async (key, record) => (await store()).create(key, record),
    update: async (key, record, version) => (await store()).update(key, record, version),
    delete: async (key, version) => (await store()).delete(key, version),
  }
}
