/** The methods of a session that the live object uses. */
interface Source {
  get(key: string): unknown
  set(key: string, value: unknown): void
  has(key: string): boolean
  delete(key: string): boolean
  keys(): string[]
}

/** The session's values as an object: its properties are read and written through the session. */
export function liveData(session: Source): Record<string, unknown> {
  const isKey = (key: string | symbol): key is string => typeof key === 'string' && key !== ''
  return new Proxy<Record<string, unknown>>(Object.create(null), {
    get: (_, key) => (isKey(key) ? session.get(key) : undefined),
    has: (_, key) => isKey(key) && session.has(key),
    set(_, key, value) {
      session.set(key as string, value) // which refuses a symbol
      return true
    },
    defineProperty(_, key, { value }) {
      session.set(key as string, value)
      return true
    },
    deleteProperty(_, key) {
      if (isKey(key)) session.delete(key)
      return true
    },
    preventExtensions: () => false,
    ownKeys: () => session.keys(),
    getOwnPropertyDescriptor(_, key) {
      if (!isKey(key) || !session.has(key)) return undefined
      return { value: session.get(key), writable: true, enumerable: true, configurable: true }
    },
  })
}
