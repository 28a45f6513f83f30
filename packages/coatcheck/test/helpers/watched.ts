import type { Store } from '../../src/stores/store.ts'

const WRITES = ['create', 'update', 'delete', 'touch']

/** A store whose calls are written down, and can be held up or made to fail. */
export interface Watched {
  readonly store: Store
  /** Names of the calls made, in order. */
  readonly calls: string[]
  readonly reads: number
  readonly writes: number
  forget(): void
  /** Runs before each call reaches the store; what it throws is what the store throws. */
  before: (call: string, key: string) => unknown
  /** Runs when a call was carried out and before its answer is given; what it throws is what the caller gets in its place. */
  after: (call: string, key: string) => unknown
}

/** `without`: capabilities that this store shall not have. */
export function watched(inner: Store, without: readonly string[] = []): Watched {
  const calls: string[] = []
  const watch: Watched = {
    calls,
    get reads() {
      return calls.filter((call) => call === 'read').length
    },
    get writes() {
      return calls.filter((call) => WRITES.includes(call)).length
    },
    forget: () => {
      calls.length = 0
    },
    before: () => {},
    after: () => {},
    store: new Proxy(inner, {
      get(target, name) {
        if (without.includes(String(name))) return undefined
        const method: unknown = Reflect.get(target, name, target)
        if (typeof method !== 'function') return method
        return async (...args: unknown[]) => {
          calls.push(String(name))
          await watch.before(String(name), String(args[0]))
          const answer: unknown = await Reflect.apply(method, target, args)
          await watch.after(String(name), String(args[0]))
          return answer
        }
      },
    }),
  }
  return watch
}
