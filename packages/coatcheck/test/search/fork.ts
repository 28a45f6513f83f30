import type { Found, Store } from '../../src/stores/store.ts'

/** A store that shows what another holds, and keeps what is written to it to itself. */
export interface Fork {
  readonly store: Store
  /** Forgets what was written. */
  reset(): void
}

export function forkOf(base: Store): Fork {
  /** undefined: removed. */
  const written = new Map<string, Found | undefined>()
  let versions = 0
  const read = async (key: string) => (written.has(key) ? written.get(key) : base.read(key))
  const put = (key: string, record: Found['record']) => {
    const version = `fork ${++versions}`
    written.set(key, { record, version })
    return version
  }
  const { maxBytes, evicts, listByOwner } = base
  const store: Store = {
    ...(maxBytes !== undefined && { maxBytes }),
    ...(evicts !== undefined && { evicts }),
    ...(listByOwner && { listByOwner: (owner: string) => listByOwner.call(base, owner) }),
    read,
    create: async (key, record) => ((await read(key)) ? undefined : put(key, record)),
    async update(key, { data, expiresAt }, version) {
      const found = await read(key)
      return found?.version === version ? put(key, { ...found.record, data, expiresAt }) : undefined
    },
    async delete(key, version) {
      const isThere = (await read(key))?.version === version
      if (isThere) written.set(key, undefined)
      return isThere
    },
  }
  return { store, reset: () => written.clear() }
}
